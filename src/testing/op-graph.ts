/** Makes a graph of one operation from PyTorch-style arguments, and checks them like PyTorch. Pure. */

import type { Tensor } from '../api/types.ts';
import type { Weights } from '../graph/builder.ts';
import { inferShape } from '../graph/ops.ts';
import { product } from '../graph/shape.ts';
import type { ConvAttributes, Graph, OpAttributes, OpInputs, Padding, PoolAttributes } from '../graph/types.ts';
import { ResnetError } from '../util/errors.ts';
import { type OpAttrs, requireShape, type Signature } from './op-arguments.ts';
import { MAX_IMAGES, OpBuilder } from './op-builder.ts';

export type { OpAttrs } from './op-arguments.ts';

export interface OpGraph {
  graph: Graph;
  /** Tensors that become inputs, by node name. */
  feeds: Map<string, Tensor>;
  /** Tensors that become weights, by key. */
  weights: Map<string, Tensor>;
  /** Shape of the result. The graph's own shape may be flattened. */
  shape: number[];
}

function convPadding(b: OpBuilder, { kernel, stride, dilation }: Pick<ConvAttributes, 'kernel' | 'stride' | 'dilation'>): Padding {
  const value = b.raw('padding');
  if (value === 'valid') return [0, 0, 0, 0];
  if (value === 'same') {
    if (stride.some((step) => step !== 1)) b.refuse('padding', `'same' needs stride 1, not ${stride.join('x')}.`, 'Pass numbers.');
    // If the total is odd, the extra row and column come after the map, as in torch.
    const [y, x] = [dilation[0] * (kernel[0] - 1), dilation[1] * (kernel[1] - 1)];
    return [Math.floor(y / 2), Math.floor(x / 2), Math.ceil(y / 2), Math.ceil(x / 2)];
  }
  if (typeof value === 'string') b.refuse('padding', `must be a number, a pair, 'same' or 'valid', not '${value}'.`, 'Check attrs.');
  const [y, x] = b.pair('padding', 0, 0);
  return [y, x, y, x];
}

function conv(b: OpBuilder): [ConvAttributes, Weights] {
  const { shape } = b.tensor('weight');
  const [outChannels = 0, groupIn = 0, kh = 1, kw = 1] = shape;
  const [, c = 0] = b.tensor('x').shape;
  const groups = b.integer('groups', 1, 1);
  if (shape.length !== 4 || groupIn * groups !== c) {
    const needed = shape.length === 4 && c % groups === 0 ? `[${outChannels}, ${c / groups}, ${kh}, ${kw}]` : '[out, in / groups, kh, kw]';
    throw new ResnetError('shape', `has shape [${shape.join(', ')}], which does not fit ${c} input channels in ${groups} groups.`, {
      layer: 'weight',
      hint: `Pass a tensor of shape ${needed}.`,
    });
  }
  const window = { kernel: [kh, kw] as const, stride: b.pair('stride', 1, 1), dilation: b.pair('dilation', 1, 1) };
  const attributes = { outChannels, ...window, padding: convPadding(b, window), groups, bias: b.has('bias') };
  return [attributes, b.roles({ weight: shape, bias: [outChannels] }, `weight has ${outChannels} output channels`)];
}

function pool(b: OpBuilder): PoolAttributes {
  const kernel = b.pair('kernel', 1);
  return {
    kernel,
    stride: b.pair('stride', 1, kernel),
    padding: b.pair('padding', 0, 0),
    ceilMode: b.boolean('ceil_mode', false),
    countIncludePad: b.op === 'max_pool2d' || b.boolean('count_include_pad', true),
  };
}

function channelNorm(b: OpBuilder): [x: string, attributes: { eps: number; affine: boolean }, weights: Weights] {
  const x = b.feedChannels('x');
  const channels = b.graph.channels(x);
  const attributes = { eps: b.number('eps', 1e-5, 0), affine: b.has('weight') || b.has('bias') };
  return [x, attributes, b.affine([channels], `x has ${channels} channels`)];
}

interface Operation extends Signature {
  /** Builds the nodes and returns the last one's name. */
  build(b: OpBuilder): string;
}

const CONV = ['stride', 'padding', 'dilation', 'groups'];
const POOL = ['kernel|kernel_size', 'stride', 'padding', 'ceil_mode'];
const FILTER = ['x', 'weight', 'bias?'];
const NORM = ['x', 'weight?', 'bias?'];

/** docs/testing.md lists them. */
const OPS: Record<string, Operation> = {
  conv2d: {
    attrs: CONV,
    tensors: FILTER,
    build: (b) => b.graph.add('conv2d', 'conv2d', [b.feedMap('x')], ...conv(b)),
  },
  conv_ws2d: {
    attrs: [...CONV, 'eps'],
    tensors: FILTER,
    build: (b) => {
      const x = b.feedMap('x');
      const [attributes, weights] = conv(b);
      return b.graph.add(
        'conv2d',
        'conv_ws2d',
        [x],
        { ...attributes, standardize: { kind: 'ws', eps: b.number('eps', 1e-5, 0) } },
        weights,
      );
    },
  },
  deform_conv2d: { attrs: [...CONV, 'deform_groups|deformable_groups'], tensors: [...FILTER, 'offset', 'mask?'], build: deformConv },
  max_pool2d: { attrs: POOL, tensors: ['x'], build: (b) => b.graph.add('max_pool2d', 'max_pool2d', [b.feedMap('x')], pool(b)) },
  avg_pool2d: {
    attrs: [...POOL, 'count_include_pad'],
    tensors: ['x'],
    build: (b) => b.graph.add('avg_pool2d', 'avg_pool2d', [b.feedMap('x')], pool(b)),
  },
  global_avg_pool: { attrs: [], tensors: ['x'], build: (b) => b.graph.add('global_avg_pool', 'global_avg_pool', [b.feedMap('x')], {}) },
  gem: { attrs: ['p', 'eps', 'clamp'], tensors: ['x', 'p?'], build: gem },
  linear: { attrs: [], tensors: FILTER, build: linear },
  batch_norm: {
    attrs: ['eps'],
    tensors: [...NORM, 'running_mean', 'running_var'],
    build: (b) => {
      const [x, attributes, weights] = channelNorm(b);
      const shape = [b.graph.channels(x)];
      const statistics = b.roles({ running_mean: shape, running_var: shape }, `x has ${shape} channels`);
      return b.graph.add('batch_norm', 'batch_norm', [x], attributes, { ...weights, ...statistics });
    },
  },
  group_norm: {
    attrs: ['num_groups|groups', 'eps'],
    tensors: NORM,
    build: (b) => {
      const [x, attributes, weights] = channelNorm(b);
      return b.graph.add('group_norm', 'group_norm', [x], { groups: b.integer('num_groups', 1), ...attributes }, weights);
    },
  },
  instance_norm: {
    attrs: ['eps'],
    tensors: NORM,
    build: (b) => {
      const [x, attributes, weights] = channelNorm(b);
      return b.graph.add('instance_norm', 'instance_norm', [x], attributes, weights);
    },
  },
  layer_norm: { attrs: ['normalized_shape', 'eps'], tensors: NORM, build: layerNorm },
  relu: { attrs: [], tensors: ['x'], build: (b) => b.graph.add('relu', 'relu', b.feedValues('x'), {}) },
  sigmoid: { attrs: [], tensors: ['x'], build: (b) => b.graph.add('sigmoid', 'sigmoid', b.feedValues('x'), {}) },
  add: { attrs: [], tensors: ['a', 'b'], build: (b) => b.graph.add('add', 'add', b.feedValues('a', 'b'), {}) },
  add_relu: {
    attrs: [],
    tensors: ['a', 'b'],
    build: (b) => b.graph.add('relu', 'add_relu', [b.graph.add('add', 'add', b.feedValues('a', 'b'), {})], {}),
  },
  softmax: {
    attrs: ['dim'],
    tensors: ['x'],
    build: (b) => {
      const rank = b.tensor('x').shape.length;
      const dim = b.integer('dim', Number.MIN_SAFE_INTEGER, -1);
      if (dim < -rank || dim >= rank) b.refuse('dim', `must be from ${-rank} to ${rank - 1}, not ${dim}.`, `x has ${rank} axes.`);
      return b.graph.add('softmax', 'softmax', [b.feed('x')], { dim: dim < 0 ? dim + rank : dim });
    },
  },
  matmul: { attrs: [], tensors: ['a', 'b'], build: matmul },
  bilinear: {
    attrs: ['size|output_size', 'align_corners'],
    tensors: ['x'],
    build: (b) => {
      if (b.boolean('align_corners', false)) b.refuse('align_corners', 'can only be false.', 'Leave it out.');
      return b.graph.add('bilinear', 'bilinear', [b.feedMap('x')], { size: b.pair('size', 1) });
    },
  },
  reflect_pad: {
    attrs: ['pad|padding'],
    tensors: ['x'],
    build: (b) => {
      const [left = 0, right = left, top = left, bottom = left] = b.integers(
        'pad',
        0,
        [1, 4],
        'one whole number or [left, right, top, bottom]',
      );
      return b.graph.add('reflect_pad', 'reflect_pad', [b.feedMap('x')], { padding: [top, left, bottom, right] });
    },
  },
  shortcut_a: {
    attrs: ['stride', 'out_channels'],
    tensors: ['x'],
    build: (b) => {
      const attributes = { stride: b.pair('stride', 1, 2), outChannels: b.integer('out_channels', 1) };
      return b.graph.add('shortcut_a', 'shortcut_a', [b.feedMap('x')], attributes);
    },
  },
};

function deformConv(b: OpBuilder): string {
  const both = [b.feedMap('x'), b.feedMap('offset')] as const;
  const inputs: OpInputs['deform_conv2d'] = b.has('mask') ? [...both, b.feedMap('mask')] : [...both];
  if (typeof b.raw('padding') === 'string') b.refuse('padding', `must be a number or a pair, not '${b.raw('padding')}'.`, 'Pass numbers.');
  const [attributes, weights] = conv(b);
  const [n = 1, c = 1] = b.tensor('x').shape;
  const taps = product(attributes.kernel);
  // torchvision has no argument for this. The offsets' shape tells the number of groups.
  const implied = Math.max(1, Math.floor((b.tensor('offset').shape[1] ?? 0) / (2 * taps)));
  const deformGroups = b.integer('deform_groups', 1, implied);
  if (c % deformGroups !== 0) b.refuse('deform_groups', `${deformGroups} does not divide ${c} channels.`, 'Check offset and attrs.');
  const [, , h = 0, w = 0] = inferShape.conv2d(attributes, [b.tensor('x').shape], b.op);
  for (const [name, channels] of [
    ['offset', 2 * taps * deformGroups],
    ['mask', taps * deformGroups],
  ] as const) {
    if (b.has(name))
      requireShape(name, b.tensor(name).shape, [n, channels, h, w], `there are ${taps} taps and ${deformGroups} deform groups`);
  }
  const own: OpAttributes['deform_conv2d'] = { ...attributes, deformGroups, mask: b.has('mask') ? 'tensor' : 'none' };
  return b.graph.add('deform_conv2d', 'deform_conv2d', inputs, own, weights);
}

function gem(b: OpBuilder): string {
  const learned = b.has('p');
  if (learned && b.raw('p') !== undefined) b.refuse('p', 'is given as attribute and as tensor.', 'Pass one of the two.');
  const p = b.number('p', 3);
  if (p === 0) b.refuse('p', 'must not be 0.', 'The mean of order 0 has no such formula.');
  const attributes = { p, eps: b.number('eps', 1e-6, 0), clamp: b.boolean('clamp', true), learned };
  return b.graph.add('gem', 'gem', [b.feedMap('x')], attributes, b.roles({ p: [1] }, 'the exponent is one number'));
}

function linear(b: OpBuilder): string {
  const { shape } = b.tensor('x');
  const { shape: weight } = b.tensor('weight');
  const features = shape.at(-1) ?? 1;
  const [outFeatures = 1] = weight;
  if (weight.length !== 2 || shape.length === 0) {
    throw new ResnetError('shape', `cannot multiply x [${shape.join(', ')}] by weight [${weight.join(', ')}].`, {
      layer: b.op,
      hint: 'Pass x [..., in] and weight [out, in].',
    });
  }
  const weights = b.roles({ weight: [outFeatures, features], bias: [outFeatures] }, `x has ${features} and weight ${outFeatures} features`);
  b.shape = [...shape.slice(0, -1), outFeatures];
  const x = b.feedRows('x', [product(shape.slice(0, -1)), features, 1, 1]);
  return b.graph.add('linear', 'linear', [x], { outFeatures, bias: b.has('bias') }, weights);
}

function layerNorm(b: OpBuilder): string {
  const { shape } = b.tensor('x');
  const role = ['weight', 'bias'].find((name) => b.has(name));
  const given = b.raw('normalized_shape') !== undefined || role === undefined;
  const normalized = given
    ? b.integers('normalized_shape', 1, undefined, 'the sizes of the last axes of x')
    : b.tensor(role ?? 'weight').shape;
  const end = shape.slice(Math.max(0, shape.length - normalized.length));
  if (normalized.length === 0 || end.join() !== normalized.join()) {
    throw new ResnetError('shape', `normalises over [${normalized.join(', ')}], but x [${shape.join(', ')}] ends in [${end.join(', ')}].`, {
      layer: given ? 'normalized_shape' : (role ?? b.op),
      hint: 'Pass the sizes of the last axes of x.',
    });
  }
  b.shape = [...shape];
  const width = product(normalized);
  const x = b.feedRows('x', [product(shape) / width, width, 1, 1]);
  const weights = b.affine(normalized, `the norm is over [${normalized.join(', ')}]`);
  const attributes = { over: 'channels' as const, eps: b.number('eps', 1e-5, 0), affine: role !== undefined };
  return b.graph.add('layer_norm', 'layer_norm', [x], attributes, weights);
}

function matmul(b: OpBuilder): string {
  const [left, right] = [b.tensor('a').shape, b.tensor('b').shape];
  const batch = left.slice(0, -2);
  const what = `cannot multiply [${left.join(', ')}] by [${right.join(', ')}]`;
  if (left.length < 2 || left.length !== right.length || batch.some((size, i) => size !== right[i])) {
    throw new ResnetError('shape', `${what}: both need two axes or more, and the same ones before the last two.`, {
      layer: b.op,
      hint: 'Repeat the smaller operand; nothing is broadcast.',
    });
  }
  if (left.at(-1) !== right.at(-2)) {
    throw new ResnetError('shape', `${what}: rows of a have ${left.at(-1)} values, columns of b ${right.at(-2)}.`, {
      layer: b.op,
      hint: 'Pass a [..., m, k] and b [..., k, n].',
    });
  }
  if (product(batch) > MAX_IMAGES) {
    throw new ResnetError('device-limits', `has ${product(batch)} products, but at most ${MAX_IMAGES} are possible.`, {
      layer: b.op,
      hint: 'Split them into several calls.',
    });
  }
  return b.graph.add('matmul', 'matmul', [b.feed('a'), b.feed('b')], { transposeA: false, transposeB: false, scale: 1 });
}

export function opGraph(op: string, attrs: OpAttrs, tensors: Record<string, Tensor>): OpGraph {
  const operation = Object.hasOwn(OPS, op) ? OPS[op] : undefined;
  if (!operation) {
    throw new ResnetError('usage', `there is no operation "${op}".`, {
      layer: 'op',
      hint: `Known operations: ${Object.keys(OPS).join(', ')}.`,
    });
  }
  const b = new OpBuilder(op, operation, attrs, tensors);
  const node = operation.build(b);
  b.graph.output({ kind: 'feature', stage: 0, node });
  return { graph: b.graph.build(), feeds: b.feeds, weights: b.weights, shape: b.shape ?? [...b.graph.shape(node)] };
}
