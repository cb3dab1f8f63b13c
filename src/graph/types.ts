/**
 * A network as a list of named operations on NCHW tensors: what is computed, not how.
 *
 * Nodes are in topological order and carry their layer path as name (`layer3.0.conv2`). Everything here is plain
 * data: no GPU, no weights, only the names and shapes of the weights.
 */
import type { CurveAttributes } from './curve-ops.ts';

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
  /**
   * Weight standardisation per output channel, applied once at load. Over unbiased variance: `ws` (w - mean) / (deviation + eps);
   * `aws` gamma * (w - mean) / sqrt(variance + eps) + beta. Over the variance itself: `bit` (w - mean) / sqrt(variance + eps).
   * A weight of role `diff` is added afterwards (SAC).
   */
  standardize?: { kind: 'ws' | 'aws' | 'bit'; eps: number };
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
export interface OpAttributes extends CurveAttributes {
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
  /** EvoNorm-S0: x * sigmoid(v * x) / sqrt(variance + eps) * weight + bias, the variance over groups of channels as in group_norm. */
  evo_norm: { groups: number; eps: number };
  /** With thresholds for its activation: max(x / sqrt(mean(x * x) + eps) * weight + bias, tau), the mean over each channel of each image. */
  filter_response_norm: { eps: number };
  /** `channels`: over C at each position (LN2d). `all`: over every axis but the first (nn.LayerNorm of a [n, ...] tensor). */
  layer_norm: { over: 'channels' | 'all'; eps: number; affine: boolean };
  relu: Record<never, never>;
  /** As leaky_relu with a learned slope: weight [1], or one for each channel. */
  prelu: Record<never, never>;
  add: Record<never, never>;
  /** x [n,c,h,w] times s [n,c,1,1] */
  mul: Record<never, never>;
  /** x [n,c,h,w] times s, of whose last three axes those of size 1 are repeated. */
  mul_broadcast: Record<never, never>;
  /** Over the channels of each position: [n,c,h,w] -> mean and maximum [n,2,h,w], or with `average` the mean of the two [n,1,h,w]. */
  channel_pool: { average: boolean };
  /** Sum of two tensors of the same rank; axes of size 1 are repeated, as NumPy broadcasts. */
  add_broadcast: Record<never, never>;
  /** Inputs a, b [n,c,h,w], s [n,1,h,w]: s * a + (1 - s) * b */
  blend: Record<never, never>;
  /** x times a learned scalar, weight [1]. */
  scale: Record<never, never>;
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
  /** Parameter-free CIFAR shortcut "A": every stride-th row and column, channels padded with zeros: `before` in front, by default half of them. */
  shortcut_a: { stride: Pair; outChannels: number; before?: number };
  /** Sum of `radix` equal slices of the channels: [n, r*c, h, w] -> [n, c, h, w] */
  radix_sum: { radix: number };
  /** ResNeSt's attention over [n, g*r*c', 1, 1], group-major in, radix-major out: softmax over r, or sigmoid if r is 1. */
  radix_softmax: { radix: number; groups: number };
  /** Inputs y [n, r*c, h, w], a [n, r*c, 1, 1]: sum over r of a_r * y_r */
  radix_apply: { radix: number };
  /** ECA: 1-D convolution over the channels of a pooled vector, zero padded, or from end to end where `circular`; weight [1, 1, kernel]. */
  channel_conv1d: { kernel: number; circular?: boolean };
  /** Fixed binomial filter of `size` taps a side with reflect padding (timm's BlurPool2d). */
  blur_pool: { size: number; stride: number };
  reflect_pad: { padding: Padding };
  zero_pad: { padding: Padding };
  /** To `size`, align_corners false. */
  bilinear: { size: Pair };
  /** `log`: log_softmax. */
  softmax: { dim: number; log?: boolean };
  /** [..., m, k] x [..., k, n], batched over the leading axes; with `transposeA`/`transposeB` the operand is stored the other way round. */
  matmul: { transposeA: boolean; transposeB: boolean; scale: number };
  /** The same numbers under another shape. */
  reshape: { shape: Shape };
  /** Geometric term of GeneralizedAttention's energy; see {@link PositionEnergyAttributes}. */
  position_energy: PositionEnergyAttributes;
  /**
   * Energies [n, heads, qh*qw, kh*kw] with minus infinity where query (y,x) and key (v,u) are far apart: unless
   * floor((y - range) / keyStride) <= v <= floor((y + range + 1) / keyStride), and likewise for x and u.
   */
  attention_mask: { query: Pair; key: Pair; range: number; keyStride: number };
}

/**
 * Energies between queries and keys from their distance: [n, heads, qh*qw, kh*kw], where
 * `out[.., (y,x), (v,u)] = (query + bias)[y,x] . (code_x(x*qs - u*ks) + code_y(y*qs - v*ks))`, d channels a head (head-major),
 * `code(t) = fc([sin(m t / 1000^(4i/f)), then cos], i < f/4) / sqrt(2)`, m the magnitude, f the features, qs and ks the strides.
 * Input: the query map [n, heads*d, qh, qw], or any tensor of the batch size if only the bias asks.
 * Weights: `fc_x`, `fc_y` [heads*d, f/2]; `bias` [heads*d] where it takes part.
 */
export interface PositionEnergyAttributes {
  heads: number;
  /** Channels of all heads. */
  channels: number;
  query: Pair;
  key: Pair;
  queryStride: number;
  keyStride: number;
  magnitude: number;
  features: number;
  /** Whether the input is a query map, or the bias alone is. */
  useQuery: boolean;
  /** The vertical term takes the query of row x, column y: a slip of the reference where it has no bias (square maps only). */
  transposed: boolean;
}

export type OpName = keyof OpAttributes;

type Two = [first: string, second: string];

/** Operations that do not have one input. */
interface OtherInputs {
  input: [];
  deform_conv2d: [input: string, offsets: string] | [input: string, offsets: string, masks: string];
  add: Two;
  add_broadcast: Two;
  mul: [map: string, factors: string];
  mul_broadcast: [map: string, factors: string];
  blend: [first: string, second: string, shares: string];
  concat: string[];
  concat_batch: string[];
  radix_apply: [map: string, factors: string];
  matmul: [left: string, right: string];
}

/** Names of the nodes whose values an operation reads. */
export type OpInputs = { [Op in OpName]: Op extends keyof OtherInputs ? OtherInputs[Op] : [input: string] };

/** One tensor of a checkpoint that a node needs, named as the canonical scheme (OpenMMLab's, without `backbone.`) has it. */
export interface ParameterSpec {
  /** Canonical checkpoint key, e.g. `layer3.0.conv2.weight`. */
  key: string;
  shape: Shape;
  /** False for running statistics and other buffers, which do not count as parameters. */
  learnable: boolean;
  /** Where the checkpoint has it otherwise: under another key, in another shape, or as a part that begins at element `start` (row-major). */
  source?: { key: string; shape: Shape; start: number };
  /** Old checkpoints lack it: `deviation` and `mean` of each output channel of the node's weight stand in. */
  fallback?: 'deviation' | 'mean';
}

interface NodeOf<Op extends OpName> {
  /** Layer path, unique in the graph. */
  name: string;
  op: Op;
  inputs: OpInputs[Op];
  shape: number[];
  attributes: OpAttributes[Op];
  /** By role; the same key in two nodes means one tensor. */
  weights: Partial<Record<WeightRole, ParameterSpec>>;
  /** Learnable scalars. */
  parameters: number;
  /** Multiply-adds; convolutions and linear layers only, as the literature counts them. */
  macs: number;
}

export type WeightRole =
  | 'weight'
  | 'bias'
  | 'running_mean'
  | 'running_var'
  | 'gamma'
  | 'beta'
  | 'diff'
  | 'p'
  | 'fc_x'
  | 'fc_y'
  | 'v'
  | 'tau';

export type GraphNode<Op extends OpName = OpName> = { [K in Op]: NodeOf<K> }[Op];

export interface GraphOutput {
  /** Stage index, `img` for the input handed through (DetectoRS), `logits`, or the pooled vector that feeds the head. */
  kind: 'feature' | 'pooled' | 'logits';
  stage?: number | 'img';
  node: string;
}

/** What the keys of other libraries depend on beyond the layer paths. */
export interface GraphStructure {
  trunk: 'resnet' | 'regnet' | 'preact-regnet' | 'senet' | 'resnetv2';
  /** Whether shortcuts are average pooling before their convolution. */
  avgDown: boolean;
}

export interface Graph {
  nodes: GraphNode[];
  outputs: GraphOutput[];
  structure: GraphStructure;
  parameters: number;
  macs: number;
  /** A table of layers: name, operation, output shape, parameters, multiply-adds. */
  toString(): string;
}
