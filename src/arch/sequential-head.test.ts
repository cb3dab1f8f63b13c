/** Heads with arbitrary layers, compared with plain arithmetic on vectors. */
import { describe, expect, test } from 'vitest';
import { runGraph } from '../../test/support/run-graph.ts';
import type { CheckpointTensor } from '../checkpoint/types.ts';
import { product } from '../graph/shape.ts';
import type { Graph } from '../graph/types.ts';
import { noise } from '../kernels/lib/case.ts';
import { buildGraph } from './graph.ts';
import { resolveArch } from './index.ts';

const backbone = {
  type: 'ResNet',
  depth: 18,
  num_stages: 1,
  strides: [1],
  dilations: [1],
  out_indices: [0],
  base_channels: 4,
  stem_channels: 4,
};
const classifier = (layers: object[], neck: object = { type: 'GlobalAveragePooling' }) => ({
  type: 'ImageClassifier' as const,
  backbone,
  neck: neck as { type: string },
  head: { type: 'SequentialHead', layers },
});

type Vectors = Record<string, Float32Array>;

/** Weights of noise. Variances are positive. */
function weightsOf(graph: Graph): Vectors {
  const found: Vectors = {};
  for (const node of graph.nodes)
    for (const { key, shape } of Object.values(node.weights))
      found[key] = noise(shape, Object.keys(found).length + 1, 0.5, /running_var|\.p$/.test(key) ? 1 : 0);
  return found;
}

/** Computes the pooled vector and the logits of a graph from noise. */
async function run(graph: Graph, weights: Vectors): Promise<{ map: number[][]; logits: number[]; node: (name: string) => number[] }> {
  const get = (key: string): CheckpointTensor => {
    const data = weights[key] ?? new Float32Array();
    return { dtype: 'f32', shape: [data.length], read: async () => ({ data, shape: [data.length] }) };
  };
  const shape = graph.nodes[0]?.shape ?? [];
  const values = await runGraph(graph, { get }, { data: noise(shape, 99), shape: [...shape] });
  const node = (name: string) => [...(values.get(name)?.data ?? [])];
  const at = (kind: string) => graph.outputs.find((output) => output.kind === kind)?.node ?? '';
  const feature = values.get(at('feature'));
  const area = product(feature?.shape.slice(2) ?? []);
  const map = Array.from({ length: feature?.shape[1] ?? 0 }, (_, c) => [...(feature?.data.subarray(c * area, (c + 1) * area) ?? [])]);
  return { map, logits: node(at('logits')), node };
}

const average = (map: number[][]) => map.map((values) => values.reduce((a, b) => a + b, 0) / values.length);
const largest = (map: number[][]) => map.map((values) => Math.max(...values));
const linear = (x: number[], weight: Float32Array, bias?: Float32Array) =>
  Array.from({ length: weight.length / x.length }, (_, o) =>
    x.reduce((sum, v, i) => sum + v * (weight[o * x.length + i] ?? 0), bias?.[o] ?? 0),
  );

function close(got: number[], wanted: number[]): void {
  expect(got.length).toBe(wanted.length);
  got.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i] ?? Number.NaN, 5);
  });
}

const w = (weights: Vectors, layer: number, role = 'weight') => weights[`head.layers.${layer}.${role}`] ?? new Float32Array();

describe('a SequentialHead', () => {
  test('runs linear layers, norms and dropout in order', async () => {
    const layers = [
      { type: 'BatchNorm1d', eps: 1e-3 },
      { type: 'Dropout', p: 0.5 },
      { type: 'Linear', out_features: 6, bias: false },
      { type: 'ReLU', inplace: true },
      { type: 'LayerNorm', normalized_shape: 6 },
      { type: 'Linear', in_features: 6, out_features: 3 },
    ];
    const graph = buildGraph(classifier(layers), [1, 3, 32, 32]);
    const weights = weightsOf(graph);
    const { map, logits } = await run(graph, weights);
    const normal = average(map).map(
      (x, c) =>
        ((x - (w(weights, 0, 'running_mean')[c] ?? 0)) / Math.sqrt((w(weights, 0, 'running_var')[c] ?? 0) + 1e-3)) *
          (w(weights, 0)[c] ?? 0) +
        (w(weights, 0, 'bias')[c] ?? 0),
    );
    const hidden = linear(normal, w(weights, 2)).map((x) => Math.max(x, 0));
    const mean = hidden.reduce((a, b) => a + b, 0) / 6;
    const deviation = Math.sqrt(hidden.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 6 + 1e-5);
    const layered = hidden.map((x, c) => ((x - mean) / deviation) * (w(weights, 4)[c] ?? 0) + (w(weights, 4, 'bias')[c] ?? 0));
    close(logits, linear(layered, w(weights, 5), w(weights, 5, 'bias')));
    expect(weights['head.layers.2.bias']).toBeUndefined();
  });

  test.each<[object, (x: number) => number]>([
    [{ type: 'ReLU' }, (x) => Math.max(x, 0)],
    [{ type: 'LeakyReLU', negative_slope: 0.2 }, (x) => (x > 0 ? x : 0.2 * x)],
    [{ type: 'LeakyReLU' }, (x) => (x > 0 ? x : 0.01 * x)],
    [{ type: 'ELU' }, (x) => (x > 0 ? x : Math.exp(x) - 1)],
    [{ type: 'Tanh' }, Math.tanh],
    [{ type: 'Sigmoid' }, (x) => 1 / (1 + Math.exp(-x))],
    [{ type: 'SiLU' }, (x) => x / (1 + Math.exp(-x))],
    [{ type: 'Identity' }, (x) => x],
  ])('has %o', async (layer, of) => {
    const layers = [{ type: 'Linear', out_features: 5 }, layer, { type: 'Linear', out_features: 2 }];
    const graph = buildGraph(classifier(layers), [1, 3, 32, 32]);
    const weights = weightsOf(graph);
    const { map, logits } = await run(graph, weights);
    const hidden = linear(average(map), w(weights, 0), w(weights, 0, 'bias'));
    expect(hidden.some((x) => x < 0) && hidden.some((x) => x > 0)).toBe(true);
    close(logits, linear(hidden.map(of), w(weights, 2), w(weights, 2, 'bias')));
  });

  test.each([1, 5])('has PReLU with %d slopes', async (count) => {
    const layers = [
      { type: 'Linear', out_features: 5 },
      { type: 'PReLU', num_parameters: count },
    ];
    const graph = buildGraph(classifier(layers), [1, 3, 32, 32]);
    const weights = weightsOf(graph);
    const { map, logits } = await run(graph, weights);
    const slope = (i: number) => w(weights, 1)[count === 1 ? 0 : i] ?? 0;
    close(
      logits,
      linear(average(map), w(weights, 0), w(weights, 0, 'bias')).map((x, i) => (x > 0 ? x : slope(i) * x)),
    );
  });

  test.each([
    ['LogSoftmax', 'softmax'],
    ['Softmax', 'none'],
  ])('ends in %s, whose scores are %s', async (type, scores) => {
    const arch = classifier([
      { type: 'Linear', out_features: 4 },
      { type, dim: 1 },
    ]);
    const graph = buildGraph(arch, [1, 3, 32, 32]);
    const weights = weightsOf(graph);
    const { map, logits } = await run(graph, weights);
    const raw = linear(average(map), w(weights, 0), w(weights, 0, 'bias'));
    const sum = raw.reduce((total, x) => total + Math.exp(x), 0);
    close(
      logits,
      raw.map((x) => (type === 'Softmax' ? Math.exp(x) / sum : x - Math.log(sum))),
    );
    expect((await resolveArch(arch)).scores).toBe(scores);
  });

  test('takes the number of classes for its last linear layer', async () => {
    const arch = classifier([
      { type: 'Linear', out_features: 6 },
      { type: 'Linear', out_features: 4 },
    ]);
    expect((await resolveArch(arch)).classes).toBe(4);
    const own = await resolveArch(arch, { numClasses: 9 });
    expect(own.classes).toBe(9);
    expect(own.build([1, 3, 32, 32]).nodes.at(-1)?.shape).toEqual([1, 9]);
    expect(own.build([1, 3, 32, 32]).nodes.at(-2)?.shape).toEqual([1, 6]);
  });

  test('refuses what it does not know', () => {
    const refusal = (layers: object[]) => () => buildGraph(classifier(layers), [1, 3, 32, 32]);
    expect(refusal([{ type: 'ReLU' }])).toThrow('have no Linear among them');
    expect(refusal([{ type: 'Linear', out_features: 2 }, { type: 'LSTM' }])).toThrow('LSTM');
    expect(refusal([{ type: 'Linear', out_features: 2, width: 3 }])).toThrow('width');
  });
});

describe('pooling', () => {
  test.each([
    [{ type: 'ConcatPooling' }, (map: number[][]) => [...largest(map), ...average(map)]],
    [{ type: 'ConcatPooling', first: 'avg' }, (map: number[][]) => [...average(map), ...largest(map)]],
    [{ type: 'GlobalMaxPooling' }, largest],
  ])('%o', async (neck, pool) => {
    const graph = buildGraph(classifier([{ type: 'Linear', out_features: 2 }], neck), [1, 3, 40, 32]);
    const weights = weightsOf(graph);
    const { map, logits } = await run(graph, weights);
    close(logits, linear(pool(map), w(weights, 0), w(weights, 0, 'bias')));
  });
});

describe('scores', () => {
  test('of one logit are sigmoids', async () => {
    const head = { type: 'LinearClsHead', num_classes: 1, bias: false };
    const arch = { type: 'ImageClassifier' as const, backbone, neck: { type: 'GlobalAveragePooling' }, head };
    const { scores, build } = await resolveArch(arch);
    expect(scores).toBe('sigmoid');
    expect(Object.keys(build([1, 3, 32, 32]).nodes.at(-1)?.weights ?? {})).toEqual(['weight']);
    expect((await resolveArch({ library: 'torchvision', entrypoint: 'resnet18', num_classes: 1 })).scores).toBe('sigmoid');
  });
});

test.each(['torchvision', 'timm'] as const)('num_classes 0 of %s is a backbone', async (library) => {
  const arch = await resolveArch({ library, entrypoint: 'resnet18', num_classes: 0 });
  expect(arch.classes).toBeUndefined();
  expect(arch.build([1, 3, 64, 64]).outputs.map(({ kind }) => kind)).toEqual(['feature', 'feature', 'feature', 'feature']);
});
