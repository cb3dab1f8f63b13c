/** Exports single operations and runs them in the other runtimes. Compares with PyTorch if a reference case exists, otherwise with our references. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectClose, f32 } from '../../test/support/compare.ts';
import { runOnnx, runTfjs, runTflite } from '../../test/support/export-runtimes.ts';
import { readNpyTensor } from '../../test/support/npy.ts';
import type { Tensor } from '../api/types.ts';
import { GraphBuilder, type Weights } from '../graph/builder.ts';
import type { ConvAttributes, Graph, OpAttributes, OpInputs, OpName, PoolAttributes, Shape, WeightRole } from '../graph/types.ts';
import { ATTRIBUTES, BENDS } from '../kernels/epilogue.reference.ts';
import { noise } from '../kernels/lib/case.ts';
import type { ReferenceWeights } from '../kernels/lib/reference-common.ts';
import { computeNode } from '../kernels/references.ts';
import { type OpAttrs, opGraph } from '../testing/op-graph.ts';
import { type ExportWeights, toOnnx, toTfjsGraph, toTflite } from './index.ts';
import { LOWERINGS, unsupported } from './lower.ts';

const root = 'test/goldens/ops';

const tried = new Set<OpName>();

/** All exports of a graph with one output. */
async function compare(graph: Graph, weights: ExportWeights, inputs: Record<string, Tensor>, expected: Tensor): Promise<void> {
  for (const { op } of graph.nodes) tried.add(op);
  const onnx = await runOnnx(await toOnnx(graph, weights), inputs);
  const tfjs = await runTfjs(await toTfjsGraph(graph, weights), inputs);
  expectClose('ONNX', onnx.stage0, expected, f32());
  expectClose('TF.js', tfjs.stage0, expected, f32());
  const tflite = await runTflite(await toTflite(graph, weights), inputs);
  expectClose('TFLite', tflite.stage0, expected, f32());
}

describe('as PyTorch has it', () => {
  interface Case {
    op: string;
    attrs: OpAttrs;
    inputs: Record<string, { file: string }>;
    output: { file: string };
  }
  test.each(readdirSync(root))('%s', async (name) => {
    const { op, attrs, inputs, output }: Case = JSON.parse(readFileSync(`${root}/${name}/case.json`, 'utf8'));
    const tensor = (file: string) => readNpyTensor(readFileSync(`${root}/${name}/${file}`));
    const tensors = Object.fromEntries(Object.entries(inputs).map(([role, { file }]) => [role, tensor(file)]));
    const { graph, feeds, weights } = opGraph(op, attrs, tensors);
    const read = async (key: string) => weights.get(key) ?? { data: new Float32Array(), shape: [] };
    if (op === 'deform_conv2d') {
      await expect(toOnnx(graph, read)).rejects.toThrow('[deform_conv2d] operation deform_conv2d cannot be exported.');
      await expect(toTfjsGraph(graph, read)).rejects.toThrow('[deform_conv2d] operation deform_conv2d cannot be exported.');
      await expect(toTflite(graph, read)).rejects.toThrow('[deform_conv2d] operation deform_conv2d cannot be exported.');
      return;
    }
    const shapes = new Map(graph.nodes.map((node) => [node.name, node.shape]));
    const fed = Object.fromEntries([...feeds].map(([key, { data }]) => [key, { data, shape: shapes.get(key) ?? [] }]));
    const expected = tensor(output.file);
    await compare(graph, read, fed, { data: expected.data, shape: shapes.get(graph.outputs[0]?.node ?? '') ?? [] });
  });
});

interface Single<Op extends OpName> {
  op: Op;
  inputs: Shape[];
  attributes: OpAttributes[Op];
  weights?: Partial<Record<WeightRole, Shape>>;
  /** Values of the inputs are around it. */
  offset?: number;
  scale?: number;
}

/** Runs one operation on noise. */
async function check<Op extends OpName>({ op, inputs, attributes, weights = {}, offset = 0, scale = 1 }: Single<Op>): Promise<void> {
  const b = new GraphBuilder();
  const names = inputs.map((shape, i) => b.add('input', `x${i}`, [], { shape }));
  const specs: Weights = {};
  for (const [role, shape] of Object.entries(weights)) specs[role as WeightRole] = { shape };
  b.output({ kind: 'feature', stage: 0, node: b.add(op, 'layer', names as OpInputs[Op], attributes, specs) });
  const graph = b.build();
  const node = graph.nodes.find(({ name }) => name === 'layer');
  if (!node) throw new Error('the graph has no layer');
  const tensors = inputs.map((shape, i) => ({ data: noise(shape, i + 1, scale, offset), shape: [...shape] }));
  const values: ReferenceWeights = {};
  const byKey = new Map<string, Tensor>();
  for (const role of Object.keys(weights) as WeightRole[]) {
    const shape = [...(weights[role] ?? [])];
    const data = noise(shape, 10 + byKey.size, 0.5, 1);
    values[role] = data;
    byKey.set(node.weights[role]?.key ?? '', { data, shape });
  }
  const read = async (key: string) => byKey.get(key) ?? { data: new Float32Array(), shape: [] };
  const fed = Object.fromEntries(tensors.map((tensor, i) => [`x${i}`, tensor]));
  await compare(graph, read, fed, computeNode(node, tensors, values));
}

const plain: ConvAttributes = {
  outChannels: 6,
  kernel: [3, 3],
  stride: [1, 1],
  padding: [1, 1, 1, 1],
  dilation: [1, 1],
  groups: 1,
  bias: false,
};

function conv(attributes: Partial<ConvAttributes>, input: Shape = [2, 4, 9, 11], more: Partial<Record<WeightRole, Shape>> = {}) {
  const all = { ...plain, ...attributes };
  const weight = [all.outChannels, (input[1] ?? 0) / all.groups, ...all.kernel];
  return check({
    op: 'conv2d',
    inputs: [input],
    attributes: all,
    weights: { weight, ...(all.bias && { bias: [all.outChannels] }), ...more },
  });
}

describe('convolutions', () => {
  test.each<[string, Partial<ConvAttributes>]>([
    ['padding on one side', { padding: [0, 1, 2, 0] }],
    ['stride 2 on an odd map', { stride: [2, 2], bias: true }],
    ['stride and dilation', { stride: [2, 2], dilation: [2, 2], padding: [2, 2, 2, 2] }],
    ['stride and dilation, each one way', { stride: [1, 2], dilation: [2, 1], padding: [2, 1, 2, 1] }],
    ['1x7', { kernel: [1, 7], padding: [0, 3, 0, 3] }],
    ['groups', { groups: 2, stride: [2, 2], bias: true }],
    ['groups with stride and dilation', { groups: 2, stride: [2, 2], dilation: [2, 2], padding: [2, 2, 2, 2] }],
    ['depthwise', { groups: 4, outChannels: 4, bias: true }],
    ['depthwise, two filters a channel', { groups: 4, outChannels: 8, stride: [2, 2], padding: [1, 0, 1, 2] }],
    ['depthwise with dilation', { groups: 4, outChannels: 4, dilation: [2, 3], padding: [2, 3, 2, 3] }],
    ['weight standardisation', { standardize: { kind: 'ws', eps: 1e-5 } }],
    ["BiT's weight standardisation", { standardize: { kind: 'bit', eps: 1e-6 } }],
  ])('%s', (_, attributes) => conv(attributes));

  test('adaptive weight standardisation and a difference', () =>
    conv({ standardize: { kind: 'aws', eps: 1e-5 } }, [1, 4, 7, 7], { gamma: [6, 1, 1, 1], beta: [6, 1, 1, 1], diff: [6, 4, 3, 3] }));

  test('one channel', () => conv({ outChannels: 1 }, [2, 1, 5, 5]));

  test.each([3, 5])('along the channels, %d taps', (kernel) =>
    check({ op: 'channel_conv1d', inputs: [[2, 11, 1, 1]], attributes: { kernel }, weights: { weight: [1, 1, kernel] } }),
  );
});

describe('pooling', () => {
  const size = fc.integer({ min: 1, max: 4 });
  const pools = fc.record({
    kernel: fc.tuple(size, size),
    stride: fc.tuple(size, size),
    ceilMode: fc.boolean(),
    countIncludePad: fc.boolean(),
    pad: fc.tuple(fc.nat(2), fc.nat(2)),
    map: fc.tuple(fc.integer({ min: 4, max: 9 }), fc.integer({ min: 4, max: 9 })),
  });
  test.each(['max_pool2d', 'avg_pool2d'] as const)('%s, any window', async (op) => {
    const property = fc.asyncProperty(pools, async ({ pad, map, ...rest }) => {
      // PyTorch requires this: at most half of the window.
      const padding = [Math.min(pad[0], rest.kernel[0] >> 1), Math.min(pad[1], rest.kernel[1] >> 1)] as const;
      const attributes: PoolAttributes = { ...rest, padding };
      await check({ op, inputs: [[1, 3, ...map]], attributes, offset: -2 });
    });
    await fc.assert(property, { numRuns: 60, seed: 3 });
  });

  test('blur', async () => {
    for (const blur of [2, 3, 4, 5]) {
      for (const stride of [1, 2]) await check({ op: 'blur_pool', inputs: [[1, 5, 9, 8]], attributes: { size: blur, stride } });
    }
  });

  test('global', () => check({ op: 'global_avg_pool', inputs: [[2, 5, 7, 3]], attributes: {} }));

  test.each([
    { p: 3, eps: 1e-6, clamp: true, learned: true },
    { p: 2.5, eps: 1e-6, clamp: true, learned: false },
  ])('generalized mean %o', (attributes) =>
    check({ op: 'gem', inputs: [[2, 5, 4, 3]], attributes, weights: attributes.learned ? { p: [1] } : {} }),
  );
});

describe('norms', () => {
  const input: Shape = [2, 6, 5, 3];
  const affine = { weight: [6], bias: [6] };
  test('batch', () =>
    check({
      op: 'batch_norm',
      inputs: [input],
      attributes: { eps: 1e-5, affine: true },
      weights: { ...affine, running_mean: [6], running_var: [6] },
    }));
  test('batch, of vectors', () =>
    check({
      op: 'batch_norm',
      inputs: [[3, 6]],
      attributes: { eps: 1e-5, affine: true },
      weights: { ...affine, running_mean: [6], running_var: [6] },
    }));
  test.each([1, 2, 3, 6])('group, %d groups', (groups) =>
    check({ op: 'group_norm', inputs: [input], attributes: { groups, eps: 1e-5, affine: true }, weights: affine }),
  );
  test('instance', () => check({ op: 'instance_norm', inputs: [input], attributes: { eps: 1e-5, affine: false } }));
  test('layer, over channels', () =>
    check({ op: 'layer_norm', inputs: [input], attributes: { over: 'channels', eps: 1e-6, affine: true }, weights: affine }));
  test('layer, over everything', () =>
    check({
      op: 'layer_norm',
      inputs: [input],
      attributes: { over: 'all', eps: 1e-6, affine: true },
      weights: { weight: [6, 5, 3], bias: [6, 5, 3] },
    }));
});

describe('split attention', () => {
  test.each([
    [1, 1],
    [2, 1],
    [2, 3],
    [4, 2],
  ])('radix %d, %d groups', async (radix, groups) => {
    const channels = radix * groups * 2;
    await check({ op: 'radix_sum', inputs: [[2, channels, 3, 5]], attributes: { radix } });
    await check({ op: 'radix_softmax', inputs: [[2, channels, 1, 1]], attributes: { radix, groups } });
    const inputs = [
      [2, channels, 3, 5],
      [2, channels, 1, 1],
    ];
    await check({ op: 'radix_apply', inputs, attributes: { radix } });
  });
});

const map: Shape = [2, 4, 5, 3];

describe('elementwise', () => {
  test.each(BENDS)('%s', (op) => check({ op, inputs: [map], attributes: ATTRIBUTES[op], scale: 8 }));
  test.each([1, map[1] ?? 1])('prelu with %d slopes', (count) =>
    check({ op: 'prelu', inputs: [map], attributes: {}, weights: { weight: [count] } }),
  );
  test('layer_norm and prelu of vectors', async () => {
    await check({
      op: 'layer_norm',
      inputs: [[2, 5]],
      attributes: { over: 'channels', eps: 1e-5, affine: true },
      weights: { weight: [5], bias: [5] },
    });
    await check({ op: 'prelu', inputs: [[2, 5]], attributes: {}, weights: { weight: [5] } });
  });
  test('add', () => check({ op: 'add', inputs: [map, map], attributes: {} }));
  test('mul', () => check({ op: 'mul', inputs: [map, [2, 4, 1, 1]], attributes: {} }));
  test('add_broadcast', () => check({ op: 'add_broadcast', inputs: [map, [2, 1, 5, 3]], attributes: {} }));
  test('add_broadcast, three axes', () => {
    const inputs = [
      [2, 5, 1],
      [2, 5, 4],
    ];
    return check({ op: 'add_broadcast', inputs, attributes: {} });
  });
  test.each([1, map[1] ?? 1])('mul_broadcast with %d channels', async (channels) => {
    await check({ op: 'mul_broadcast', inputs: [map, [2, channels, 5, 3]], attributes: {} });
    await check({ op: 'mul_broadcast', inputs: [map, [2, channels, 5, 1]], attributes: {} });
  });
  test.each([true, false])('channel_pool, averaged: %s', (average) =>
    check({ op: 'channel_pool', inputs: [map], attributes: { average } }),
  );
  test('evo_norm', () =>
    check({ op: 'evo_norm', inputs: [map], attributes: { groups: 2, eps: 1e-5 }, weights: { weight: [4], bias: [4], v: [4] } }));
  test('filter_response_norm', () =>
    check({ op: 'filter_response_norm', inputs: [map], attributes: { eps: 1e-5 }, weights: { weight: [4], bias: [4], tau: [4] } }));
  test.each([11, 2])('ECA round %d channels', (channels) => {
    const attributes = { kernel: 5, circular: true };
    return check({ op: 'channel_conv1d', inputs: [[2, channels, 1, 1]], attributes, weights: { weight: [1, 1, 5] } });
  });
  test('blend', () => check({ op: 'blend', inputs: [map, map, [2, 1, 5, 3]], attributes: {} }));
  test('scale', () => check({ op: 'scale', inputs: [map], attributes: {}, weights: { weight: [1] } }));
});

describe('layout', () => {
  test('slice', () => check({ op: 'slice', inputs: [map], attributes: { start: 1, length: 2 } }));
  test('concat', () => check({ op: 'concat', inputs: [map, [2, 3, 5, 3]], attributes: {} }));
  test('concat_batch', () => check({ op: 'concat_batch', inputs: [map, map, map], attributes: {} }));
  test('zero_pad', () => check({ op: 'zero_pad', inputs: [map], attributes: { padding: [0, 1, 2, 3] } }));
  test('reflect_pad', () => check({ op: 'reflect_pad', inputs: [map], attributes: { padding: [3, 0, 1, 2] } }));
  test.each([
    { stride: [2, 2] as const, outChannels: 4 },
    { stride: [2, 2] as const, outChannels: 9 },
    { stride: [1, 3] as const, outChannels: 8 },
  ])('shortcut_a %o', (attributes) => check({ op: 'shortcut_a', inputs: [map], attributes }));
  test.each([
    [10, 6],
    [3, 2],
    [1, 1],
    [7, 3],
  ])('bilinear to %dx%d', (h, w) => check({ op: 'bilinear', inputs: [map], attributes: { size: [h, w] } }));
});

describe('attention', () => {
  test.each([0, 1, 2, 3])('softmax over axis %d', (dim) => check({ op: 'softmax', inputs: [map], attributes: { dim } }));
  test('log_softmax', () => check({ op: 'softmax', inputs: [[2, 5]], attributes: { dim: 1, log: true } }));
  test('softmax of rows', () => check({ op: 'softmax', inputs: [[2, 5, 4]], attributes: { dim: 2 } }));
  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('matmul, transposed %s, %s', async (transposeA, transposeB) => {
    for (const lead of [[2], [2, 3]]) {
      const inputs = [
        [...lead, ...(transposeA ? [4, 5] : [5, 4])],
        [...lead, ...(transposeB ? [3, 4] : [4, 3])],
      ];
      await check({ op: 'matmul', inputs, attributes: { transposeA, transposeB, scale: 0.5 } });
    }
  });
  test.each([
    [2, 4, 15],
    [2, 2, 2, 15],
    [2, 60, 1, 1],
    [2, 1, 60],
  ])('reshape to %d, %d, %d …', (...shape) => check({ op: 'reshape', inputs: [map], attributes: { shape } }));
});

test('every operation that has an export is tried above', () => {
  const exported = (Object.keys(LOWERINGS) as (keyof typeof LOWERINGS)[]).filter((op) => LOWERINGS[op] !== unsupported);
  expect(exported.filter((op) => !tried.has(op))).toEqual([]);
});
