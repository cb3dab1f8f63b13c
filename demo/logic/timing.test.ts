import { describe, expect, it } from 'vitest';
import { isEnough, milliseconds, summarize } from './timing.ts';

describe('summarize', () => {
  it('gives the median and the middle half, whatever the order', () => {
    expect(summarize([5, 1, 4, 2, 3])).toEqual({ n: 5, median: 3, low: 2, high: 4 });
    expect(summarize([1, 2])).toEqual({ n: 2, median: 1.5, low: 1.25, high: 1.75 });
  });
});

describe('isEnough', () => {
  it('never takes fewer than five runs, however long they last', () => {
    expect(isEnough([1000, 1000, 1000, 1000])).toBe(false);
    expect(isEnough(new Array(7).fill(1000))).toBe(true);
  });
  it('takes more where runs are cheap, but not for ever', () => {
    expect(isEnough(new Array(20).fill(1))).toBe(false);
    expect(isEnough(new Array(40).fill(1))).toBe(true);
  });
});

describe('milliseconds', () => {
  it('shows three digits', () => {
    expect([0.456, 4.567, 45.67, 456.7, Number.NaN].map(milliseconds)).toEqual(['0.46 ms', '4.57 ms', '45.7 ms', '457 ms', '–']);
  });
});
