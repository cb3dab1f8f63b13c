import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviation, quantile, summarize, unionLength } from './statistics.ts';

describe('summarize', () => {
  it('interpolates between ranks', () => {
    expect(summarize([4, 1, 3, 2, 5, 11, 6, 10, 9, 8, 7])).toEqual({ n: 11, median: 6, p10: 2, p90: 10 });
    expect(quantile([1, 2], 0.5)).toBe(1.5);
    expect(quantile([7], 0.9)).toBe(7);
  });

  it('says nothing of nothing', () => {
    expect(summarize([])).toBeUndefined();
    expect(quantile([], 0.5)).toBeNaN();
  });

  it('stays between the extremes, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }), (runs) => {
        const { p10, median, p90 } = summarize(runs) ?? { p10: Number.NaN, median: 0, p90: 0 };
        expect(p10).toBeGreaterThanOrEqual(Math.min(...runs));
        expect(median).toBeGreaterThanOrEqual(p10);
        expect(p90).toBeGreaterThanOrEqual(median);
        expect(p90).toBeLessThanOrEqual(Math.max(...runs));
      }),
    );
  });
});

describe('deviation', () => {
  const wanted = Float32Array.of(3, 4, 0, 1);

  it('is relative in L2, absolute in the worst element', () => {
    const { relative, absolute, sameTop } = deviation(Float32Array.of(3, 4.5, 0, 1), wanted, 1);
    expect(relative).toBeCloseTo(0.5 / Math.sqrt(26), 7);
    expect(absolute).toBe(0.5);
    expect(sameTop).toBe(true);
  });

  it('looks at the top of every row', () => {
    expect(deviation(Float32Array.of(3, 4, 2, 1), wanted, 2).sameTop).toBe(false);
    expect(deviation(Float32Array.of(3, 4, 2, 1), wanted, 1).sameTop).toBe(true);
  });

  it('is infinite where a number is none, and where there are too few', () => {
    for (const actual of [
      Float32Array.of(3, Number.NaN, 0, 1),
      Float32Array.of(3, Number.POSITIVE_INFINITY, 0, 1),
      Float32Array.of(3, 4),
      new Float32Array(),
    ]) {
      expect(deviation(actual, wanted, 1)).toEqual({
        relative: Number.POSITIVE_INFINITY,
        absolute: Number.POSITIVE_INFINITY,
        sameTop: false,
      });
    }
  });
});

describe('unionLength', () => {
  it('counts what overlaps once', () => {
    expect(unionLength([])).toBe(0);
    expect(
      unionLength([
        [5, 7],
        [0, 2],
        [1, 3],
        [1, 2],
        [7, 8],
      ]),
    ).toBe(6);
  });
});
