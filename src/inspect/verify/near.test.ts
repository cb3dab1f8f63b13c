import { expect, test } from 'vitest';
import { isNear, isSame } from './near.ts';

const expected = Float32Array.from({ length: 100_000 }, (_, i) => Math.sin(i));
const changed = (change: (x: number, i: number) => number) => expected.map(change);

test('rounding is near', () => {
  expect(
    isNear(
      changed((x, i) => x * (1 + ((i % 7) - 3) * 1e-6)),
      expected,
      5e-5,
    ),
  ).toBe(true);
  expect(isNear(new Float32Array(4), new Float32Array(4), 5e-5)).toBe(true);
});

test('a slip of all values, one value that is wrong, one that is not a number, and none are not', () => {
  expect(
    isNear(
      changed((x) => x * 1.001),
      expected,
      5e-5,
    ),
  ).toBe(false);
  // One of 100,000 values is wrong. The error of the whole is 1e-5.
  expect(
    isNear(
      changed((x, i) => (i === 500 ? x + 3e-3 : x)),
      expected,
      5e-5,
    ),
  ).toBe(false);
  expect(
    isNear(
      changed((x, i) => (i === 500 ? Number.NaN : x)),
      expected,
      5e-5,
    ),
  ).toBe(false);
  expect(isNear(new Float32Array(), expected, 5e-5)).toBe(false);
  expect(isNear(new Float32Array(4).fill(1e-3), new Float32Array(4), 5e-5)).toBe(false);
});

test('the same is the same to the last bit, and what is not a number is, too', () => {
  expect(isSame(Float32Array.of(1, Number.NaN), Float32Array.of(1, Number.NaN))).toBe(true);
  expect(isSame(Float32Array.of(1, 0), Float32Array.of(1, -0))).toBe(false);
});
