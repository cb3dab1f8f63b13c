import { expect, test } from 'vitest';
import { type KeptTuning, mergeTunings } from './store.ts';

const table = (variants: Record<string, string>): KeptTuning => ({
  adapter: 'x',
  precision: 'f32',
  variants,
  measured: Object.entries(variants).map(([shape, winner]) => ({ shape, layers: 1, default: winner, winner, defaultUs: 1, winnerUs: 1 })),
});

test('a table is added to what is kept, and wins where both know a shape', () => {
  const merged = mergeTunings(table({ a: 'old', b: 'old' }), table({ b: 'new', c: 'new' }));
  expect(merged.variants).toEqual({ a: 'old', b: 'new', c: 'new' });
  expect(merged.measured?.map(({ shape, winner }) => [shape, winner])).toEqual([
    ['a', 'old'],
    ['b', 'new'],
    ['c', 'new'],
  ]);
});

test('a table by hand says nothing of how it was measured', () => {
  expect(mergeTunings(table({ a: 'old' }), { adapter: 'x', precision: 'f32', variants: { a: 'new' } }).measured).toEqual([]);
});
