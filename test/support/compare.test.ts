import { describe, expect, it } from 'vitest';
import { difference, expectClose, expectSameTop1, f32 } from './compare.ts';

const tensor = (...data: number[]) => ({ data, shape: [1, data.length] });

describe('difference', () => {
  it('is relative to the norm of the reference', () => {
    expect(difference(tensor(3, 4.5), tensor(3, 4))).toEqual({ relative: 0.1, largest: 0.5 });
  });

  it('refuses values that are not finite, missing values and other shapes', () => {
    expect(() => difference(tensor(1, Number.NaN), tensor(1, 2))).toThrow('value 1 is NaN, expected 2');
    expect(() => difference({ data: [1], shape: [1, 2] }, tensor(1, 2))).toThrow('1 values, expected 2');
    expect(() => difference(tensor(1), tensor(1, 2))).toThrow('shape is [1, 1], expected [1, 2]');
  });
});

describe('expectClose', () => {
  it('accepts either measure', () => {
    expect(expectClose('x', tensor(1, 1.00001), tensor(1, 1), f32())).toBeLessThan(1e-4);
    expect(expectClose('x', tensor(1e-6), tensor(2e-6), f32(1e-6))).toBe(0.5);
  });

  it('names what is off, and by how much', () => {
    expect(() => expectClose('logits', tensor(1, 1.1), tensor(1, 1), f32(1e-6))).toThrow(
      'logits: relative error 7.1e-2 is above 1e-4 and largest 1.0e-1 above 4.0e-6',
    );
    expect(() => expectClose('logits', undefined, tensor(1), f32())).toThrow('logits is missing');
  });
});

describe('expectSameTop1', () => {
  it('refuses another winner', () => {
    expect(() => expectSameTop1(tensor(0, 5.1, 4.9), tensor(0, 4.9, 5.05))).not.toThrow();
    expect(() => expectSameTop1(tensor(0, 3, 2.9), tensor(0, 2.5, 4))).toThrow('row 0: class 1 wins, expected 2');
  });
});
