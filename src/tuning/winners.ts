/** Chooses the variants of a tuning table from measured times. Pure. */
import type { TunedShape } from '../api/tuning-types.ts';

/** A shape of convolutions, and the variants that can compute it. */
export interface Contest {
  shape: string;
  layers: number;
  default: string;
  /** Measured microseconds by variant. */
  times: Map<string, number[]>;
}

/** A smaller gain over the default may be noise, because clocks in browsers are coarse. */
const MARGIN = 0.03;

/**
 * Removes a variant with wrong results. An f16 default is replaced by the same tiles in float32, or by the fastest float32 variant if
 * those were not timed. Otherwise the device would use its default for the shape.
 */
export function reject(contest: Contest, name: string): void {
  contest.times.delete(name);
  if (name !== contest.default) return;
  const same = name.replace(/^f16 /, '');
  const timed = [...contest.times].map(([other, measured]) => ({ other, us: best(measured) }));
  const [fastest] = timed.filter(({ other, us }) => !other.startsWith('f16 ') && Number.isFinite(us)).sort((a, b) => a.us - b.us);
  contest.default = Number.isFinite(best(contest.times.get(same))) ? same : (fastest?.other ?? same);
}

/** The fastest variant of each shape, by its shortest time. Shapes whose default was not timed are left out. */
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

/** Of several measurements of the same work, the shortest was disturbed the least. */
function best(measured: readonly number[] = []): number {
  return Math.min(...measured.filter((us) => us > 0));
}
