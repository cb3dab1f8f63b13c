/**
 * Which form of the convolution kernel is fastest on this GPU, by trying them all: the i-th plan has the i-th candidate of
 * every shape, so that there are as many plans as one shape has candidates, and one layer of each shape is timed in each.
 */

import type { TuneOptions, Tuning } from '../api/types.ts';
import { withTimer } from '../inspect/profile.ts';
import { contenders, namedVariant } from '../kernels/conv/named.ts';
import { chooseVariant } from '../kernels/conv/select.ts';
import { variantName } from '../kernels/conv/variant.ts';
import type { TunedVariant } from '../kernels/lib/context.ts';
import type { ConvParams } from '../kernels/lib/conv-params.ts';
import type { DeviceProfile } from '../kernels/lib/kernel.ts';
import type { Step } from '../kernels/lib/step.ts';
import type { Session } from '../model/session.ts';
import { ResnetError, throwIfAborted } from '../util/errors.ts';
import { adapterName, convKey, withHalves } from './tuning-table.ts';
import { type Contest, pickWinners } from './winners.ts';

/** Times that each step is timed. */
const SAMPLES = 3;

/** What a device may say to a kernel or to the memory that it takes. */
const REFUSALS = new Set(['shader', 'out-of-memory', 'device-limits']);

/** From here on the clock's own error no longer matters. */
const LONG_US = 20_000;

interface Entry extends Contest {
  /** The first layer of the shape: the one that is timed. */
  layer: string;
  candidates: string[];
}

export async function tune(session: Session, { signal, onProgress }: TuneOptions = {}): Promise<Tuning> {
  throwIfAborted(signal);
  const engine = await session.ready();
  const { outputs, precision } = session;
  const graph = session.graph(session.shape);
  const profile = await withHalves(session.profileFor(graph, outputs), precision, engine.device);
  const entries = findShapes(session, profile);
  const most = Math.max(0, ...entries.map(({ candidates }) => candidates.length));
  // The defaults come first, when the GPU's clock may not be up yet: they get a second chance.
  const rounds = [...Array(most).keys(), ...(most > 1 ? [0] : [])];
  const total = entries.reduce((sum, { candidates }) => sum + candidates.length, most > 1 ? entries.length : 0);
  let loaded = 0;
  onProgress?.({ loaded, total });
  for (const round of rounds) {
    const contestants = new Map(entries.flatMap((entry) => (entry.candidates[round] === undefined ? [] : [[entry.shape, entry]])));
    const tuned: TunedVariant = (params, profile) => {
      const name = contestants.get(convKey(params))?.candidates[round];
      return name === undefined ? undefined : namedVariant(params, name, profile);
    };
    let before = loaded;
    const measure = () =>
      withTimer(session, { outputs, tuned, profile }, async ({ plan }, time) => {
        // A device that was lost is replaced, and the round begins anew.
        loaded = before;
        for (const { layer, candidates, times } of contestants.values()) {
          const us: number[] = [];
          for (let sample = 0; sample < SAMPLES && (us[0] ?? 0) < LONG_US; sample++) {
            let sum = 0;
            for (const step of stepsOf(plan.steps, layer)) {
              throwIfAborted(signal);
              sum += await time(step);
            }
            us.push(sum);
          }
          const name = candidates[round] ?? '';
          times.set(name, [...(times.get(name) ?? []), ...us]);
          onProgress?.({ loaded: ++loaded, total });
        }
      });
    // A kernel that this driver refuses cannot win; the others of its round still may.
    for (let done = false; !done; ) {
      throwIfAborted(signal);
      try {
        await measure();
        done = true;
      } catch (error) {
        if (!(error instanceof ResnetError) || !REFUSALS.has(error.code)) throw error;
        const named = refusedBy(error.layer ?? '', [...contestants.values()], round);
        // Where nobody can tell which kernel it was, the round is lost; the defaults must work.
        const refused = named.length > 0 || round === 0 ? named : [...contestants.values()];
        if (refused.length === 0) throw error;
        for (const { shape } of refused) contestants.delete(shape);
        before += refused.length;
        loaded = before;
        onProgress?.({ loaded, total });
      }
    }
  }
  const measured = pickWinners(entries);
  return {
    adapter: adapterName(engine.adapter),
    precision,
    variants: Object.fromEntries(measured.map(({ shape, winner }) => [shape, winner])),
    measured,
  };
}

/** The distinct convolutions of the network that have a choice of variants, with the variants. */
function findShapes(session: Session, profile: DeviceProfile): Entry[] {
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
    // Grouped convolutions may have a kernel of their own, without variants.
    const kernels = stepsOf(steps, params.layer).map((step) => steps[step]?.dispatch.kernel);
    if (kernels.includes('conv-grouped')) continue;
    const shape = convKey(params);
    const known = entries.get(shape);
    const possible = Object.values(contenders(params, profile)).flat().map(variantName);
    if (known) {
      known.layers++;
      // How channels lie in memory may differ, and with it what can compute them.
      known.candidates = known.candidates.filter((name) => possible.includes(name));
    } else {
      const usual = variantName(chooseVariant(params, profile));
      const candidates = [...new Set([usual, ...possible])];
      entries.set(shape, { shape, layer: params.layer, layers: 1, default: usual, candidates, times: new Map() });
    }
  }
  return [...entries.values()];
}

/** @param label of the pipeline that does not compile: kernel/variant/precision */
function refusedBy(label: string, entries: readonly Entry[], round: number): Entry[] {
  const isMeant = (candidate = '') =>
    label.includes(`/${candidate}/`) || (label.startsWith('winograd') && candidate.startsWith('winograd'));
  return entries.filter(({ candidates }) => isMeant(candidates[round]));
}

/** A Winograd convolution or a split sum has several steps. */
function stepsOf(steps: readonly Step[], layer: string): number[] {
  return steps.flatMap((step, i) => (step.layer === layer ? [i] : []));
}
