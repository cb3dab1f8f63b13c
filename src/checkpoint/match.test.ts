import { describe, expect, it } from 'vitest';
import { buildGraph } from '../arch/graph.ts';
import { matchCheckpoint, matchWhole, splitKey } from './match.ts';
import { randomCheckpoint } from './random.ts';
import type { Checkpoint, CheckpointTensor } from './types.ts';

const build = (shape: readonly number[]) => buildGraph('cifar_resnet20', shape);
const graph = build([1, 3, 32, 32]);
const whole = randomCheckpoint(graph, 1);

/** Without some tensors, and with additional ones. */
function changed(without: string[], more: Record<string, number[]>): Checkpoint {
  const added = Object.entries(more).map(([name, shape]) => [name, { dtype: 'f32', shape } as unknown as CheckpointTensor] as const);
  return { ...whole, tensors: new Map([...[...whole.tensors].filter(([name]) => !without.includes(name)), ...added]) };
}

const problemsOf = (checkpoint: Checkpoint, strict = true) =>
  matchCheckpoint(graph, checkpoint, strict).problems.map(({ kind, layer, parameter }) => `${kind} ${layer} ${parameter}`);

describe('a checkpoint', () => {
  it('that is the network has no problems', () => {
    expect(problemsOf(whole)).toEqual([]);
    expect(matchCheckpoint(graph, whole, true).found.length).toBe(whole.tensors.size);
  });

  it('that is not says each tensor that is missing, mis-shaped or too many', () => {
    const other = changed(['conv1.weight', 'bn1.bias'], { 'conv1.weight': [16, 4, 3, 3], 'extra.scale': [7] });
    expect(problemsOf(other).sort()).toEqual(['mis-shaped conv1 weight', 'missing bn1 bias', 'unexpected extra scale']);
  });

  it('may have more where that is allowed, but not less', () => {
    const other = changed(['bn1.bias'], { 'extra.scale': [7] });
    expect(problemsOf(other, false)).toEqual(['missing bn1 bias']);
    expect(matchCheckpoint(graph, other, false).ignoredKeys).toEqual(['extra.scale']);
  });

  it('may count batches', () => {
    expect(problemsOf(changed([], { 'bn1.num_batches_tracked': [] }))).toEqual([]);
  });

  it('may store a matrix as a convolution of 1x1, but not its transpose', () => {
    const head = [...whole.tensors.keys()].find((name) => whole.tensors.get(name)?.shape.length === 2) ?? '';
    const [out = 0, width = 0] = whole.tensors.get(head)?.shape ?? [];
    expect(problemsOf(changed([head], { [head]: [out, width, 1, 1] }))).toEqual([]);
    expect(problemsOf(changed([head], { [head]: [width, out] }))).toHaveLength(1);
  });

  it('is matched as a whole, or not at all', () => {
    const arch = { build, inputChannels: 3, inputSize: [32, 32] };
    expect(matchWhole(arch, whole)?.problems).toEqual([]);
    expect(matchWhole(arch, changed(['bn1.bias'], {}))).toBeUndefined();
  });
});

it('a key is a layer and its parameter', () => {
  expect([splitKey('layer1.0.conv1.weight'), splitKey('scale')]).toEqual([
    ['layer1.0.conv1', 'weight'],
    ['scale', 'scale'],
  ]);
});
