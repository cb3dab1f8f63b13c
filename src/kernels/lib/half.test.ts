import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { halfBits, halfValue, MAX_HALF } from './half.ts';

describe('halfBits', () => {
  it('gives back every half', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = halfValue(bits);
      if (!Number.isNaN(value)) expect(halfBits(value)).toBe(bits);
    }
  });

  it('rounds to the nearest half', () => {
    fc.assert(
      fc.property(fc.float({ min: -MAX_HALF, max: MAX_HALF, noNaN: true }), (value) => {
        const bits = halfBits(value);
        const error = Math.abs(halfValue(bits) - value);
        for (const neighbour of [bits - 1, bits + 1]) {
          const other = halfValue(neighbour & 0xffff);
          if (Number.isFinite(other)) expect(error).toBeLessThanOrEqual(Math.abs(other - value));
        }
      }),
    );
  });

  it('breaks ties to even', () => {
    expect(halfBits(1 + 1 / 2048)).toBe(0x3c00);
    expect(halfBits(1 + 3 / 2048)).toBe(0x3c02);
    expect(halfBits(3 * 2 ** -25)).toBe(2);
  });

  it('goes to infinity beyond the range and keeps NaN', () => {
    expect(halfBits(65520)).toBe(0x7c00);
    expect(halfBits(-1e9)).toBe(0xfc00);
    expect(Number.isNaN(halfValue(halfBits(Number.NaN)))).toBe(true);
  });
});
