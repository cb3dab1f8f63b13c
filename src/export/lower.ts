/** Expresses each operation of the graph by operations of a target format. */
import type { GraphNode, OpName, Padding, PoolAttributes } from '../graph/types.ts';
import { foldConv, foldedWeights, foldNorm, type ReadTensor } from '../kernels/lib/pack.ts';
import { convPack, normFold } from '../kernels/lib/pack-recipes.ts';
import { ResnetError } from '../util/errors.ts';
import type { Target, Value } from './target.ts';

export interface Lowered {
  target: Target;
  inputs: Value[];
  read: ReadTensor;
  /** Merged into the operation: a batch norm or factor folded into the weights, a ReLU. */
  norm?: GraphNode<'batch_norm' | 'scale'>;
  relu: boolean;
}

type Lowering<Op extends OpName> = (node: GraphNode<Op>, x: Value, lowered: Lowered) => Value | Promise<Value>;

const scalar = (target: Target, value: number) => target.constant(Float32Array.of(value), []);

const sum = (target: Target, parts: Value[]) => parts.reduce((a, b) => target.binary('add', a, b));

/** Splits the channels into `count` equal parts. */
function split(target: Target, x: Value, count: number): Value[] {
  const width = (x.shape[1] ?? 0) / count;
  return Array.from({ length: count }, (_, i) => target.slice(x, 1, i * width, (i + 1) * width));
}

const conv2d: Lowering<'conv2d'> = async (node, x, { target, read, norm, relu }) => {
  const { attributes } = node;
  const op = { node, norm, relu, output: node.name, nodes: [node.name] };
  const folded = await foldConv(convPack(op, node, x.shape[1] ?? 0, [], []), read);
  return target.conv(x, { ...attributes, weight: foldedWeights(folded), bias: Float32Array.from(folded.bias) }, relu);
};

const linear: Lowering<'linear'> = async (node, x, { target, read, norm, relu }) => {
  const { outFeatures } = node.attributes;
  const recipe = { weight: node.weights.weight?.key ?? '', bias: node.weights.bias?.key, outChannels: outFeatures };
  const folded = await foldConv({ ...recipe, norm: norm && normFold(norm) }, read);
  return target.linear(x, foldedWeights(folded), Float32Array.from(folded.bias), relu);
};

/** A batch norm that could not be folded into a convolution. */
const batchNorm: Lowering<'batch_norm'> = async (node, x, { target, read }) => {
  const { scale, shift } = await foldNorm(normFold(node), read);
  const shape = x.shape.map((size, axis) => (axis === 1 ? size : 1));
  const scaled = target.binary('mul', x, target.constant(Float32Array.from(scale), shape));
  return target.binary('add', scaled, target.constant(Float32Array.from(shift), shape));
};

function normalize(target: Target, x: Value, axes: readonly number[], eps: number): Value {
  const centered = target.binary('sub', x, target.mean(x, axes));
  const variance = target.mean(target.binary('mul', centered, centered), axes);
  return target.binary('div', centered, target.unary('sqrt', target.binary('add', variance, scalar(target, eps))));
}

type DataNorm = GraphNode<'group_norm' | 'instance_norm' | 'layer_norm'>;

/** Scale and shift after a norm: one number for each channel, or for each element if the weights have that size. */
async function affine(node: DataNorm, x: Value, { target, read }: Lowered): Promise<Value> {
  const [weight, bias] = [node.weights.weight, node.weights.bias];
  if (!weight || !bias) return x;
  const [scale, shift] = [await read(weight.key), await read(bias.key)];
  // Vectors in a head have two axes.
  const shape = x.shape.map((size, axis) => (axis === 1 || (axis > 1 && scale.length !== x.shape[1]) ? size : 1));
  return target.binary('add', target.binary('mul', x, target.constant(scale, shape)), target.constant(shift, shape));
}

/** Explicit padding that also covers ceil_mode, so that both formats pool alike. Pixels that no window reaches are not cut off, only not read. */
function poolPadding({ kernel, stride, padding }: PoolAttributes, x: Value, out: readonly number[]): Padding {
  const after = (axis: 0 | 1) =>
    Math.max(0, ((out[axis + 2] ?? 1) - 1) * stride[axis] + kernel[axis] - (x.shape[axis + 2] ?? 1) - padding[axis]);
  return [padding[0], padding[1], after(0), after(1)];
}

/** For each position of an average pooling: window size / PyTorch's divisor, row-major. Undefined if all are 1. */
function divisorRatio(a: PoolAttributes, x: Value, out: readonly number[]): Float32Array | undefined {
  const counts = ([0, 1] as const).map((axis) =>
    Array.from({ length: out[axis + 2] ?? 1 }, (_, i) => {
      const size = x.shape[axis + 2] ?? 1;
      const begin = i * a.stride[axis] - a.padding[axis];
      const end = Math.min(begin + a.kernel[axis], size + a.padding[axis]);
      return a.countIncludePad ? end - begin : Math.min(end, size) - Math.max(begin, 0);
    }),
  );
  const [rows = [], columns = []] = counts;
  const ratio = Float32Array.from(rows.flatMap((row) => columns.map((column) => (a.kernel[0] * a.kernel[1]) / (row * column))));
  return ratio.every((value) => value === 1) ? undefined : ratio;
}

/** A window of one pixel changes nothing. avg_down makes such pools if a stage keeps its size. */
const isIdentity = ({ kernel, stride }: PoolAttributes) => [...kernel, ...stride].every((size) => size === 1);

const maxPool: Lowering<'max_pool2d'> = ({ attributes, shape }, x, { target }) =>
  isIdentity(attributes) ? x : target.maxPool(x, { ...attributes, padding: poolPadding(attributes, x, shape) });

const averagePool: Lowering<'avg_pool2d'> = ({ attributes, shape }, x, { target }) => {
  if (isIdentity(attributes)) return x;
  const pooled = target.averagePool(x, { ...attributes, padding: poolPadding(attributes, x, shape) });
  const ratio = divisorRatio(attributes, x, shape);
  return ratio ? target.binary('mul', pooled, target.constant(ratio, [1, 1, ...shape.slice(2)])) : pooled;
};

const gem: Lowering<'gem'> = async (node, x, { target, read }) => {
  const { p, eps, clamp } = node.attributes;
  const key = node.weights.p?.key;
  const exponent = key === undefined ? p : ((await read(key))[0] ?? p);
  const positive = clamp ? target.binary('max', x, scalar(target, eps)) : x;
  const mean = target.mean(target.binary('pow', positive, scalar(target, exponent)), [2, 3]);
  return target.binary('pow', mean, scalar(target, 1 / exponent));
};

/** With circular padding, the last channels come before the first, and the first come after the last. */
function roundChannels(target: Target, x: Value, count: number): Value {
  const c = x.shape[1] ?? 1;
  const rounds = Array.from({ length: 2 * Math.ceil(count / c) + 1 }, () => x);
  const start = (rounds.length >> 1) * c - count;
  return target.slice(target.concat(rounds, 1), 1, start, start + c + 2 * count);
}

/** ECA's convolution along the channels, with the channels as a column of pixels. */
const channelConv1d: Lowering<'channel_conv1d'> = async (node, x, { target, read }) => {
  const { kernel, circular } = node.attributes;
  const half = Math.floor(kernel / 2);
  const [n = 1, c = 1] = x.shape;
  const before = circular ? 0 : half;
  const convolution = {
    kernel: [kernel, 1] as const,
    stride: [1, 1] as const,
    padding: [before, 0, before, 0] as const,
    dilation: [1, 1] as const,
    groups: 1,
    weight: await read(node.weights.weight?.key ?? ''),
    bias: new Float32Array(1),
  };
  const column = target.reshape(circular ? roundChannels(target, x, half) : x, [n, 1, circular ? c + 2 * half : c, 1]);
  return target.reshape(target.conv(column, convolution, false), [n, c, 1, 1]);
};

/** A depthwise convolution with the binomial coefficients, whose sum is 2^(size - 1) in each direction. */
const blurPool: Lowering<'blur_pool'> = (node, x, { target }) => {
  const { size, stride } = node.attributes;
  const before = Math.floor((size - 1) / 2);
  const after = size - 1 - before;
  const channels = x.shape[1] ?? 1;
  let row = [1];
  while (row.length < size) row = [...row, 0].map((value, i) => value + (row[i - 1] ?? 0));
  const filter = row.flatMap((a) => row.map((b) => (a * b) / 4 ** (size - 1)));
  const convolution = {
    kernel: [size, size] as const,
    stride: [stride, stride] as const,
    padding: [0, 0, 0, 0] as const,
    dilation: [1, 1] as const,
    groups: channels,
    weight: Float32Array.from({ length: channels * size * size }, (_, i) => filter[i % (size * size)] ?? 0),
    bias: new Float32Array(channels),
  };
  return target.conv(target.pad(x, [before, before, after, after], 'reflect'), convolution, false);
};

const shortcutA: Lowering<'shortcut_a'> = (node, x, { target }) => {
  const { stride, outChannels } = node.attributes;
  const [, c = 1, h = 1, w = 1] = x.shape;
  const before = node.attributes.before ?? Math.floor((outChannels - c) / 2);
  let thinned = x;
  if (stride[0] > 1) thinned = target.slice(thinned, 2, 0, h, stride[0]);
  if (stride[1] > 1) thinned = target.slice(thinned, 3, 0, w, stride[1]);
  return target.pad(thinned, [0, 0, 0, 0], 'zero', [before, outChannels - c - before]);
};

const radixSoftmax: Lowering<'radix_softmax'> = (node, x, { target }) => {
  const { radix, groups } = node.attributes;
  if (radix === 1) return target.unary('sigmoid', x);
  const [n = 1, c = 1] = x.shape;
  const splits = target.transpose(target.reshape(x, [n, groups, radix, c / radix / groups]), [0, 2, 1, 3]);
  return target.reshape(target.softmax(splits, 1), x.shape);
};

const radixApply: Lowering<'radix_apply'> = (node, x, { target, inputs: [, attention = x] }) => {
  const factors = split(target, attention, node.attributes.radix);
  const scaled = split(target, x, node.attributes.radix).map((part, r) => target.binary('mul', part, factors[r] ?? part));
  return sum(target, scaled);
};

const blend: Lowering<'blend'> = (_, x, { target, inputs: [, b = x, s = x] }) => {
  const rest = target.binary('sub', scalar(target, 1), s);
  return target.binary('add', target.binary('mul', x, s), target.binary('mul', b, rest));
};

/** max(x, 0) - slope * max(-x, 0) */
function bent(target: Target, x: Value, slope: Value): Value {
  const below = target.unary('relu', target.binary('mul', x, scalar(target, -1)));
  return target.binary('sub', target.unary('relu', x), target.binary('mul', below, slope));
}

/** (x + |x| erf(|x| / sqrt 2)) / 2. TFLite lacks erf, so this uses Abramowitz and Stegun 7.1.26 (error 1.5e-7). */
function gelu(target: Target, x: Value): Value {
  const size = sum(target, [target.unary('relu', x), target.unary('relu', target.binary('mul', x, scalar(target, -1)))]);
  const times = (value: Value, factor: number) => target.binary('mul', value, scalar(target, factor));
  const plus = (value: Value, addend: number) => target.binary('add', value, scalar(target, addend));
  const t = target.binary('div', scalar(target, 1), plus(times(size, 0.3275911 * Math.SQRT1_2), 1));
  const series = [1.421413741, -0.284496736, 0.254829592].reduce(
    (total, term) => plus(target.binary('mul', total, t), term),
    plus(times(t, 1.061405429), -1.453152027),
  );
  const tail = target.binary('mul', target.binary('mul', series, t), target.unary('exp', times(target.binary('mul', x, x), -0.5)));
  return times(target.binary('add', x, target.binary('mul', size, target.binary('sub', scalar(target, 1), tail))), 0.5);
}

const binary =
  (kind: 'add' | 'mul'): Lowering<'add' | 'mul' | 'add_broadcast' | 'mul_broadcast'> =>
  (_, x, { target, inputs: [, other = x] }) =>
    target.binary(kind, x, other);

const hardSigmoid = (target: Target, x: Value) => {
  const shifted = target.unary('relu', target.binary('add', x, scalar(target, 3)));
  // min(y, 6) = y - max(y - 6, 0)
  const clipped = target.binary('sub', shifted, target.unary('relu', target.binary('sub', shifted, scalar(target, 6))));
  return target.binary('mul', clipped, scalar(target, 1 / 6));
};

const evoNorm: Lowering<'evo_norm'> = async (node, x, { target, read }) => {
  const [n = 1, c = 1, h = 1, w = 1] = x.shape;
  const { groups, eps } = node.attributes;
  const perChannel = async (role: 'weight' | 'bias' | 'v') => target.constant(await read(node.weights[role]?.key ?? ''), [1, c, 1, 1]);
  const rows = target.reshape(x, [n, groups, (c / groups) * h * w]);
  const centered = target.binary('sub', rows, target.mean(rows, [2]));
  const variance = target.mean(target.binary('mul', centered, centered), [2]);
  const gated = target.binary('mul', x, target.unary('sigmoid', target.binary('mul', x, await perChannel('v'))));
  const deviation = target.unary('sqrt', target.binary('add', variance, scalar(target, eps)));
  const normal = target.reshape(target.binary('div', target.reshape(gated, rows.shape), deviation), x.shape);
  return target.binary('add', target.binary('mul', normal, await perChannel('weight')), await perChannel('bias'));
};

const filterResponseNorm: Lowering<'filter_response_norm'> = async (node, x, { target, read }) => {
  const perChannel = async (role: 'weight' | 'bias' | 'tau') =>
    target.constant(await read(node.weights[role]?.key ?? ''), [1, x.shape[1] ?? 1, 1, 1]);
  const square = target.mean(target.binary('mul', x, x), [2, 3]);
  const normal = target.binary('div', x, target.unary('sqrt', target.binary('add', square, scalar(target, node.attributes.eps))));
  const scaled = target.binary('add', target.binary('mul', normal, await perChannel('weight')), await perChannel('bias'));
  return target.binary('max', scaled, await perChannel('tau'));
};

/** Turns channels into rows, which can be pooled. */
const channelPool: Lowering<'channel_pool'> = (node, x, { target }) => {
  const [n = 1, c = 1, h = 1, w = 1] = x.shape;
  const window = { kernel: [c, 1] as const, stride: [c, 1] as const, padding: [0, 0, 0, 0] as const };
  const most = target.reshape(target.maxPool(target.reshape(x, [n, 1, c, h * w]), window), [n, 1, h, w]);
  const mean = target.mean(x, [1]);
  if (!node.attributes.average) return target.concat([mean, most], 1);
  return target.binary('mul', target.binary('add', mean, most), scalar(target, 0.5));
};
/** x * sigmoid(gate) */
const gated = (target: Target, x: Value, gate: Value) => target.binary('mul', x, target.unary('sigmoid', gate));

/** min(max(x, 0), 6) */
const capped = (target: Target, x: Value) =>
  target.binary('sub', target.unary('relu', x), target.unary('relu', target.binary('add', x, scalar(target, -6))));

/** The form with tanh: x / 2 * (1 + tanh(u)) = x * sigmoid(2 u). */
function geluTanh(target: Target, x: Value): Value {
  const cube = target.binary('mul', x, target.binary('mul', x, x));
  const inner = target.binary('add', x, target.binary('mul', cube, scalar(target, 0.044715)));
  return gated(target, x, target.binary('mul', inner, scalar(target, 2 * Math.sqrt(2 / Math.PI))));
}

/** x * tanh(log(1 + e^x)). For large x the logarithm is x, and e^x must not overflow. */
function mish(target: Target, x: Value): Value {
  const bounded = target.binary('sub', scalar(target, 20), target.unary('relu', target.binary('sub', scalar(target, 20), x)));
  const softplus = target.unary('log', target.binary('add', target.unary('exp', bounded), scalar(target, 1)));
  return target.binary('mul', x, target.unary('tanh', softplus));
}

/** Operations without a counterpart in the runtimes. @throws ResnetError `unsupported` */
export function unsupported({ name, op }: GraphNode): never {
  throw new ResnetError('unsupported', `operation ${op} cannot be exported.`, {
    layer: name,
    hint: 'Leave out the plugin or option that asks for it.',
  });
}

/** For every operation but inputs, which become inputs of the model before. */
export const LOWERINGS: { [Op in Exclude<OpName, 'input'>]: Lowering<Op> } = {
  conv2d,
  linear,
  batch_norm: batchNorm,
  group_norm: async (node, x, lowered) => {
    const [n = 1, c = 1, h = 1, w = 1] = x.shape;
    const { groups, eps } = node.attributes;
    const rows = lowered.target.reshape(x, [n, groups, (c / groups) * h * w]);
    return affine(node, lowered.target.reshape(normalize(lowered.target, rows, [2], eps), x.shape), lowered);
  },
  instance_norm: (node, x, lowered) => affine(node, normalize(lowered.target, x, [2, 3], node.attributes.eps), lowered),
  layer_norm: (node, x, lowered) => {
    const { over, eps } = node.attributes;
    return affine(node, normalize(lowered.target, x, over === 'all' ? [1, 2, 3] : [1], eps), lowered);
  },
  evo_norm: evoNorm,
  filter_response_norm: filterResponseNorm,
  relu: (_, x, { target }) => target.unary('relu', x),
  silu: (_, x, { target }) => target.binary('mul', x, target.unary('sigmoid', x)),
  sigmoid: (_, x, { target }) => target.unary('sigmoid', x),
  // max(x, 0) + slope * min(x, 0), from operations that the targets have.
  leaky_relu: (node, x, { target }) => bent(target, x, scalar(target, node.attributes.slope)),
  prelu: async (node, x, { target, read }) => {
    const slopes = await read(node.weights.weight?.key ?? '');
    return bent(target, x, target.constant(slopes, slopes.length === 1 ? [] : x.shape.map((size, axis) => (axis === 1 ? size : 1))));
  },
  elu: (node, x, { target }) => {
    const below = target.unary(
      'exp',
      target.binary('mul', target.unary('relu', target.binary('mul', x, scalar(target, -1))), scalar(target, -1)),
    );
    const drop = target.binary('mul', target.binary('sub', scalar(target, 1), below), scalar(target, node.attributes.alpha));
    return target.binary('sub', target.unary('relu', x), drop);
  },
  gelu: (_, x, { target }) => gelu(target, x),
  gelu_tanh: (_, x, { target }) => geluTanh(target, x),
  quick_gelu: (_, x, { target }) => gated(target, x, target.binary('mul', x, scalar(target, 1.702))),
  relu6: (_, x, { target }) => capped(target, x),
  mish: (_, x, { target }) => mish(target, x),
  tanh: (_, x, { target }) => target.unary('tanh', x),
  hard_sigmoid: (_, x, { target }) => hardSigmoid(target, x),
  hard_swish: (_, x, { target }) => target.binary('mul', x, hardSigmoid(target, x)),
  add: binary('add'),
  add_broadcast: binary('add'),
  mul: binary('mul'),
  mul_broadcast: binary('mul'),
  channel_pool: channelPool,
  blend,
  scale: async (node, x, { target, read }) => target.binary('mul', x, target.constant(await read(node.weights.weight?.key ?? ''), [])),
  max_pool2d: maxPool,
  avg_pool2d: averagePool,
  global_avg_pool: (_, x, { target }) => target.mean(x, [2, 3]),
  gem,
  slice: (node, x, { target }) => target.slice(x, 1, node.attributes.start, node.attributes.start + node.attributes.length),
  concat: (_, __, { target, inputs }) => target.concat(inputs, 1),
  concat_batch: (_, __, { target, inputs }) => target.concat(inputs, 0),
  shortcut_a: shortcutA,
  radix_sum: (node, x, { target }) => sum(target, split(target, x, node.attributes.radix)),
  radix_softmax: radixSoftmax,
  radix_apply: radixApply,
  channel_conv1d: channelConv1d,
  blur_pool: blurPool,
  reflect_pad: (node, x, { target }) => target.pad(x, node.attributes.padding, 'reflect'),
  zero_pad: (node, x, { target }) => target.pad(x, node.attributes.padding, 'zero'),
  bilinear: (node, x, { target }) => target.resize(x, node.attributes.size),
  softmax: (node, x, { target }) => {
    const shares = target.softmax(x, node.attributes.dim);
    return node.attributes.log ? target.unary('log', shares) : shares;
  },
  matmul: (node, x, { target, inputs: [, other = x] }) => {
    const { transposeA, transposeB, scale } = node.attributes;
    const product = target.matmul(x, other, transposeA, transposeB);
    return scale === 1 ? product : target.binary('mul', product, scalar(target, scale));
  },
  reshape: (node, x, { target }) => target.reshape(x, node.attributes.shape),
  attention_mask: unsupported,
  deform_conv2d: unsupported,
  position_energy: unsupported,
};
