/** Whether a clock can tell kernels apart. Pages get clocks that are coarse on purpose, and not every browser has the GPU's own. */

/** A measurement takes this many steps of the clock, so that its ends are off by 4 % at most. */
const STEPS = 25;

/** As browsers round the GPU's timestamps: https://www.w3.org/TR/webgpu/#security-timestamp */
const TIMESTAMP_STEP_US = 100;

/**
 * Microseconds between two values of the clock on the wall; 0 where no value comes twice, and undefined where it stands still for a
 * hundred thousand readings (some 10 ms).
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
      // The first one is cut off.
      if (steps > 1) smallest = Math.min(smallest, value - last);
      last = value;
    }
  }
  if (repeats === 0) return 0;
  return Number.isFinite(smallest) ? smallest * 1000 : undefined;
}

/** Shorter ones are mostly what comes before and after. */
const MIN_US = 1500;

/**
 * How long a kernel has to run to be timed, in microseconds. A clock that stands still while it is looked at may be any: whether it moves
 * while kernels run is seen when they do.
 */
export function measurable(estimated: boolean, step = estimated ? wallClockStep() : TIMESTAMP_STEP_US): number {
  return Math.max(MIN_US, (step ?? TIMESTAMP_STEP_US) * STEPS);
}
