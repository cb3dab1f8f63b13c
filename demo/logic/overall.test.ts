import { expect, it } from 'vitest';
import type { Progress } from '../library.ts';
import { Overall } from './overall.ts';

const follow = (steps: readonly (readonly [Progress['phase'], number, number?])[]) => {
  const overall = new Overall();
  return steps.map(([phase, loaded, total]) => overall.add({ phase, loaded, ...(total !== undefined && { total }) }));
};

it('goes from nothing to all, and never back', () => {
  const shown = follow([
    ['download', 0, 100],
    ['compile', 1, 10],
    ['download', 50, 100],
    ['compile', 10, 10],
    ['download', 100, 100],
    ['read', 1, 1],
    ['upload', 0, 100],
    ['upload', 100, 100],
    ['warm', 0, 1],
    ['warm', 1, 1],
  ]);
  expect(shown).toEqual([...shown].sort((a, b) => a - b));
  expect(shown[2]).toBeCloseTo(0.36);
  expect(shown.at(-1)).toBeCloseTo(1);
});

it('takes a download that begins again, and one that tells no length', () => {
  expect(
    follow([
      ['download', 80, 100],
      ['download', 0, 100],
    ]),
  ).toEqual([expect.closeTo(0.56), expect.closeTo(0.56)]);
  expect(
    follow([
      ['download', 5],
      ['upload', 0, 10],
    ]),
  ).toEqual([0, expect.closeTo(0.75)]);
});
