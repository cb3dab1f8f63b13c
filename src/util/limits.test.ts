import { describe, expect, test } from 'vitest';
import { indexOf, isCount, isEdges, isReal, LIMITS } from './limits.ts';

/** Values that a stranger may use instead of a number. */
const IMPLAUSIBLE = [1e9, -1, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY, '7', null, undefined, [7], { valueOf: () => 7 }, 7n, true];

describe('plausible numbers', () => {
  test.each(IMPLAUSIBLE.map((value) => [value]))('%s is not one', (value) => {
    for (const quantity of Object.keys(LIMITS) as (keyof typeof LIMITS)[]) {
      // A tensor of half a billion numbers.
      expect(isCount(value, quantity), quantity).toBe(false);
      if (value !== -1) expect(isReal(value, quantity), quantity).toBe(false);
    }
    expect(isEdges([value, 224])).toBe(false);
  });

  test('those that were published are', () => {
    expect(isCount(20_280, 'channels')).toBe(true);
    expect(isCount(2_059_906, 'classes')).toBe(true);
    expect(isCount(200, 'blocks')).toBe(true);
    expect(isCount(0.5, 'blocks')).toBe(false);
    expect(isCount(0, 'classes')).toBe(false);
    expect(isCount(0, 'classes', 0)).toBe(true);
    expect(isReal(123.675, 'level')).toBe(true);
    expect(isEdges([224, 16_384])).toBe(true);
    expect(isEdges([224])).toBe(false);
  });

  test.each([
    ['0', 0],
    ['499', 499],
    ['500', undefined],
    ['999999999', undefined],
    ['4294967294', undefined],
    ['-1', undefined],
    ['1e2', undefined],
    ['', undefined],
    [' 7', undefined],
  ])('index %j of a block', (text, index) => {
    expect(indexOf(text, 'blocks')).toBe(index);
  });
});
