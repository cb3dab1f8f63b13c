/**
 * Times the forms of a network's convolutions. The i-th plan uses the i-th candidate of every shape, so there are as many plans as
 * the longest list of candidates. In each plan, one layer of each shape is timed.
 */
import { withTimer } from '../inspect/profile.ts';
import { chooseVariant } from '../kernels/conv/select.ts';
import { variantName } from '../kernels/conv/variant.ts';
import type { ConvParams } from '../kernels/lib/conv-params.ts';
import type { DeviceProfile } from '../kernels/lib/kernel.ts';
import type { Step } from '../kernels/lib/step.ts';
import type { Session } from '../model/session.ts';
import { ResnetError, throwIfAborted } from '../util/errors.ts';
import { byShape, convKey } from './tuning-table.ts';
import type { Contest } from './winners.ts';

/** Errors by which a device may refuse a kernel, or the memory that it needs. */
const REFUSALS = new Set(['shader', 'out-of-memory', 'device-limits', 'f16-overflow']);

/** For times of at least this, the clock's error does not matter. */
const LONG_US = 20_000;

export interface Entry extends Contest {
  /** The first layer of the shape: the one that is timed. */
  layer: string;
  /** Names of variants, the default first. */
  candidates: string[];
}

/** The different convolutions of the network that have a choice of variants, with the default and the variants from `others`. */
export function findShapes(session: Session, profile: DeviceProfile, others: (params: ConvParams) => string[]): Entry[] {
  const convs: ConvParams[] = [];
  const graph = session.graph(session.shape);
  const { steps } = session.plan(graph, session.outputs, {
    tuned: (params) => {
      convs.push(params);
      return undefined;
    },
  });
  const entries = new Map<string, Entry>();
  for (const params of convs) {
    // Grouped convolutions may use a separate kernel without variants.
    const kernels = stepsOf(steps, params.layer).map((step) => steps[step]?.dispatch.kernel);
    if (kernels.includes('conv-grouped')) continue;
    const shape = convKey(params);
    const known = entries.get(shape);
    const usual = variantName(chooseVariant(params, profile));
    const possible = [...new Set([usual, ...others(params)])];
    if (known) {
      known.layers++;
      // The layout of channels in memory may differ. Then not every variant works.
      known.candidates = known.candidates.filter((name) => name === known.default || possible.includes(name));
    } else entries.set(shape, { shape, layer: params.layer, layers: 1, default: usual, candidates: possible, times: new Map() });
  }
  return [...entries.values()];
}

export interface Timing {
  profile: DeviceProfile;
  /** How often each candidate is timed. */
  samples: number;
  /** How long a candidate is run, with repetitions, for one measurement. */
  targetUs?: number;
  signal?: AbortSignal;
  /** Awaited before each measurement. */
  ready?: () => Promise<void>;
  /** Runs one measurement at a time when nothing disturbs it. */
  alone?: (measure: () => Promise<number>) => Promise<number>;
  /** Called with the number of candidates timed in this round. */
  onTimed?: (timed: number) => void;
}

/** Times the candidates with this index, and adds the times to their entries. */
export async function timeRound(session: Session, entries: readonly Entry[], round: number, timing: Timing): Promise<void> {
  const { profile, samples, targetUs, signal, ready, alone = (measure) => measure(), onTimed } = timing;
  const contestants = new Map(entries.flatMap((entry) => (entry.candidates[round] === undefined ? [] : [[entry.shape, entry]])));
  const tuned = byShape((shape) => contestants.get(shape)?.candidates[round]);
  let refusals = 0;
  const measure = () =>
    withTimer(session, { outputs: session.outputs, tuned, profile, targetUs }, async ({ plan }, time) => {
      // If the device is lost, it is replaced and the round starts again.
      let timed = refusals;
      for (const { layer, candidates, times } of contestants.values()) {
        const us: number[] = [];
        const steps = stepsOf(plan.steps, layer);
        for (let sample = 0; sample < samples && (us[0] ?? 0) < LONG_US; sample++) {
          throwIfAborted(signal);
          await ready?.();
          us.push(await alone(() => time(steps[0] ?? 0, (steps.at(-1) ?? 0) + 1)));
        }
        const name = candidates[round] ?? '';
        times.set(name, [...(times.get(name) ?? []), ...us]);
        onTimed?.(++timed);
      }
    });
  // A kernel that the driver refuses cannot win. The others of the round still can.
  for (let done = contestants.size === 0; !done; ) {
    throwIfAborted(signal);
    await ready?.();
    try {
      await measure();
      done = true;
    } catch (error) {
      if (!(error instanceof ResnetError) || !REFUSALS.has(error.code)) throw error;
      const named = refusedBy(error, [...contestants.values()], round);
      // If it is unknown which kernel was refused, the whole round is dropped. The defaults must work.
      const refused = named.length > 0 || round === 0 ? named : [...contestants.values()];
      if (refused.length === 0) throw error;
      for (const { shape } of refused) contestants.delete(shape);
      refusals += refused.length;
      onTimed?.(refusals);
      done = contestants.size === 0;
    }
  }
}

/** The entries that a pipeline's label (kernel/variant/precision) refers to, or the layer with a value beyond f16's range. */
function refusedBy({ code, layer = '' }: ResnetError, entries: readonly Entry[], round: number): Entry[] {
  const isMeant = (candidate = '', own = '') =>
    code === 'f16-overflow'
      ? own === layer && candidate.startsWith('f16')
      : layer.includes(`/${candidate}/`) || (layer.startsWith('winograd') && candidate.startsWith('winograd'));
  return entries.filter(({ candidates, layer: own }) => isMeant(candidates[round], own));
}

/** The steps of a layer. A Winograd convolution or a split sum has several. */
export function stepsOf(steps: readonly Step[], layer: string): number[] {
  return steps.flatMap((step, i) => (step.layer === layer ? [i] : []));
}
