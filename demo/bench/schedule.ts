/** How much is measured, given how slow it is. Pure. */

/** A software adapter takes half a minute for what a GPU does in milliseconds: both must come to an end, with one rule. */
export class TimeBox {
  readonly #seconds: number;
  #spent = 0;

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /** Whether work of this many ms still fits. */
  fits(ms: number): boolean {
    return this.#spent + ms <= this.#seconds * 1000;
  }

  spend(ms: number): void {
    this.#spent += ms;
  }
}

/** Warm-ups end after this long, the first inference included: slow runs vary little. */
const WARMUP_MS = 2000;

export function moreWarmups(done: number, wanted: number, spentMs: number): boolean {
  return done < wanted && spentMs < WARMUP_MS;
}

/** Above this, timestamps cannot be seen in the wall time, and need no inference of their own. */
const SLOW_MS = 500;
/** So many inferences with timestamps where they are fast. */
const GPU_RUNS = 10;

/** The rounds in which timestamps are taken: the last one of slow runtimes, none of fast ones, which get extra runs. */
export const carriesTimestamps = (isLastRound: boolean, lastMs: number): boolean => isLastRound && lastMs >= SLOW_MS;
export const extraGpuRuns = (rounds: number, medianMs: number): number => (medianMs >= SLOW_MS ? 0 : Math.min(rounds, GPU_RUNS));

const STREAM_MS = 2000;

/** Frames of the throughput measurement: two seconds of them, at least 4. */
export const streamFrames = (medianMs: number): number => Math.min(256, Math.max(4, Math.round(STREAM_MS / medianMs)));

/** Nobody always comes after the same one: what a runtime leaves behind (heat, caches, garbage) should not hit one of the others alone. */
export function rotated<T>(items: readonly T[], by: number): T[] {
  const at = items.length > 0 ? by % items.length : 0;
  return [...items.slice(at), ...items.slice(0, at)];
}
