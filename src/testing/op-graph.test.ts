import { describe, expect, test } from 'vitest';
import type { Tensor } from '../api/types.ts';
import { ResnetError } from '../util/errors.ts';
import { type OpAttrs, opGraph } from './op-graph.ts';

const ones = (...shape: number[]): Tensor => ({ data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1), shape });
const x = ones(2, 6, 7, 8);

/** The computing node, and the shape of the result. */
function build(op: string, attrs: OpAttrs, tensors: Record<string, Tensor>) {
  const { graph, shape, weights, feeds } = opGraph(op, attrs, tensors);
  const node = graph.nodes.at(-1);
  if (!node) throw new Error('no node');
  const fed = Object.fromEntries([...feeds.keys()].map((name) => [name, graph.nodes.find((n) => n.name === name)?.shape]));
  return { attributes: node.attributes, weights, shape, fed };
}

/** Code and text of the error that a call throws. */
function refusal(op: string, attrs: OpAttrs, tensors: Record<string, Tensor>): string {
  try {
    opGraph(op, attrs, tensors);
  } catch (error) {
    if (error instanceof ResnetError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('was accepted');
}

describe('attributes', () => {
  const filter = { x, weight: ones(4, 6, 3, 3) };

  test('unknown ones are refused with those that exist', () => {
    expect(refusal('conv2d', { strides: 2 }, filter)).toBe(
      'usage: [conv2d] takes no attribute strides. It takes stride, padding, dilation, groups.',
    );
    expect(refusal('max_pool2d', { kernel: 2, dilation: 2 }, { x })).toBe(
      'usage: [max_pool2d] takes no attribute dilation. It takes kernel or kernel_size, stride, padding, ceil_mode.',
    );
    expect(refusal('relu', { inplace: true }, { x })).toBe('usage: [relu] takes no attribute inplace. It takes no attributes.');
    expect(refusal('conv2d', { toString: 1 }, filter)).toContain('usage: [conv2d] takes no attribute toString.');
  });

  test('unknown tensors are refused, missing ones are named', () => {
    expect(refusal('instance_norm', {}, { x, running_mean: ones(6) })).toBe(
      'usage: [instance_norm] takes no tensor running_mean. It takes x, weight, bias.',
    );
    expect(refusal('batch_norm', {}, { x, running_mean: ones(6) })).toBe(
      'usage: [running_var] batch_norm needs the tensor running_var. Pass it in inputs.',
    );
  });

  test('unknown operations are refused, inherited names too', () => {
    expect(refusal('conv3d', {}, {})).toContain('usage: [op] there is no operation "conv3d". Known operations: conv2d,');
    expect(refusal('constructor', {}, {})).toContain('usage: [op] there is no operation "constructor".');
  });

  test.each<[string, OpAttrs, OpAttrs, Record<string, Tensor>]>([
    ['max_pool2d', { kernel_size: [3, 2] }, { kernel: [3, 2] }, { x }],
    ['group_norm', { groups: 3 }, { num_groups: 3 }, { x }],
    ['bilinear', { output_size: [3, 4], align_corners: false }, { size: [3, 4] }, { x }],
    ['reflect_pad', { padding: 2 }, { pad: 2 }, { x }],
    ['layer_norm', { normalized_shape: 8 }, { normalized_shape: [8] }, { x }],
  ])('%s takes synonyms', (op, synonym, own, tensors) => {
    expect(build(op, synonym, tensors)).toEqual(build(op, own, tensors));
  });

  test('a name and its synonym together are refused', () => {
    expect(refusal('avg_pool2d', { kernel: 2, kernel_size: 2 }, { x })).toBe(
      'usage: [avg_pool2d] kernel_size is given twice, once as its synonym. Pass one of the two.',
    );
  });

  test('absent ones have the defaults of PyTorch', () => {
    expect(build('avg_pool2d', { kernel: [2, 3] }, { x }).attributes).toEqual({
      kernel: [2, 3],
      stride: [2, 3],
      padding: [0, 0],
      ceilMode: false,
      countIncludePad: true,
    });
    expect(build('gem', {}, { x }).attributes).toEqual({ p: 3, eps: 1e-6, clamp: true, learned: false });
    expect(build('instance_norm', {}, { x }).attributes).toEqual({ eps: 1e-5, affine: false });
    expect(build('softmax', {}, { x }).attributes).toEqual({ dim: 3 });
  });

  test.each<[string, OpAttrs, Record<string, Tensor>, string]>([
    ['conv2d', { stride: 0 }, filter, 'stride must be a whole number of at least 1 or a pair of them, not 0.'],
    ['conv2d', { padding: -1 }, filter, 'padding must be a whole number of at least 0 or a pair of them, not -1.'],
    ['conv2d', { padding: [0, 1, 1, 2] }, filter, 'padding must be a whole number of at least 0 or a pair of them, not [0, 1, 1, 2].'],
    ['conv2d', { padding: [1] }, filter, 'padding must be a whole number of at least 0 or a pair of them, not [1].'],
    ['conv2d', { padding: 'full' }, filter, "padding must be a number, a pair, 'same' or 'valid', not 'full'."],
    ['conv2d', { padding: 'same', stride: 2 }, filter, "padding 'same' needs stride 1, not 2x2."],
    ['conv2d', { dilation: 1.5 }, filter, 'dilation must be a whole number of at least 1 or a pair of them, not 1.5.'],
    ['conv2d', { groups: [2, 3] }, filter, 'groups must be a whole number of at least 1, not [2, 3].'],
    ['max_pool2d', {}, { x }, 'kernel is missing.'],
    ['max_pool2d', { kernel: 0 }, { x }, 'kernel must be a whole number of at least 1 or a pair of them, not 0.'],
    ['max_pool2d', { kernel: 2, ceil_mode: 1 }, { x }, 'ceil_mode must be true or false, not 1.'],
    ['batch_norm', { eps: Number.NaN }, { x, running_mean: ones(6), running_var: ones(6) }, 'eps must be a number of at least 0, not NaN.'],
    ['group_norm', {}, { x }, 'num_groups is missing.'],
    ['bilinear', { size: 4, align_corners: true }, { x }, 'align_corners can only be false.'],
    ['reflect_pad', { pad: [1, 2] }, { x }, 'pad must be one whole number or [left, right, top, bottom], not [1, 2].'],
    ['reflect_pad', { pad: [1] }, { x }, 'pad must be one whole number or [left, right, top, bottom], not [1].'],
    ['shortcut_a', {}, { x }, 'out_channels is missing.'],
    ['softmax', { dim: 4 }, { x }, 'dim must be from -4 to 3, not 4.'],
    ['softmax', { dim: -5 }, { x }, 'dim must be from -4 to 3, not -5.'],
    ['layer_norm', {}, { x }, 'normalized_shape is missing.'],
    ['gem', { p: 2 }, { x, p: ones(1) }, 'p is given as attribute and as tensor.'],
    ['gem', { p: 0 }, { x }, 'p must not be 0.'],
  ])('%s %j is refused', (op, attrs, tensors, what) => {
    expect(refusal(op, attrs, tensors)).toContain(`usage: [${op}] ${what}`);
  });
});

describe('padding', () => {
  test("'same' puts an odd total after the map, 'valid' is none", () => {
    const padded = (padding: string, kernel: [number, number]) =>
      build('conv2d', { padding, dilation: [1, 3] }, { x, weight: ones(4, 6, ...kernel) });
    expect(padded('same', [4, 2])).toMatchObject({ attributes: { padding: [1, 1, 2, 2] }, shape: [2, 4, 7, 8] });
    expect(padded('valid', [4, 2])).toMatchObject({ attributes: { padding: [0, 0, 0, 0] }, shape: [2, 4, 4, 5] });
  });

  test('reflect_pad takes [left, right, top, bottom]', () => {
    const { attributes, shape } = build('reflect_pad', { pad: [1, 2, 3, 4] }, { x });
    expect(attributes).toEqual({ padding: [3, 1, 4, 2] });
    expect(shape).toEqual([2, 6, 14, 11]);
  });
});

describe('shapes', () => {
  test('linear keeps leading axes', () => {
    const weight = ones(3, 5);
    expect(build('linear', {}, { x: ones(2, 4, 5), weight })).toMatchObject({ shape: [2, 4, 3], fed: { x: [8, 5, 1, 1] } });
    expect(build('linear', {}, { x: ones(5), weight })).toMatchObject({ shape: [3], fed: { x: [1, 5, 1, 1] } });
  });

  test('norms take any [n, c, ...]', () => {
    const statistics = { running_mean: ones(5), running_var: ones(5) };
    expect(build('batch_norm', {}, { x: ones(3, 5), ...statistics })).toMatchObject({ shape: [3, 5], fed: { x: [3, 5, 1, 1] } });
    expect(build('instance_norm', {}, { x: ones(3, 5, 7) })).toMatchObject({ shape: [3, 5, 7], fed: { x: [3, 5, 7, 1] } });
  });

  test('layer_norm needs no weight, and takes several axes', () => {
    expect(build('layer_norm', { normalized_shape: [7, 8] }, { x })).toMatchObject({
      shape: x.shape,
      fed: { x: [12, 56, 1, 1] },
      attributes: { affine: false },
    });
    expect(build('layer_norm', {}, { x, weight: ones(8) }).fed).toEqual({ x: [84, 8, 1, 1] });
  });

  test('a norm with one of weight and bias gets the other', () => {
    const { weights, attributes } = build('layer_norm', {}, { x, weight: ones(7, 8) });
    expect(weights.get('bias')).toEqual({ data: new Float32Array(56), shape: [56] });
    expect(attributes).toMatchObject({ affine: true });
    expect(build('group_norm', { num_groups: 2 }, { x, bias: ones(6) }).weights.get('weight')).toEqual(ones(6));
  });

  test('values of other ranks and of many rows become one image', () => {
    expect(build('relu', {}, { x: ones(70000) })).toMatchObject({ shape: [70000], fed: { x: [1, 4, 1, 17500] } });
    expect(build('relu', {}, { x: ones(70000, 1, 1, 1) }).fed).toEqual({ x: [1, 4, 1, 17500] });
    expect(build('sigmoid', {}, { x: ones(3, 33) }).fed).toEqual({ x: [1, 11, 1, 9] });
    expect(build('add', {}, { a: ones(7), b: ones(7) }).fed).toEqual({ a: [1, 7, 1, 1], b: [1, 7, 1, 1] });
    expect(build('relu', {}, { x: ones(70001) }).fed).toEqual({ x: [1, 1, 1, 70001] });
    expect(build('relu', {}, { x }).fed).toEqual({ x: x.shape });
  });

  test('gem takes its exponent as a tensor', () => {
    const { attributes, weights } = build('gem', { clamp: false }, { x, p: ones(1) });
    expect(attributes).toMatchObject({ learned: true, clamp: false });
    expect(weights.has('p')).toBe(true);
  });

  test('deform_conv2d counts its groups by its offsets', () => {
    const tensors = { x, weight: ones(4, 6, 3, 3), offset: ones(2, 36, 5, 6) };
    expect(build('deform_conv2d', {}, tensors).attributes).toMatchObject({ deformGroups: 2 });
    expect(build('deform_conv2d', { deformable_groups: 2 }, tensors).attributes).toMatchObject({ deformGroups: 2 });
  });

  const filter = ones(4, 6, 3, 3);
  test.each<[string, OpAttrs, Record<string, Tensor>, string]>([
    [
      'linear',
      {},
      { x: ones(2, 4), weight: ones(3, 5) },
      '[weight] has shape [3, 5], but x has 4 and weight 3 features. Pass a tensor of shape [3, 4].',
    ],
    ['linear', {}, { x: ones(2, 5), weight: ones(3, 5), bias: ones(5) }, '[bias] has shape [5]'],
    ['linear', {}, { x: ones(2, 5), weight: ones(5) }, '[linear] cannot multiply x [2, 5] by weight [5].'],
    [
      'conv2d',
      {},
      { x, weight: ones(4, 3, 3, 3) },
      '[weight] has shape [4, 3, 3, 3], which does not fit 6 input channels in 1 groups. Pass a tensor of shape [4, 6, 3, 3].',
    ],
    ['conv2d', { groups: 4 }, { x, weight: ones(4, 1, 3, 3) }, '[weight] has shape [4, 1, 3, 3]'],
    ['conv2d', {}, { x, weight: filter, bias: ones(3) }, '[bias] has shape [3], but weight has 4 output channels.'],
    ['conv2d', {}, { x: ones(6, 7, 8), weight: filter }, '[x] has shape [6, 7, 8], but conv2d needs [n, c, h, w].'],
    ['deform_conv2d', {}, { x, weight: filter, offset: ones(1, 18, 5, 6) }, '[offset] has shape [1, 18, 5, 6]'],
    ['deform_conv2d', {}, { x, weight: filter, offset: ones(2, 18, 5, 6), mask: ones(2, 8, 5, 6) }, '[mask] has shape [2, 8, 5, 6]'],
    ['batch_norm', {}, { x, running_mean: ones(5), running_var: ones(6) }, '[running_mean] has shape [5], but x has 6 channels.'],
    ['group_norm', { num_groups: 2 }, { x, weight: ones(7), bias: ones(6) }, '[weight] has shape [7]'],
    ['group_norm', { num_groups: 4 }, { x }, '[group_norm] 6 channels cannot be split into 4 groups.'],
    ['layer_norm', {}, { x, weight: ones(7) }, '[weight] normalises over [7], but x [2, 6, 7, 8] ends in [8].'],
    ['layer_norm', { normalized_shape: [8] }, { x, weight: ones(7) }, '[weight] has shape [7]'],
    ['gem', {}, { x, p: ones(2) }, '[p] has shape [2], but the exponent is one number.'],
    ['add', {}, { a: ones(2, 3), b: ones(3, 2) }, '[b] has shape [3, 2], but a has [2, 3] and add does not broadcast.'],
    ['matmul', {}, { a: ones(2, 3, 5), b: ones(5, 4) }, '[matmul] cannot multiply [2, 3, 5] by [5, 4]: both need'],
    ['matmul', {}, { a: ones(3, 5), b: ones(4, 5) }, '[matmul] cannot multiply [3, 5] by [4, 5]: rows of a have 5 values, columns of b 4.'],
    ['relu', {}, { x: ones(0, 5) }, '[x] has shape [0, 5]. Every axis needs a size of at least 1.'],
    ['relu', {}, { x: { data: new Float32Array(5), shape: [2, 3] } }, '[x] has 5 values, but [2, 3] takes 6.'],
  ])('%s %j is refused', (op, attrs, tensors, what) => {
    expect(refusal(op, attrs, tensors)).toContain(`shape: ${what}`);
  });

  test('rows beyond the grid are refused', () => {
    expect(refusal('layer_norm', { normalized_shape: 8 }, { x: ones(70000, 8) })).toBe(
      'device-limits: [x] has 70000 rows of 8 channels, but layer_norm takes at most 65535. Split it into several calls.',
    );
    expect(refusal('linear', {}, { x: ones(2, 20000, 64), weight: ones(2, 64) })).toContain('linear takes at most 32767.');
    expect(refusal('matmul', {}, { a: ones(65536, 1, 1), b: ones(65536, 1, 1) })).toContain(
      'has 65536 products, but at most 65535 are possible.',
    );
  });
});
