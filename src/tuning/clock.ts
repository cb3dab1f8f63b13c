/** Whether a clock is fine enough to compare kernels. Browsers make clocks coarse on purpose, and not all offer the GPU's own. */

/** A measurement takes this many steps of the clock, so that it is off by at most 4 %. */
const STEPS = 25;

/** Browsers round the GPU's timestamps to this: https://www.w3.org/TR/webgpu/#security-timestamp */
const TIMESTAMP_STEP_US = 100;

/**
 * Microseconds between two values of the wall clock. 0 if no value repeats, and undefined if the clock does not move during a hundred
 * thousand readings (about 10 ms).
 */
export function wallClockStep(now: () => number = () => performance.now()): number | undefined {
  let smallest = Number.POSITIVE_INFINITY;
  let repeats = 0;
  let last = now();
  for (let readings = 0, steps = 0; readings < 1e5 && steps < 4; readings++) {
    const value = now();
    if (value === last) repeats++;
    else {
      steps++;
      // The first step is incomplete.
      if (steps > 1) smallest = Math.min(smallest, value - last);
      last = value;
    }
  }
  if (repeats === 0) return 0;
  return Number.isFinite(smallest) ? smallest * 1000 : undefined;
}

/** In shorter measurements, most of the time is overhead. */
const MIN_US = 1500;

/**
 * How long a kernel must run to be timed, in microseconds. A clock that does not move while it is only read may still be usable.
 * Whether it moves is seen when kernels run.
 */
export function measurable(estimated: boolean, step = estimated ? wallClockStep() : TIMESTAMP_STEP_US): number {
  return Math.max(MIN_US, (step ?? TIMESTAMP_STEP_US) * STEPS);
}
