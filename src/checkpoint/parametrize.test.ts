/** Compared with PyTorch 2.14's results for the same tensors (test/parametrized). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../api/types.ts';
import { withoutParametrizations } from './parametrize.ts';
import { fromTensors } from './streams-and-tensors.ts';
import type { CheckpointTensor } from './types.ts';

interface Stored {
  shape: number[];
  data: number[];
}

const cases: Record<string, { tensors: Record<string, Stored>; weight: Stored }> = JSON.parse(
  readFileSync('test/parametrized/torch.json', 'utf8'),
);

const tensorOf = ({ data, shape }: Stored): Tensor => ({ data: Float32Array.from(data), shape });

describe('a parametrised weight', () => {
  test.each(Object.keys(cases))('%s', async (name) => {
    const { tensors = {}, weight = { shape: [], data: [] } } = cases[name] ?? {};
    const given = Object.fromEntries(Object.entries(tensors).map(([key, stored]) => [key, tensorOf(stored)]));
    const plain = (await fromTensors(given)).tensors;
    expect([...plain.keys()].sort()).toEqual(['m.bias', 'm.weight']);
    expect(plain.get('m.weight')?.shape).toEqual(weight.shape);
    const { data } = (await plain.get('m.weight')?.read()) ?? { data: [] };
    const scale = Math.max(...weight.data.map(Math.abs));
    weight.data.forEach((value, i) => {
      expect(Math.abs((data[i] ?? Number.NaN) - value) / scale).toBeLessThan(3e-7);
    });
  });
});

const tensor = (...shape: number[]): CheckpointTensor => ({
  dtype: 'f32',
  shape,
  read: async () => ({ data: new Float32Array(shape.reduce((a, b) => a * b, 1)), shape }),
});
const keys = (tensors: Record<string, CheckpointTensor>) => [...withoutParametrizations(new Map(Object.entries(tensors))).keys()];

describe('what only looks like one', () => {
  test('stays as it is', () => {
    expect(keys({ 'a.weight': tensor(2, 3), 'a.weight_g': tensor(2, 1), 'a.weight_v': tensor(2, 3) })).toContain('a.weight_g');
    expect(keys({ 'a.weight_g': tensor(7, 1), 'a.weight_v': tensor(2, 3) })).toEqual(['a.weight_g', 'a.weight_v']);
    expect(keys({ 'a.weight_orig': tensor(2, 3) })).toEqual(['a.weight_orig']);
    expect(keys({ 'a.parametrizations.weight.original': tensor(2, 3) })).toEqual(['a.parametrizations.weight.original']);
  });

  test('a filter of zeros is zeros', async () => {
    const plain = withoutParametrizations(new Map(Object.entries({ 'a.weight_g': tensor(2, 1), 'a.weight_v': tensor(2, 3) })));
    expect([...((await plain.get('a.weight')?.read())?.data ?? [])]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
