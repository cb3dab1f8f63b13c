/** Finds the fastest form of the convolution kernels on this GPU by trying all of them. */

import type { TuneOptions, Tuning } from '../api/tuning-types.ts';
import { contenders } from '../kernels/conv/named.ts';
import { variantName } from '../kernels/conv/variant.ts';
import type { Session } from '../model/session.ts';
import { throwIfAborted } from '../util/errors.ts';
import { withoutErrors } from './f16-error.ts';
import { findShapes, timeRound } from './rounds.ts';
import { adapterName, withHalves } from './tuning-table.ts';
import { pickWinners } from './winners.ts';

/** How often each step is timed. */
const SAMPLES = 3;

export async function tune(session: Session, { signal, onProgress }: TuneOptions = {}): Promise<Tuning> {
  throwIfAborted(signal);
  const engine = await session.ready();
  const { precision } = session;
  const profile = await withHalves(session.profileFor(session.graph(session.shape), session.outputs), precision, engine.device);
  const entries = findShapes(session, profile, (params) => Object.values(contenders(params, profile)).flat().map(variantName));
  const most = Math.max(0, ...entries.map(({ candidates }) => candidates.length));
  // Times the defaults again. They came first, when the GPU's clock rate may still have been low.
  const rounds = [...Array(most).keys(), ...(most > 1 ? [0] : [])];
  const total = entries.reduce((sum, { candidates }) => sum + candidates.length, most > 1 ? entries.length : 0);
  let before = 0;
  onProgress?.({ loaded: 0, total });
  for (const round of rounds) {
    const onTimed = (timed: number) => onProgress?.({ loaded: before + timed, total });
    await timeRound(session, entries, round, { profile, samples: SAMPLES, signal, onTimed });
    before += entries.filter(({ candidates }) => candidates[round] !== undefined).length;
  }
  const measured = await withoutErrors(session, profile, entries, pickWinners);
  return {
    adapter: adapterName(engine.adapter),
    precision,
    variants: Object.fromEntries(measured.map(({ shape, winner }) => [shape, winner])),
    measured,
  };
}
