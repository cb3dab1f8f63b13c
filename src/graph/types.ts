/**
 * A network as a list of named operations on NCHW tensors: what is computed, not how.
 *
 * Nodes are in topological order and carry their layer path as name (`layer3.0.conv2`). Everything here is plain
 * data: no GPU, no weights, only the names and shapes of the weights.
 */

/** [n, c, h, w]; pooled vectors are [n, c, 1, 1], logits [n, k]. */
export type Shape = readonly number[];

/** [vertical, horizontal] */
export type Pair = readonly [number, number];

/** [top, left, bottom, right] */
export type Padding = readonly [number, number, number, number];

export interface ConvAttributes {
  outChannels: number;
  kernel: Pair;
  stride: Pair;
  padding: Padding;
  dilation: Pair;
  groups: number;
  bias: boolean;
  /** Weight standardisation, applied once at load: ConvWS (eps added to the deviation) or ConvAWS (learned gamma and beta). */
  standardize?: { kind: 'ws' | 'aws'; eps: number };
}

export interface PoolAttributes {
  kernel: Pair;
  stride: Pair;
  padding: Pair;
  ceilMode: boolean;
  /** Average pooling only: whether padding counts in the divisor. */
  countIncludePad: boolean;
}

/** Attributes of every operation. An operation's arithmetic is that of the PyTorch function of the same name. */
export interface OpAttributes {
  /** A tensor handed in by the caller, dense NCHW float32. */
  input: { shape: Shape };
  conv2d: ConvAttributes;
  /**
   * Deformable convolution; inputs: x, offset[, mask] as torchvision.ops.deform_conv2d takes them.
   * `packed`: the second input holds offsets and mask logits as DCNv2's conv_offset gives them (mask = sigmoid of the last third).
   */
  deform_conv2d: ConvAttributes & { deformGroups: number; mask: 'none' | 'tensor' | 'packed' };
  linear: { outFeatures: number; bias: boolean };
  batch_norm: { eps: number; affine: boolean };
  group_norm: { groups: number; eps: number; affine: boolean };
  instance_norm: { eps: number; affine: boolean };
  /** `channels`: over C at each position (LN2d). `all`: over every axis but the first (nn.LayerNorm of a [n, ...] tensor). */
  layer_norm: { over: 'channels' | 'all'; eps: number; affine: boolean };
  relu: Record<never, never>;
  sigmoid: Record<never, never>;
  add: Record<never, never>;
  /** x [n,c,h,w] times s [n,c,1,1] */
  mul: Record<never, never>;
  max_pool2d: PoolAttributes;
  avg_pool2d: PoolAttributes;
  /** [n,c,h,w] -> [n,c,1,1] */
  global_avg_pool: Record<never, never>;
  /** Generalized mean: mean(max(x, eps)^p)^(1/p); `p` is a weight of shape [1] where `learned`. */
  gem: { p: number; eps: number; clamp: boolean; learned: boolean };
  /** Channels start .. start+length of the input; costs nothing. */
  slice: { start: number; length: number };
  /** Channels of all inputs one after the other; costs nothing. */
  concat: Record<never, never>;
  /** Batches of all inputs one after the other. */
  concat_batch: Record<never, never>;
  /** Parameter-free CIFAR shortcut "A": every stride-th row and column, channels padded with zeros on both sides. */
  shortcut_a: { stride: Pair; outChannels: number };
  /** Sum of `radix` equal slices of the channels: [n, r*c, h, w] -> [n, c, h, w] */
  radix_sum: { radix: number };
  /** ResNeSt's attention over [n, g*r*c', 1, 1], group-major in, radix-major out: softmax over r, or sigmoid if r is 1. */
  radix_softmax: { radix: number; groups: number };
  /** Inputs y [n, r*c, h, w], a [n, r*c, 1, 1]: sum over r of a_r * y_r */
  radix_apply: { radix: number };
  /** ECA: 1-D convolution over the channels of a pooled vector, zero padded; weight [1, 1, kernel]. */
  channel_conv1d: { kernel: number };
  /** Fixed binomial filter of `size` taps a side with reflect padding (timm's BlurPool2d). */
  blur_pool: { size: number; stride: number };
  reflect_pad: { padding: Padding };
  /** To `size`, align_corners false. */
  bilinear: { size: Pair };
  softmax: { dim: number };
  /** [..., m, k] x [..., k, n], batched over the leading axes; with `transposeA`/`transposeB` the operand is stored the other way round. */
  matmul: { transposeA: boolean; transposeB: boolean; scale: number };
  /** The same numbers under another shape. */
  reshape: { shape: Shape };
}

export type OpName = keyof OpAttributes;

/** One tensor of a checkpoint that a node needs, named as the canonical scheme (OpenMMLab's, without `backbone.`) has it. */
export interface ParameterSpec {
  /** Canonical checkpoint key, e.g. `layer3.0.conv2.weight`. */
  key: string;
  shape: Shape;
  /** False for running statistics and other buffers, which do not count as parameters. */
  learnable: boolean;
}

interface NodeOf<Op extends OpName> {
  /** Layer path, unique in the graph. */
  name: string;
  op: Op;
  inputs: string[];
  shape: number[];
  attributes: OpAttributes[Op];
  /** By role: weight, bias, running_mean, running_var, gamma, beta, p. */
  weights: Partial<Record<WeightRole, ParameterSpec>>;
  /** Learnable scalars. */
  parameters: number;
  /** Multiply-adds; convolutions and linear layers only, as the literature counts them. */
  macs: number;
}

export type WeightRole = 'weight' | 'bias' | 'running_mean' | 'running_var' | 'gamma' | 'beta' | 'p';

export type GraphNode<Op extends OpName = OpName> = { [K in Op]: NodeOf<K> }[Op];

export interface GraphOutput {
  /** Stage index, `img` for the input handed through (DetectoRS), `logits`, or the pooled vector that feeds the head. */
  kind: 'feature' | 'pooled' | 'logits';
  stage?: number | 'img';
  node: string;
}

export interface Graph {
  nodes: GraphNode[];
  outputs: GraphOutput[];
  parameters: number;
  macs: number;
  /** A table of layers: name, operation, output shape, parameters, multiply-adds. */
  toString(): string;
}
