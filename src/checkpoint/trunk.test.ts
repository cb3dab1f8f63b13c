import { describe, expect, test } from 'vitest';
import { layersOf } from './tree-layers.ts';
import { findTrunks } from './trunk.ts';
import type { CheckpointTensor } from './types.ts';

type Shapes = Record<string, number[]>;

const norm = (path: string, width: number): Shapes => ({
  [`${path}.weight`]: [width],
  [`${path}.bias`]: [width],
  [`${path}.running_mean`]: [width],
  [`${path}.running_var`]: [width],
});

/** Two stages of one basic block each, in torchvision's names. The second one has a projection. */
function stages(width: number, from = width): Shapes {
  const block = (path: string, input: number, out: number): Shapes => ({
    [`${path}.conv1.weight`]: [out, input, 3, 3],
    ...norm(`${path}.bn1`, out),
    [`${path}.conv2.weight`]: [out, out, 3, 3],
    ...norm(`${path}.bn2`, out),
    ...(input !== out && { [`${path}.downsample.0.weight`]: [out, input, 1, 1], ...norm(`${path}.downsample.1`, out) }),
  });
  return { ...block('layer1.0', from, width), ...block('layer2.0', width, 2 * width) };
}

function trunksOf(shapes: Shapes, order: (names: string[]) => string[] = (names) => names) {
  const tensors = new Map(
    order(Object.keys(shapes)).map((name): [string, CheckpointTensor] => {
      const shape = shapes[name] ?? [];
      return [name, { dtype: 'f32', shape, read: async () => ({ data: new Float32Array(), shape }) }];
    }),
  );
  return findTrunks(layersOf(tensors));
}

const prefixed = (shapes: Shapes, prefix: string): Shapes =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [prefix + name, shape]));

describe('findTrunks', () => {
  const plain: Shapes = { 'conv1.weight': [4, 3, 7, 7], ...norm('bn1', 4), ...stages(4) };

  test.each(['', 'enc.', 'a.b.c.'])("finds the stem's norm under '%s', also where the file is sorted by names", (prefix) => {
    const file = { ...prefixed(plain, prefix), 'age.weight': [3, 8], 'age.bias': [3], ...norm('zone', 4) };
    for (const order of [(names: string[]) => names, (names: string[]) => names.toSorted()]) {
      const [trunk] = trunksOf(file, order);
      expect(trunk?.stem.map(({ conv, norm: one }) => [conv.path, one?.path])).toEqual([[`${prefix}conv1`, `${prefix}bn1`]]);
    }
  });

  test.each([
    [4, 4, 8],
    [4, 4, 4],
    [3, 3, 6],
  ])('tells the three convolutions of a deep stem apart, %i-%i-%i', (a, b, c) => {
    const stem: Shapes = {
      'model.conv1.0.weight': [a, 3, 3, 3],
      ...norm('model.conv1.1', a),
      'model.conv1.3.weight': [b, a, 3, 3],
      ...norm('model.conv1.4', b),
      'model.conv1.6.weight': [c, b, 3, 3],
      ...norm('model.bn1', c),
    };
    const [trunk] = trunksOf({ ...stem, ...prefixed(stages(c), 'model.') });
    expect(trunk?.stem.map(({ conv, norm: one }) => [conv.path, one?.path])).toEqual([
      ['model.conv1.0', 'model.conv1.1'],
      ['model.conv1.3', 'model.conv1.4'],
      ['model.conv1.6', 'model.bn1'],
    ]);
  });

  test('a chain of convolutions without stages is none', () => {
    expect(trunksOf({ 'conv1.weight': [4, 3, 3, 3], 'conv2.weight': [4, 4, 3, 3], 'conv3.weight': [4, 4, 3, 3] })).toEqual([]);
  });
});
