/**
 * Checks whether this GPU computes what the kernels say. Some drivers compile a kernel wrong, and with some only later runs are wrong. Each
 * kind of pipeline that a model uses runs a small case (plan-cases.ts) three times. A kernel that is off, or whose bits change between
 * runs, is excluded (kernels/avoid.ts) if the case is right without it. Results are stored for this adapter, browser and version.
 */
import type { Preprocess } from '../../api/types.ts';
import type { Engine } from '../../gpu/device.ts';
import { avoidRefused } from '../../gpu/refused.ts';
import { Avoided, classOf, isConv } from '../../kernels/avoid.ts';
import { suited } from '../../kernels/conv/select.ts';
import type { Dispatch } from '../../kernels/lib/kernel.ts';
import type { Step } from '../../kernels/lib/step.ts';
import type { Session } from '../../model/session.ts';
import { type Fault, keepAlso, leaveOut, recallVerdicts } from '../../model/verdicts.ts';
import type { MakePlanOptions } from '../../plan/plan.ts';
import type { Plan } from '../../plan/types.ts';
import { Pace } from '../../util/pace.ts';
import { checksOf } from './alone.ts';
import { cutCase, FOR_GPUS, FOR_PROCESSORS } from './cut.ts';
import { type Case, caseOf, hashOf, kindOf, kindsOf, type Numbers, numbersOf, type Unit, unitsOf } from './plan-cases.ts';
import { reasonFor, type Verdict, verdictOf } from './verdict.ts';

/** Sides in pixels of the image that the network is reduced to. */
const SMALL = 88;

/** Waits until the model is idle, so that it delays nobody. If the model is never idle, verifies after a while anyway. */
export async function verifyLater(session: Session, preprocess: Preprocess | undefined): Promise<void> {
  for (let rounds = 0; rounds < MAX_IDLE_ROUNDS; rounds++) {
    let isBusy = false;
    session.afterResult = () => {
      isBusy = true;
    };
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, IDLE_MS) as { unref?: () => void };
      // In Node, a program that is done does not wait for this.
      timer.unref?.();
    });
    if (!isBusy && session.underWay === 0) break;
  }
  session.afterResult = undefined;
  await verify(session, preprocess);
}

const IDLE_MS = 500;
/** At most 10 seconds. */
const MAX_IDLE_ROUNDS = 20;

/**
 * Checks what was not yet checked on this GPU. Afterwards the session's plans avoid what was wrong.
 * @param preprocess for images, if the model classifies them
 */
export async function verify(session: Session, preprocess: Preprocess | undefined): Promise<void> {
  const engine = await session.ready();
  const { precision } = session;
  const kept = await recallVerdicts(engine, precision);
  const found: Findings = {
    good: new Set(kept.good),
    bad: [],
    replaced: new Set(),
    checked: new Set(),
    unchecked: new Set(),
    hopeless: [],
  };
  for (const fault of kept.bad) {
    if (engine.pipelines.avoided?.reasonOf(fault.dispatch) === undefined && leaveOut(engine, fault)) {
      found.bad.push(fault);
      found.replaced.add(nameOf(fault.dispatch));
    }
  }
  // Another model on this device may have found something after this one was planned.
  if (engine.pipelines.avoided) {
    engine.profile = engine.pipelines.avoided.adapt(engine.profile);
    session.replan();
  }
  try {
    await verifyNetwork(session, found);
    if (preprocess) await verifyAlone(session, preprocess, found);
  } finally {
    // Also if the check did not finish: what was found to be wrong so far is no longer used.
    session.verified = {
      checked: [...found.checked],
      replaced: [...found.replaced],
      unchecked: [...found.unchecked],
    };
    session.hopeless = [...new Set(found.hopeless)];
    if (found.bad.length > 0) session.replan();
    await keepAlso(engine, precision, found.good, found.bad);
  }
}

interface Findings {
  /** Hashes of kinds that were right, including earlier visits. */
  readonly good: Set<string>;
  /** What this check excluded. */
  readonly bad: Fault[];
  /** By name. Includes the other steps of a convolution that was excluded. */
  readonly replaced: Set<string>;
  readonly checked: Set<string>;
  readonly unchecked: Set<string>;
  /** Texts about kernels that are wrong with every replacement. */
  readonly hopeless: string[];
}

/** Excludes the dispatch from now on. Returns false if nothing can replace it. */
function blame(session: Session, found: Findings, { kernel, variant, constants }: Dispatch, verdict: Exclude<Verdict, 'right'>): boolean {
  const dispatch = { kernel, variant, constants };
  const fault = { dispatch, reason: reasonFor(verdict, dispatch) };
  if (!leaveOut(session.engine, fault)) return false;
  found.bad.push(fault);
  found.replaced.add(nameOf(dispatch));
  return true;
}

function despair(found: Findings, layer: string, dispatches: Iterable<Dispatch>, verdict: Exclude<Verdict, 'right'>): void {
  for (const dispatch of dispatches) {
    found.unchecked.add(nameOf(dispatch));
    found.hopeless.push(
      `[${layer}] ${nameOf(dispatch)}: ${reasonFor(verdict, dispatch)}, and so does all that could take its place: results may be wrong.`,
    );
  }
}

/**
 * Repeats the check if the device is lost meanwhile. Returns undefined if only this check failed, for example for lack of memory. Throws
 * if all others would fail, too.
 */
async function orNothing<T>(session: Session, check: () => Promise<T>): Promise<T | undefined> {
  try {
    return await session.attempt(check);
  } catch (error) {
    // Throws if the model was disposed, or the device is lost for good.
    await session.ready();
    if ((error as { code?: string }).code === 'disposed') throw error;
    return undefined;
  }
}

/** The replacement for a wrong kernel may be refused. Then it is excluded, too. */
async function orRefused<T>(session: Session, check: () => Promise<T>): Promise<T | 'refused'> {
  try {
    return await check();
  } catch (error) {
    if (await avoidRefused(session.engine, error)) return 'refused';
    throw error;
  }
}

async function verifyNetwork(session: Session, found: Findings): Promise<void> {
  const { good } = found;
  // A replacement is a kind like any other. The next round checks it.
  for (let round = 0, again = true; again && round < MAX_ROUNDS; round++) {
    again = false;
    const engine = await session.ready();
    const graph = session.graph(session.shape);
    await pause();
    const plan = session.plan(graph, session.outputs);
    await pause();
    const open = new Map([...kindsOf(plan)].filter(([kind]) => !good.has(hashOf(kind))));
    await pause();
    const pace = new Pace();
    for (const unit of fullestFirst(unitsOf(plan))) {
      if (again) break;
      if (pace.due) await pace.rest();
      // Throws if the model was disposed. Another device may have another plan.
      again = (await session.ready()) !== engine;
      if (again) break;
      const kinds = kindsOf({ steps: unit.dispatches.map((dispatch) => ({ dispatch })) as Plan['steps'], derived: [] });
      if (![...kinds.keys()].some((kind) => open.has(kind))) continue;
      const tried = await orNothing(session, () => orRefused(session, () => tryUnit(session, unit, [...kinds.keys()])));
      again = tried === 'refused';
      if (!tried || tried === 'refused') continue;
      const { verdict, own, culprits, layer } = tried;
      if (verdict === 'right') {
        for (const [kind, dispatch] of own) {
          good.add(hashOf(kind));
          if (open.delete(kind)) found.checked.add(nameOf(dispatch));
        }
      } else {
        for (const dispatch of culprits) again = blame(session, found, dispatch, verdict) || again;
        const { avoided } = (await session.ready()).pipelines;
        for (const dispatch of kinds.values()) if (avoided?.reasonOf(dispatch) !== undefined) found.replaced.add(nameOf(dispatch));
        if (!again)
          despair(
            found,
            layer,
            [...kinds].flatMap(([kind, dispatch]) => (open.delete(kind) ? [dispatch] : [])),
            verdict,
          );
      }
      await pause();
    }
    if (!again || round === MAX_ROUNDS - 1) for (const dispatch of open.values()) found.unchecked.add(nameOf(dispatch));
  }
}

/** Each round replaces one kernel. A network has a few dozen. */
const MAX_ROUNDS = 40;

/** Kernels read from uniforms whether there is a shortcut to add. So the unit with the most nodes tests more at about the same cost. */
const fullestFirst = (units: readonly Unit[]) => [...units].sort((a, b) => b.nodes.length - a.nodes.length || a.macs - b.macs);

function nameOf({ kernel, variant }: Pick<Dispatch, 'kernel' | 'variant'>): string {
  return `${kernel}/${variant}`;
}

interface Tried {
  verdict: Verdict;
  /** Kinds that ran. */
  own: Map<string, Dispatch>;
  /** The dispatches that make the result wrong. */
  culprits: Dispatch[];
  layer: string;
}

/**
 * Runs the operation with few channels on a small map. If that uses other kernels, tries a larger case, and at last the operation's
 * own size. Returns undefined if none of them uses its kernels.
 */
async function tryUnit(session: Session, unit: Unit, kinds: readonly string[]): Promise<Tried | undefined> {
  const [, c = 3, h = SMALL, w = SMALL] = session.shape;
  const onSmall = caseOf(session.graph([1, c, Math.min(h, SMALL), Math.min(w, SMALL)]), unit);
  await pause();
  const cut = cutCase(onSmall, session.engine.profile.processor ? FOR_PROCESSORS : FOR_GPUS);
  for (const make of [() => cut, () => onSmall, () => caseOf(session.graph(session.shape), unit)]) {
    const small = make();
    if (!small) continue;
    const options = optionsFor(session, small, unit);
    const plan = session.plan(small.graph, [small.output], options);
    const own = kindsOf(plan);
    if (!kinds.every((kind) => own.has(kind)) && (small === cut || small === onSmall)) continue;
    if (!kinds.some((kind) => own.has(kind))) continue;
    await pause();
    const numbers = numbersOf(small);
    await pause();
    // Computed before the first run, so that the GPU does not wait in between.
    await numbers.expected();
    await pause();
    const verdict = await verdictOf(session, plan, numbers);
    const { layer } = small;
    if (verdict === 'right') return { verdict, own, culprits: [], layer };
    return { verdict, own, culprits: await findCulprits(session, small, unit, plan, numbers), layer };
  }
  return undefined;
}

/** Options that choose the same kernels as the whole network's plan: the same variants, and stem kernels only for the first convolution. */
function optionsFor({ ops }: Session, { layer }: Case, unit: Unit): Partial<MakePlanOptions> {
  const isFirst = unit.dispatches.some(({ kernel }) => /^(stem|plain-first)/.test(kernel));
  const variants = unit.dispatches.filter(isConv).map(({ variant }) => variant);
  return {
    ops: isFirst ? ops : { ...ops, forms: { ...ops.forms, conv2d: undefined } },
    tuned: (params, profile) => (params.layer === layer && variants[0] ? suited(params, variants[0], profile) : undefined),
  };
}

/** Kernels whose exclusion affects the fewest others come first: split sums, Winograd convolutions, then by most work. */
function byLoss(a: Step, b: Step): number {
  const rank = ({ dispatch }: Step) => ['split', 'winograd'].indexOf(classOf(dispatch) ?? '') >>> 0;
  return rank(a) - rank(b) || b.macs - a.macs;
}

/**
 * Finds the kernel without which the case is right. If there is none, its replacement may be wrong as well, and is then blamed, too. In
 * the worst case all kernels of the case are blamed.
 */
async function findCulprits(session: Session, small: Case, unit: Unit, plan: Plan, numbers: Numbers): Promise<Dispatch[]> {
  const { engine } = session;
  const options = optionsFor(session, small, unit);
  const suspects = [...new Map([...plan.steps].sort(byLoss).map((step) => [nameOf(step.dispatch), step])).values()];
  const groups = suspects.length > 1 ? [...suspects.map((one) => [one]), suspects] : [suspects];
  const known = new Map<string, Verdict>();
  const tryWithout = async (trial: Avoided): Promise<{ without: Plan; verdict: Verdict }> => {
    const without = session.plan(small.graph, [small.output], { ...options, profile: trial.adapt(engine.profile) });
    const key = [...kindsOf(without).keys()].join();
    try {
      const verdict = known.get(key) ?? (await verdictOf(session, without, numbers));
      known.set(key, verdict);
      return { without, verdict };
    } catch (error) {
      // A replacement that the driver refuses does not help.
      const refused = engine.pipelines.refused.get(error as object);
      if (!refused || !trial.add(refused, 'tried')) throw error;
      return tryWithout(trial);
    }
  };
  for (const [group, isAlone] of [...groups.map((one) => [one, true] as const), ...groups.map((one) => [one, false] as const)]) {
    const trial = engine.pipelines.avoided?.copy() ?? new Avoided();
    const tried = new Set(kindsOf(plan).keys());
    const blamed: Dispatch[] = [];
    for (let next = group; next.length > 0; ) {
      const added = next.filter(({ dispatch }) => trial.add(dispatch, 'tried'));
      if (added.length === 0) break;
      blamed.push(...added.map(({ dispatch }) => dispatch));
      const { without, verdict } = await tryWithout(trial);
      if (verdict === 'right') return blamed;
      if (isAlone) break;
      // Only what replaced it, not the other kernels of the plan.
      next = without.steps.filter(({ dispatch }) => !tried.has(kindOf(dispatch)));
      for (const { dispatch } of next) tried.add(kindOf(dispatch));
      await pause();
    }
  }
  return [];
}

/** Images and the ranking. From an image to a tensor there are two passes. Tries which of them is wrong. */
async function verifyAlone(session: Session, preprocess: Preprocess, found: Findings): Promise<void> {
  const { good } = found;
  for (const { layer, dispatches, isRight } of checksOf(await session.ready(), preprocess)) {
    const hashes = dispatches.map((dispatch) =>
      hashOf([...kindsOf({ steps: [{ dispatch }] as Plan['steps'], derived: [] }).keys()].join()),
    );
    if (hashes.every((hash) => good.has(hash))) continue;
    const verdict = await orNothing(session, async () => {
      if (!(await isRight())) return 'off';
      return (await staysRight(isRight)) ? 'right' : 'unstable';
    });
    if (verdict === 'right') {
      for (const hash of hashes) good.add(hash);
      for (const dispatch of dispatches) found.checked.add(nameOf(dispatch));
      continue;
    }
    if (verdict === undefined) {
      for (const dispatch of dispatches) found.unchecked.add(nameOf(dispatch));
      continue;
    }
    // Each of them, then both.
    const groups = dispatches.length > 1 ? [...dispatches.map((one) => [one]), dispatches] : [dispatches];
    let culprits: Dispatch[] | undefined;
    for (const group of groups) {
      if (!culprits && (await orNothing(session, () => rightWithout(session.engine, group, isRight)))) culprits = group;
    }
    for (const dispatch of culprits ?? []) blame(session, found, dispatch, verdict);
    if (!culprits) despair(found, layer, dispatches, verdict);
  }
}

/** Repeats the check as often as the kernels of plans run. */
async function staysRight(isRight: () => Promise<boolean>): Promise<boolean> {
  for (let run = 1; run < RUNS; run++) if (!(await isRight())) return false;
  return true;
}

const RUNS = 3;

/** Whether the result is right with replacements for these dispatches. */
async function rightWithout({ pipelines }: Engine, dispatches: readonly Dispatch[], isRight: () => Promise<boolean>): Promise<boolean> {
  const before = pipelines.avoided;
  const trial = before?.copy() ?? new Avoided();
  if (!dispatches.every((dispatch) => trial.add(dispatch, 'tried'))) return false;
  pipelines.avoided = trial;
  try {
    return (await isRight()) && (await staysRight(isRight));
  } finally {
    pipelines.avoided = before;
  }
}

/** Lets other work on the page's thread run between two computations. */
function pause(): Promise<void> {
  return new Pace().rest();
}
