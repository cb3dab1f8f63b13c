/**
 * Runs in slices of a few milliseconds, so that the page's own frames get in between: a GPU changes over to another
 * program's work between submits, not within one.
 */
import type { DeviceProfile } from '../kernels/lib/kernel.ts';
import type { Plan } from '../plan/types.ts';
import type { Engine } from './device.ts';
import { workDone } from './readback.ts';
import type { Schedule } from './schedule.ts';

/** A frame of 60 Hz lasts 16.7 ms, of which the page wants most; two slices are under way at once. */
const SLICE_MS = 4;

/** Slices submitted and not done: one is computed, one waits, so that the GPU never does. */
const MAX_UNDER_WAY = 2;

/** Multiply-adds a millisecond and compute unit until the first slice has been measured: low, since a slice too long is what hurts. */
const FIRST_RATE: Partial<Record<DeviceProfile['name'], number>> = { software: 1e6, mobile: 8e6 };
const DEFAULT_FIRST_RATE = 16e6;

/** What of the last measurement goes into the rate; the rest is history. */
const WEIGHT_OF_LAST = 0.3;

/** Multiply-adds a millisecond, as measured. */
const rates = new WeakMap<Engine, number>();

/** Dispatches up to which each slice goes; a slice has one dispatch at least, since none can be cut. */
export function slicesOf(steps: readonly Pick<Plan['steps'][number], 'macs'>[], maxMacs: number): number[] {
  const ends: number[] = [];
  let macs = 0;
  steps.forEach((step, i) => {
    if (macs > 0 && macs + step.macs > maxMacs) {
      ends.push(i);
      macs = 0;
    }
    macs += step.macs;
  });
  return [...ends, steps.length];
}

/** The schedule of a device; what its slices last is measured and decides how long the next run's are. */
export function schedule(engine: Engine): Schedule {
  const { device, profile } = engine;
  return async ({ steps }, submit) => {
    let rate = rates.get(engine) ?? (FIRST_RATE[profile.name] ?? DEFAULT_FIRST_RATE) * profile.computeUnits;
    const underWay: Promise<void>[] = [];
    let [before, from] = [0, 0];
    let lastDone = performance.now();
    for (const to of slicesOf(steps, rate * SLICE_MS)) {
      if (underWay.length === MAX_UNDER_WAY) await underWay.shift();
      const macs = steps.slice(from, to).reduce((sum, step) => sum + step.macs, 0);
      const begin = performance.now();
      submit(from, to);
      // The one before may be under way as well.
      if (engine.submitted && underWay.length > 0) engine.submitted.from = before;
      before = from;
      from = to;
      const done = workDone(device).then(() => {
        const now = performance.now();
        // A slice begins when the one before it is done, or when it is submitted.
        const elapsed = now - Math.max(begin, lastDone);
        lastDone = now;
        if (macs > 0 && elapsed > 0) rate += WEIGHT_OF_LAST * (macs / elapsed - rate);
        rates.set(engine, rate);
      });
      // The last slices' are awaited by nobody: whoever reads back waits for them anyway.
      done.catch(() => undefined);
      underWay.push(done);
    }
  };
}
