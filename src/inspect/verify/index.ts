/**
 * Whether this GPU computes what the kernels say: some drivers compile a kernel and get it wrong, some only from the second run on. Each kind
 * of pipeline that a model uses runs a small case (cases.ts) twice. One that is off, or gives other bits the second time, is left out
 * (kernels/avoid.ts), if the case is right without it. What was found is kept for this adapter, browser and version.
 */
import type { Preprocess } from '../../api/types.ts';
import type { Verified } from '../../api/verify-types.ts';
import { keep, recall, type Topic } from '../../gpu/adapter-store.ts';
import type { Engine } from '../../gpu/device.ts';
import { Executable } from '../../gpu/executable.ts';
import type { InputPlace } from '../../gpu/input-writer.ts';
import { avoid } from '../../gpu/refused.ts';
import { WeightStore } from '../../gpu/weights.ts';
import { Avoided, isConv } from '../../kernels/avoid.ts';
import { suited } from '../../kernels/conv/select.ts';
import { opsFor } from '../../kernels/families.ts';
import type { Dispatch, Precision } from '../../kernels/lib/kernel.ts';
import { FAULTS } from '../../model/faults.ts';
import type { Session } from '../../model/session.ts';
import type { MakePlanOptions } from '../../plan/plan.ts';
import type { Plan } from '../../plan/types.ts';
import { checksOf } from './alone.ts';
import { type Case, caseOf, hashOf, kindsOf, type Numbers, numbersOf, type Unit, unitsOf } from './cases.ts';

/** Relative L2 error of one operation: in f32 that of F(4x4), in f16 also the rounding of weights, output and sums in halves. */
const TOLERANCE: Record<Precision, number> = { f32: 5e-5, f16: 3e-3 };

/** Pixels along the sides of the image that the network is cut down to. */
const SMALL = 64;

/** What is kept: kinds that were right, by their hashes, and dispatches that were not. */
interface Kept {
  good: string[];
  bad: { dispatch: Pick<Dispatch, 'kernel' | 'variant' | 'constants'>; reason: string }[];
}

const topicOf = (precision: Precision): Topic => `verified ${precision}`;

async function recallKept({ adapter }: Pick<Engine, 'adapter'>, precision: Precision): Promise<Kept> {
  const kept = (await recall(topicOf(precision), adapter)) as Partial<Kept> | undefined;
  const isDispatch = (entry: Kept['bad'][number] | undefined) =>
    typeof entry?.dispatch?.kernel === 'string' &&
    typeof entry.dispatch.variant === 'string' &&
    typeof entry.dispatch.constants === 'object';
  return {
    good: Array.isArray(kept?.good) ? kept.good.filter((hash) => typeof hash === 'string') : [],
    bad: Array.isArray(kept?.bad) ? kept.bad.filter((entry) => isDispatch(entry) && typeof entry.reason === 'string') : [],
  };
}

/** Leaves out what an earlier visit found wrong, before anything is planned. */
export async function avoidKnown(engine: Engine, precision: Precision): Promise<void> {
  const { bad } = await recallKept(engine, precision);
  for (const { dispatch, reason } of bad) avoid(engine, dispatch as Dispatch, reason);
}

/** As soon as the model has nothing to do, since it is to hold up nobody; at last where it never has. */
export async function verifyLater(session: Session, preprocess: Preprocess | undefined): Promise<void> {
  for (let rounds = 0; rounds < MAX_IDLE_ROUNDS; rounds++) {
    let isBusy = false;
    session.afterResult = () => {
      isBusy = true;
    };
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, IDLE_MS) as { unref?: () => void };
      // A program in Node that is done does not wait for this.
      timer.unref?.();
    });
    if (!isBusy && session.underWay === 0) break;
  }
  session.afterResult = undefined;
  await verify(session, preprocess);
}

const IDLE_MS = 500;
/** 10 seconds. */
const MAX_IDLE_ROUNDS = 20;

/**
 * Checks what was not checked before on this GPU; the session's plans are from then on without what was wrong.
 * @param preprocess of images, where the model takes some for their classes
 */
export async function verify(session: Session, preprocess: Preprocess | undefined): Promise<void> {
  const engine = await session.ready();
  const { precision } = session;
  const kept = await recallKept(engine, precision);
  const good = new Set(kept.good);
  const result: Verified = { checked: [], replaced: [], unchecked: [] };
  for (const { dispatch, reason } of kept.bad) {
    if (engine.pipelines.avoided?.reasonOf(dispatch) === undefined && avoid(engine, dispatch as Dispatch, reason))
      result.replaced.push(nameOf(dispatch));
  }
  const wrong = (dispatch: Dispatch, reason: string) => {
    if (!avoid(engine, dispatch, reason)) return false;
    const { kernel, variant, constants } = dispatch;
    kept.bad.push({ dispatch: { kernel, variant, constants }, reason });
    result.replaced.push(nameOf(dispatch));
    return true;
  };

  // Whatever takes the place of something wrong is a kind like others, and checked in the next round.
  for (let round = 0, found = true; found && round < MAX_ROUNDS; round++) {
    found = false;
    const graph = session.graph(session.shape);
    const plan = session.plan(graph, session.outputs);
    const open = new Map([...kindsOf(plan)].filter(([kind]) => !good.has(hashOf(kind))));
    for (const unit of byCost(unitsOf(plan))) {
      if (found) break;
      // Ends here where the model was disposed.
      await session.ready();
      const kinds = [...kindsOf({ steps: unit.dispatches.map((dispatch) => ({ dispatch })) as Plan['steps'], derived: [] }).keys()];
      if (!kinds.some((kind) => open.has(kind))) continue;
      const tried = await tryUnit(session, unit, kinds);
      if (!tried) continue;
      const { verdict, own, blame } = tried;
      if (verdict === 'right') {
        for (const [kind, dispatch] of own) {
          good.add(hashOf(kind));
          if (open.delete(kind)) result.checked.push(nameOf(dispatch));
        }
      } else {
        for (const dispatch of blame) found = wrong(dispatch, REASONS[verdict]) || found;
        if (!found) for (const kind of kinds) open.delete(kind);
      }
      await pause();
    }
    if (!found) result.unchecked.push(...[...open.values()].map(nameOf));
  }
  if (preprocess) await verifyAlone(engine, preprocess, good, result, wrong);
  result.checked = [...new Set(result.checked)];
  result.unchecked = [...new Set(result.unchecked)];
  session.verified = result;
  if (result.replaced.length > 0) session.replan();
  await keep(topicOf(precision), engine.adapter, { good: [...good], bad: kept.bad } satisfies Kept);
  if (kept.bad.length > 0) await globalThis.caches?.open(FAULTS).catch(() => undefined);
}

/** Each replaces one kernel; a network has a few dozen. */
const MAX_ROUNDS = 40;

type Verdict = 'off' | 'unstable';

const REASONS: Record<Verdict, string> = {
  off: 'it computes something else on this GPU',
  unstable: 'it gave other numbers the second time',
};

const byCost = (units: readonly Unit[]) => [...units].sort((a, b) => a.macs - b.macs);

function nameOf({ kernel, variant }: Pick<Dispatch, 'kernel' | 'variant'>): string {
  return `${kernel}/${variant}`;
}

interface Tried {
  verdict: 'right' | Verdict;
  /** Kinds that ran. */
  own: Map<string, Dispatch>;
  /** What makes it wrong. */
  blame: Dispatch[];
}

/** Runs the operation on a small map, or where its kernels are others there, on its own. Nothing where neither has its kernels. */
async function tryUnit(session: Session, unit: Unit, kinds: readonly string[]): Promise<Tried | undefined> {
  const [, c = 3, h = SMALL, w = SMALL] = session.shape;
  for (const shape of [[1, c, Math.min(h, SMALL), Math.min(w, SMALL)], session.shape]) {
    const graph = session.graph(shape);
    const small = caseOf(graph, unit);
    const options = await optionsFor(session, small, unit);
    const plan = session.plan(small.graph, [small.output], options);
    const own = kindsOf(plan);
    if (!kinds.every((kind) => own.has(kind)) && shape !== session.shape) continue;
    if (!kinds.some((kind) => own.has(kind))) continue;
    const numbers = numbersOf(small);
    const expected = numbers.expected();
    const verdict = await verdictOf(session, plan, numbers, expected);
    if (verdict === 'right') return { verdict, own, blame: [] };
    return { verdict, own, blame: await findBlame(session, small, unit, plan, numbers, expected) };
  }
  return undefined;
}

/** As the plan of the whole network has it: the same variants, and the first convolution's kernels for the first alone. */
async function optionsFor(session: Session, { layer }: Case, unit: Unit): Promise<Partial<MakePlanOptions>> {
  const ops = await opsFor(session.graph(session.shape));
  const isFirst = unit.dispatches.some(({ kernel }) => kernel.startsWith('stem'));
  const variants = unit.dispatches.filter(isConv).map(({ variant }) => variant);
  return {
    ops: isFirst ? ops : { ...ops, forms: { ...ops.forms, conv2d: undefined } },
    tuned: (params, profile) => (params.layer === layer && variants[0] ? suited(params, variants[0], profile) : undefined),
  };
}

async function verdictOf(session: Session, plan: Plan, numbers: Numbers, expected: Float32Array): Promise<'right' | Verdict> {
  const { engine, precision } = session;
  const store = new WeightStore(engine);
  let executable: Executable | undefined;
  try {
    await store.allocate(plan.weights);
    await store.upload(plan.weights, precision, numbers.read);
    const made = await Executable.create(engine, plan, store);
    executable = made;
    const run = async (sign: number) => {
      const write = ({ device, buffer, byteOffset, input }: InputPlace) => {
        const data = numbers.inputs.get(plan.inputs[input]?.name ?? '')?.map((x) => x * sign);
        if (data) device.queue.writeBuffer(buffer, byteOffset, data as Float32Array<ArrayBuffer>);
      };
      const [output] = await made.run({ write }, made.allOutputs);
      return output ?? new Float32Array();
    };
    const first = await run(1);
    // Other numbers in between, so that what is left from before is not taken for a result.
    await run(-1);
    const second = await run(1);
    if (!first.every((value, i) => Object.is(value, second[i]))) return 'unstable';
    return relative(first, expected) <= TOLERANCE[precision] ? 'right' : 'off';
  } catch (error) {
    // A value beyond f16 that should not be.
    if ((error as { code?: string }).code === 'f16-overflow') return 'off';
    throw error;
  } finally {
    executable?.dispose();
    store.dispose();
  }
}

function relative(actual: Float32Array, expected: Float32Array): number {
  let [squares, norm] = [0, 0];
  expected.forEach((value, i) => {
    squares += ((actual[i] ?? Number.NaN) - value) ** 2;
    norm += value ** 2;
  });
  return norm === 0 ? Math.sqrt(squares) : Math.sqrt(squares / norm);
}

/**
 * The kernel without which the case is right, the one with the most work first; what comes next in its place may be as wrong, and is then
 * blamed, too. All kernels of the case where it takes that.
 */
async function findBlame(
  session: Session,
  small: Case,
  unit: Unit,
  plan: Plan,
  numbers: Numbers,
  expected: Float32Array,
): Promise<Dispatch[]> {
  const { engine } = session;
  const options = await optionsFor(session, small, unit);
  const suspects = [...new Map([...plan.steps].sort((a, b) => b.macs - a.macs).map((step) => [nameOf(step.dispatch), step])).values()];
  const groups = suspects.length > 1 ? [...suspects.map((one) => [one]), suspects] : [suspects];
  for (const group of groups) {
    const trial = engine.pipelines.avoided?.copy() ?? new Avoided();
    const blamed: Dispatch[] = [];
    for (let next = group; next.length > 0; ) {
      const added = next.filter(({ dispatch }) => trial.add(dispatch, 'tried'));
      if (added.length === 0) break;
      blamed.push(...added.map(({ dispatch }) => dispatch));
      const without = session.plan(small.graph, [small.output], { ...options, profile: trial.adapt(engine.profile) });
      if ((await verdictOf(session, without, numbers, expected)) === 'right') return blamed;
      next = without.steps.filter(({ dispatch, macs }) =>
        group.some((old) => (old.macs > 0 ? macs > 0 : dispatch.kernel === old.dispatch.kernel)),
      );
      await pause();
    }
  }
  return [];
}

/** Images and the ranking. Of the two passes from an image to a tensor the one that is wrong is found by trying. */
async function verifyAlone(
  engine: Engine,
  preprocess: Preprocess,
  good: Set<string>,
  result: Verified,
  wrong: (dispatch: Dispatch, reason: string) => boolean,
): Promise<void> {
  for (const { dispatches, isRight } of checksOf(engine, preprocess)) {
    const hashes = dispatches.map((dispatch) =>
      hashOf([...kindsOf({ steps: [{ dispatch }] as Plan['steps'], derived: [] }).keys()].join()),
    );
    if (hashes.every((hash) => good.has(hash))) continue;
    let verdict: 'right' | Verdict = (await isRight()) ? 'right' : 'off';
    if (verdict === 'right' && !(await isRight())) verdict = 'unstable';
    if (verdict === 'right') {
      for (const hash of hashes) good.add(hash);
      result.checked.push(...dispatches.map(nameOf));
      continue;
    }
    // Either of them, then both.
    const before = engine.pipelines.avoided;
    let blame: Dispatch[] = dispatches;
    for (const one of dispatches) {
      engine.pipelines.avoided = before?.copy() ?? new Avoided();
      if (engine.pipelines.avoided.add(one, 'tried') && (await isRight())) {
        blame = [one];
        break;
      }
    }
    engine.pipelines.avoided = before;
    for (const dispatch of blame) wrong(dispatch, REASONS[verdict]);
  }
}

/** Between two computations on the page's thread, others have their turn. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
