/** How much is measured, depending on how slow it is. Pure. */

/** A software adapter takes half a minute for what a GPU does in milliseconds. The same rule must let both come to an end. */
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

/** Warm-ups end after this time, which includes the first inference. Slow runs vary little. */
const WARMUP_MS = 2000;

export function moreWarmups(done: number, wanted: number, spentMs: number): boolean {
  return done < wanted && spentMs < WARMUP_MS;
}

/** For longer inferences, timestamps do not noticeably change the wall time, so they need no separate ones. */
const SLOW_MS = 500;
/** The number of inferences with timestamps, for fast runtimes. */
const GPU_RUNS = 10;

/** Rounds in which timestamps are taken: the last one for slow runtimes, none for fast ones, which get extra runs. */
export const carriesTimestamps = (isLastRound: boolean, lastMs: number): boolean => isLastRound && lastMs >= SLOW_MS;
export const extraGpuRuns = (rounds: number, medianMs: number): number => (medianMs >= SLOW_MS ? 0 : Math.min(rounds, GPU_RUNS));

const STREAM_MS = 2000;

/** Frames of the throughput measurement: two seconds of them, at least 4. */
export const streamFrames = (medianMs: number): number => Math.min(256, Math.max(4, Math.round(STREAM_MS / medianMs)));

/** The order changes, so that no runtime always follows the same one: heat, caches and garbage should not affect only one of them. */
export function rotated<T>(items: readonly T[], by: number): T[] {
  const at = items.length > 0 ? by % items.length : 0;
  return [...items.slice(at), ...items.slice(0, at)];
}
