import { describe, expect, test } from 'vitest';
import { guessArch } from './guess.ts';
import type { Checkpoint, CheckpointTensor } from './types.ts';

type Shapes = Record<string, number[]>;

function file(extra: Shapes, prefix = ''): Checkpoint {
  const tensors = new Map<string, CheckpointTensor>();
  const add = (name: string, ...shape: number[]) =>
    tensors.set(name, { dtype: 'f32', shape, read: () => Promise.reject(new Error('unread')) });
  const norm = (name: string, width: number) => {
    for (const part of ['weight', 'bias', 'running_mean', 'running_var']) add(`${prefix}${name}.${part}`, width);
  };
  add(`${prefix}conv1.weight`, 4, 3, 7, 7);
  norm('bn1', 4);
  for (const [s, width] of [4, 8, 16, 32].entries()) {
    const from = s ? width / 2 : 4;
    const at = `layer${s + 1}.0.`;
    add(`${prefix}${at}conv1.weight`, width, from, 3, 3);
    norm(`${at}bn1`, width);
    add(`${prefix}${at}conv2.weight`, width, width, 3, 3);
    norm(`${at}bn2`, width);
    if (s) {
      add(`${prefix}${at}downsample.0.weight`, width, from, 1, 1);
      norm(`${at}downsample.1`, width);
    }
  }
  for (const [name, shape] of Object.entries(extra)) add(name, ...shape);
  return { format: 'pytorch-zip', scheme: 'unknown', tensors, metadata: {} };
}

const linear = (name: string, from: number, to: number): Shapes => ({ [`${name}.weight`]: [to, from], [`${name}.bias`]: [to] });
const batchNorm = (name: string, width: number): Shapes => ({
  [`${name}.weight`]: [width],
  [`${name}.bias`]: [width],
  [`${name}.running_mean`]: [width],
  [`${name}.running_var`]: [width],
});

describe('layers without use', () => {
  test.each<[string, Shapes, string]>([
    ['attention beside the stages', { 'ca.fc1.weight': [2, 4, 1, 1], 'ca.fc2.weight': [4, 2, 1, 1], ...linear('fc', 32, 5) }, ''],
    ['a norm of the input', { ...batchNorm('bn0', 3), ...linear('fc', 32, 5) }, ''],
    ['a convolution of the last maps', { 'neck.weight': [32, 32, 3, 3], ...linear('cls', 32, 5) }, 'enc.'],
    ['a convolution before the stem', { 'adapt.weight': [3, 6, 1, 1], ...linear('cls', 32, 5) }, 'enc.'],
    ['an LSTM', { 'lstm.weight_ih_l0': [128, 32], 'lstm.weight_hh_l0': [128, 32], ...linear('cls', 32, 5) }, 'enc.'],
    ['a pooling with positions', { 'v.pool.positions': [5, 32], ...linear('v.pool.k', 32, 32), ...linear('v.pool.c', 32, 16) }, 'v.'],
  ])('%s: no logits', (_, extra, prefix) => {
    expect(() => guessArch(file(extra, prefix))).toThrow(/logits may be wrong/);
    expect(guessArch(file(extra, prefix), { head: 'none' }).source.head).toBe('none');
  });

  test('constants for the input are said to be left out', () => {
    const { assumed } = guessArch(file({ pixel_mean: [3, 1, 1], ...linear('fc', 32, 5) }));
    expect(assumed.find(({ what }) => what === 'left out')?.value).toBe('pixel_mean');
  });

  test('weights of a criterion are nobody’s business', () => {
    const { assumed } = guessArch(file({ 'criterion.weight': [5], ...linear('cls', 32, 5) }, 'enc.'));
    expect(assumed.map(({ what }) => what)).not.toContain('left out');
  });

  test('a norm beside the trunk’s own head stands before it', () => {
    const { source } = guessArch(file({ ...batchNorm('enc.neck', 32), ...linear('enc.classifier', 32, 5) }, 'enc.'));
    expect(source.head).toContain('BatchNorm1d');
  });

  test('a stack of linear layers may be a projection', () => {
    const { assumed } = guessArch(file({ ...linear('head.0', 32, 32), ...linear('head.2', 32, 16) }, 'enc.'));
    expect(assumed.find(({ what }) => what === 'head')?.alternatives[0]?.arch).toMatchObject({ type: 'ImageClassifier' });
  });

  test('activations that run are all offered', () => {
    const { assumed } = guessArch(file(linear('cls', 32, 5), 'enc.'));
    const values = assumed.find(({ what }) => what === 'activation')?.alternatives.map(({ value }) => value);
    expect(values).toEqual(expect.arrayContaining(['silu', 'gelu', 'mish', 'elu', 'relu6', 'leaky_relu', 'leaky_relu of 0.1']));
    expect(values).not.toContain('relu');
  });
});
