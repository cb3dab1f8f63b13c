/** A graph of one operation from PyTorch-style arguments. Pure. */
import { ResnetError } from '../errors.ts';
import { GraphBuilder, type Weights } from '../graph/builder.ts';
import type { ConvAttributes, Graph, OpAttributes, Pair, PoolAttributes, WeightRole } from '../graph/types.ts';
import type { Tensor } from '../types.ts';

export type OpAttrs = Record<string, number | boolean | string | readonly number[] | undefined>;

export interface OpGraph {
  graph: Graph;
  /** Tensors that go in as inputs, by node name. */
  feeds: Map<string, Tensor>;
  /** Tensors that go in as weights, by key. */
  weights: Map<string, Tensor>;
  /** Of the result; the graph's own may be a flattened form. */
  shape: number[];
}

/** Builds the nodes of an operation and returns the last one's name. */
type Build = (b: OpBuilder) => string;

class OpBuilder {
  readonly graph = new GraphBuilder();
  readonly feeds = new Map<string, Tensor>();
  readonly weights = new Map<string, Tensor>();
  readonly op: string;
  readonly attrs: OpAttrs;
  readonly tensors: Record<string, Tensor>;
  /** Shape of the result where the graph works on a flattened form. */
  shape: number[] | undefined;

  constructor(op: string, attrs: OpAttrs, tensors: Record<string, Tensor>) {
    this.op = op;
    this.attrs = attrs;
    this.tensors = tensors;
  }

  tensor(name: string): Tensor {
    const tensor = this.tensors[name];
    if (!tensor) throw new ResnetError('usage', `${this.op} needs the tensor ${name}.`, { layer: name, hint: 'Pass it in inputs.' });
    const size = tensor.shape.reduce((a, b) => a * b, 1);
    if (tensor.data.length !== size) {
      throw new ResnetError('shape', `has ${tensor.data.length} values, [${tensor.shape.join(', ')}] takes ${size}.`, {
        layer: name,
        hint: 'Make data and shape agree.',
      });
    }
    return tensor;
  }

  /** An input node for a tensor, in another shape if given. */
  feed(name: string, shape?: number[]): string {
    const tensor = this.tensor(name);
    this.feeds.set(name, tensor);
    return this.graph.add('input', name, [], { shape: shape ?? tensor.shape });
  }

  /** A tensor of any rank as [n, c, 1, 1], or as it is if it has four axes; the result gets the tensor's shape back. */
  feedFlat(name: string): string {
    const { shape } = this.tensor(name);
    this.shape = [...shape];
    const [n = 1, ...rest] = shape;
    return this.feed(name, shape.length === 4 ? [...shape] : [n, rest.reduce((a, b) => a * b, 1), 1, 1]);
  }

  /** Those of the roles for which a tensor was passed. */
  roles(...roles: WeightRole[]): Weights {
    const found: Weights = {};
    for (const role of roles) {
      if (!this.tensors[role]) continue;
      const { shape } = this.tensor(role);
      this.weights.set(role, this.tensor(role));
      found[role] = { key: role, shape };
    }
    return found;
  }

  number(name: string, fallback: number): number {
    const value = this.attrs[name] ?? fallback;
    if (typeof value !== 'number')
      throw new ResnetError('usage', `${name} must be a number, not ${value}.`, { layer: this.op, hint: 'Check attrs.' });
    return value;
  }

  pair(name: string, fallback: number): Pair {
    const value = this.attrs[name] ?? fallback;
    if (typeof value === 'number') return [value, value];
    const [y, x] = Array.isArray(value) ? (value as number[]) : [];
    if (typeof y !== 'number' || typeof x !== 'number') {
      throw new ResnetError('usage', `${name} must be a number or a pair, not ${String(value)}.`, { layer: this.op, hint: 'Check attrs.' });
    }
    return [y, x];
  }
}

function conv(b: OpBuilder): ConvAttributes {
  const { shape } = b.tensor('weight');
  const [outChannels = 0, , kh = 1, kw = 1] = shape;
  const [py, px] = b.pair('padding', 0);
  return {
    outChannels,
    kernel: [kh, kw],
    stride: b.pair('stride', 1),
    padding: [py, px, py, px],
    dilation: b.pair('dilation', 1),
    groups: b.number('groups', 1),
    bias: b.tensors.bias !== undefined,
  };
}

function pool(b: OpBuilder): PoolAttributes {
  const kernel = b.pair('kernel', 1);
  const stride = b.attrs.stride === undefined ? kernel : b.pair('stride', 1);
  return {
    kernel,
    stride,
    padding: b.pair('padding', 0),
    ceilMode: b.attrs.ceil_mode === true,
    countIncludePad: b.attrs.count_include_pad !== false,
  };
}

const affine = (b: OpBuilder) => ({ eps: b.number('eps', 1e-5), affine: b.tensors.weight !== undefined });

const OPS: Record<string, Build> = {
  conv2d: (b) => b.graph.add('conv2d', 'conv2d', [b.feed('x')], conv(b), b.roles('weight', 'bias')),
  conv_ws2d: (b) => {
    const attributes = { ...conv(b), standardize: { kind: 'ws' as const, eps: b.number('eps', 1e-5) } };
    return b.graph.add('conv2d', 'conv_ws2d', [b.feed('x')], attributes, b.roles('weight', 'bias'));
  },
  deform_conv2d: (b) => {
    const mask = b.tensors.mask ? 'tensor' : 'none';
    const inputs = [b.feed('x'), b.feed('offset'), ...(b.tensors.mask ? [b.feed('mask')] : [])];
    const attributes = { ...conv(b), deformGroups: b.number('deform_groups', 1), mask } as OpAttributes['deform_conv2d'];
    return b.graph.add('deform_conv2d', 'deform_conv2d', inputs, attributes, b.roles('weight', 'bias'));
  },
  max_pool2d: (b) => b.graph.add('max_pool2d', 'max_pool2d', [b.feed('x')], pool(b)),
  avg_pool2d: (b) => b.graph.add('avg_pool2d', 'avg_pool2d', [b.feed('x')], pool(b)),
  global_avg_pool: (b) => b.graph.add('global_avg_pool', 'global_avg_pool', [b.feed('x')], {}),
  gem: (b) => b.graph.add('gem', 'gem', [b.feed('x')], { p: b.number('p', 3), eps: b.number('eps', 1e-6), clamp: true, learned: false }),
  linear: (b) => {
    const [outFeatures = 0] = b.tensor('weight').shape;
    const [n = 1, c = 1] = b.tensor('x').shape;
    const attributes = { outFeatures, bias: b.tensors.bias !== undefined };
    return b.graph.add('linear', 'linear', [b.feed('x', [n, c, 1, 1])], attributes, b.roles('weight', 'bias'));
  },
  batch_norm: (b) =>
    b.graph.add('batch_norm', 'batch_norm', [b.feed('x')], affine(b), b.roles('weight', 'bias', 'running_mean', 'running_var')),
  group_norm: (b) =>
    b.graph.add('group_norm', 'group_norm', [b.feed('x')], { groups: b.number('num_groups', 1), ...affine(b) }, b.roles('weight', 'bias')),
  instance_norm: (b) => b.graph.add('instance_norm', 'instance_norm', [b.feed('x')], affine(b), b.roles('weight', 'bias')),
  layer_norm: (b) => {
    const { shape } = b.tensor('x');
    const width = b.tensor('weight').data.length;
    const rows = b.tensor('x').data.length / width;
    b.shape = [...shape];
    const x = b.feed('x', [rows, width, 1, 1]);
    return b.graph.add('layer_norm', 'layer_norm', [x], { over: 'channels', ...affine(b) }, b.roles('weight', 'bias'));
  },
  relu: (b) => b.graph.add('relu', 'relu', [b.feedFlat('x')], {}),
  sigmoid: (b) => b.graph.add('sigmoid', 'sigmoid', [b.feedFlat('x')], {}),
  add: (b) => b.graph.add('add', 'add', [b.feedFlat('a'), b.feedFlat('b')], {}),
  add_relu: (b) => b.graph.add('relu', 'add_relu', [b.graph.add('add', 'add', [b.feedFlat('a'), b.feedFlat('b')], {})], {}),
  softmax: (b) => {
    const { shape } = b.tensor('x');
    const dim = b.number('dim', -1);
    return b.graph.add('softmax', 'softmax', [b.feed('x')], { dim: dim < 0 ? dim + shape.length : dim });
  },
  matmul: (b) => b.graph.add('matmul', 'matmul', [b.feed('a'), b.feed('b')], { transposeA: false, transposeB: false, scale: 1 }),
  bilinear: (b) => b.graph.add('bilinear', 'bilinear', [b.feed('x')], { size: b.pair('size', 1) }),
  reflect_pad: (b) => {
    const [y, x] = b.pair('pad', 0);
    return b.graph.add('reflect_pad', 'reflect_pad', [b.feed('x')], { padding: [y, x, y, x] });
  },
  shortcut_a: (b) =>
    b.graph.add('shortcut_a', 'shortcut_a', [b.feed('x')], { stride: b.pair('stride', 2), outChannels: b.number('out_channels', 1) }),
};

export function opGraph(op: string, attrs: OpAttrs, tensors: Record<string, Tensor>): OpGraph {
  const build = OPS[op];
  if (!build) {
    throw new ResnetError('usage', `there is no operation "${op}".`, {
      layer: 'op',
      hint: `Known operations: ${Object.keys(OPS).join(', ')}.`,
    });
  }
  const b = new OpBuilder(op, attrs, tensors);
  const node = build(b);
  b.graph.output({ kind: 'feature', stage: 0, node });
  return { graph: b.graph.build(), feeds: b.feeds, weights: b.weights, shape: b.shape ?? [...b.graph.shape(node)] };
}
