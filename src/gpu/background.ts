/**
 * Runs in slices of a few milliseconds, so that the page can draw its frames in between. A GPU switches to another
 * program's work between submits, not within one.
 */
import type { DeviceProfile } from '../kernels/lib/kernel.ts';
import type { Plan } from '../plan/types.ts';
import type { Engine } from './device.ts';
import { workDone } from './readback.ts';
import type { Schedule } from './schedule.ts';

/** A frame at 60 Hz lasts 16.7 ms, and the page needs most of it. Two slices are submitted at a time. */
const SLICE_MS = 4;

/** Slices that are submitted but not done: while one is computed, one waits, so that the GPU is never idle. */
const MAX_UNDER_WAY = 2;

/** Multiply-adds for each millisecond and compute unit, until the first slice was measured. Low, because slices that are too long do harm. */
const FIRST_RATE: Partial<Record<DeviceProfile['name'], number>> = { software: 1e6, mobile: 8e6 };
const DEFAULT_FIRST_RATE = 16e6;

/** Weight of the latest measurement in the rate. The rest is the previous rate. */
const WEIGHT_OF_LAST = 0.3;

/** Measured multiply-adds for each millisecond. */
const rates = new WeakMap<Engine, number>();

/** For each slice, the dispatch before which it ends. A slice has at least one dispatch, since these cannot be split. */
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

/** The schedule of a device. The measured time of slices decides how long the slices of the next run are. */
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
      // The slice before may still be running, too.
      if (engine.submitted && underWay.length > 0) engine.submitted.from = before;
      before = from;
      from = to;
      const done = workDone(device).then(() => {
        const now = performance.now();
        // A slice starts when the one before it is done, or when it is submitted.
        const elapsed = now - Math.max(begin, lastDone);
        lastDone = now;
        if (macs > 0 && elapsed > 0) rate += WEIGHT_OF_LAST * (macs / elapsed - rate);
        rates.set(engine, rate);
      });
      // Nobody awaits the last slices here, because reading back waits for them anyway.
      done.catch(() => undefined);
      underWay.push(done);
    }
  };
}
