/** Which variants a tuning table names, from what was timed. Pure. */
import type { TunedShape } from '../api/tuning-types.ts';

/** A shape of convolutions, and the variants that can compute it. */
export interface Contest {
  shape: string;
  layers: number;
  default: string;
  /** Microseconds by variant, as often as it was timed. */
  times: Map<string, number[]>;
}

/** What is faster than the default by less than this may as well be noise: clocks in browsers are coarse. */
const MARGIN = 0.03;

/**
 * Takes a variant out that computes something else. A default in f16 gives way to the same tiles in float32, or where those have no time
 * to what is fastest in float32: the shape is not left with what its device would do by itself.
 */
export function reject(contest: Contest, name: string): void {
  contest.times.delete(name);
  if (name !== contest.default) return;
  const same = name.replace(/^f16 /, '');
  const timed = [...contest.times].map(([other, measured]) => ({ other, us: best(measured) }));
  const [fastest] = timed.filter(({ other, us }) => !other.startsWith('f16 ') && Number.isFinite(us)).sort((a, b) => a.us - b.us);
  contest.default = Number.isFinite(best(contest.times.get(same))) ? same : (fastest?.other ?? same);
}

/** The fastest variant of each shape by its shortest time; shapes whose default was not timed are left out. */
export function pickWinners(contests: readonly Contest[]): TunedShape[] {
  return contests.flatMap(({ shape, layers, default: usual, times }) => {
    const usualUs = best(times.get(usual));
    if (!Number.isFinite(usualUs)) return [];
    let winner = { name: usual, us: usualUs * (1 - MARGIN) };
    for (const [name, measured] of times) {
      const us = best(measured);
      if (us < winner.us) winner = { name, us };
    }
    return [{ shape, layers, default: usual, winner: winner.name, defaultUs: usualUs, winnerUs: best(times.get(winner.name)) }];
  });
}

/** Of repeated measurements of the same work, the shortest is the one that the least else disturbed. */
function best(measured: readonly number[] = []): number {
  return Math.min(...measured.filter((us) => us > 0));
}
