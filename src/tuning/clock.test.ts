import { describe, expect, test, vi } from 'vitest';
import { measurable, wallClockStep } from './clock.ts';

/** A clock that takes `call` milliseconds to read and moves in steps. */
function clock(step: number, call: number) {
  let time = 0.123;
  return () => {
    time += call;
    return Math.floor(time / step) * step;
  };
}

describe('the step of a clock', () => {
  test.each([
    ['Chrome', 0.1, 100],
    ['Chrome, isolated', 0.005, 5],
    ['Firefox', 1, 1000],
  ])('%s', (_, step, us) => {
    expect(wallClockStep(clock(step, 0.0002))).toBeCloseTo(us, 3);
  });

  test('is none where every reading is another', () => {
    expect(wallClockStep(clock(0.001, 1))).toBe(0);
  });

  test('is not known of one that stands still', () => {
    expect(wallClockStep(clock(100, 0.0002))).toBeUndefined();
    expect(wallClockStep(() => 7)).toBeUndefined();
  });
});

test('what is timed lasts 25 steps', () => {
  expect(measurable(false)).toBe(2500);
  expect(measurable(true, 100)).toBe(2500);
  expect(measurable(true, 0)).toBe(1500);
  expect(measurable(true, 1000)).toBe(25_000);
  const now = vi.spyOn(performance, 'now').mockReturnValue(7);
  expect(measurable(true)).toBe(2500);
  now.mockRestore();
});
