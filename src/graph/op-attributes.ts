/** The operations of a network, and what each of them has besides its inputs and weights. */
import type { CurveAttributes } from './curve-ops.ts';

/** [n, c, h, w]; pooled vectors are [n, c, 1, 1], logits [n, k]. */
export type Shape = readonly number[];

/** [vertical, horizontal] */
export type Pair = readonly [number, number];

/** [top, left, bottom, right] */
export type Padding = readonly [number, number, number, number];

/** Of a convolution, as `torch.nn.functional.conv2d` has them. Weights are [out, in / groups, kh, kw]. */
export interface ConvAttributes {
  /** Channels of the output. */
  outChannels: number;
  /** Size in elements. */
  kernel: Pair;
  /** Steps of the output in elements of the input. */
  stride: Pair;
  /** Zeros around the input. */
  padding: Padding;
  /** Distance of the kernel's elements in elements of the input; 1 where it has no holes. */
  dilation: Pair;
  /** Parts of the channels that are convolved by themselves. */
  groups: number;
  /** Whether there is a weight of role `bias`. */
  bias: boolean;
  /**
   * Weight standardisation per output channel, applied once at load. Over unbiased variance: `ws` (w - mean) / (deviation + eps);
   * `aws` gamma * (w - mean) / sqrt(variance + eps) + beta. Over the variance itself: `bit` (w - mean) / sqrt(variance + eps).
   * A weight of role `diff` is added afterwards (SAC).
   */
  standardize?: {
    /** Which formula. */
    kind: 'ws' | 'aws' | 'bit';
    /** Keeps it from dividing by 0. */
    eps: number;
  };
}

/** Of a pooling, as `torch.nn.functional.max_pool2d` and `avg_pool2d` have them. */
export interface PoolAttributes {
  /** Size of the window in elements. */
  kernel: Pair;
  /** Steps of the window in elements. */
  stride: Pair;
  /** Elements around the input: minus infinity for the maximum, zeros for the mean. */
  padding: Pair;
  /** Whether a last window counts that begins inside the input and is not full. */
  ceilMode: boolean;
  /** Average pooling only: whether padding counts in the divisor. */
  countIncludePad: boolean;
}

/** Attributes of every operation. An operation's arithmetic is that of the PyTorch function of the same name. */
export interface OpAttributes extends CurveAttributes {
  /** A tensor handed in by the caller, dense NCHW float32. */
  input: {
    /** [n, c, h, w] */
    shape: Shape;
  };
  /** Convolution; input [n,c,h,w]. */
  conv2d: ConvAttributes;
  /**
   * Deformable convolution; inputs: x, offset[, mask] as torchvision.ops.deform_conv2d takes them.
   * `packed`: the second input holds offsets and mask logits as DCNv2's conv_offset gives them (mask = sigmoid of the last third).
   */
  deform_conv2d: ConvAttributes & {
    /** Groups of channels with offsets of their own. */
    deformGroups: number;
    /** Where the masks of DCNv2 come from. */
    mask: 'none' | 'tensor' | 'packed';
  };
  /** Linear layer; input [n,c] or [n,c,1,1], weight [out, in]. */
  linear: {
    /** Length of the output. */
    outFeatures: number;
    /** Whether there is a weight of role `bias`. */
    bias: boolean;
  };
  /** Batch norm by its running statistics: (x - mean) / sqrt(variance + eps) * weight + bias. */
  batch_norm: {
    /** Added to the variance. */
    eps: number;
    /** Whether there are weights of roles `weight` and `bias`. */
    affine: boolean;
  };
  /** Norm over groups of channels of each image (https://arxiv.org/abs/1803.08494). */
  group_norm: {
    /** Groups of channels. */
    groups: number;
    /** Added to the variance. */
    eps: number;
    /** Whether there are weights of roles `weight` and `bias`. */
    affine: boolean;
  };
  /** Norm over each channel of each image. */
  instance_norm: {
    /** Added to the variance. */
    eps: number;
    /** Whether there are weights of roles `weight` and `bias`. */
    affine: boolean;
  };
  /** EvoNorm-S0: x * sigmoid(v * x) / sqrt(variance + eps) * weight + bias, the variance over groups of channels as in group_norm. */
  evo_norm: {
    /** Groups of channels. */
    groups: number;
    /** Added to the variance. */
    eps: number;
  };
  /** With thresholds for its activation: max(x / sqrt(mean(x * x) + eps) * weight + bias, tau), the mean over each channel of each image. */
  filter_response_norm: {
    /** Added to the mean of squares. */
    eps: number;
  };
  /** `channels`: over C at each position (LN2d). `all`: over every axis but the first (nn.LayerNorm of a [n, ...] tensor). */
  layer_norm: {
    /** Which axes. */
    over: 'channels' | 'all';
    /** Added to the variance. */
    eps: number;
    /** Whether there are weights of roles `weight` and `bias`. */
    affine: boolean;
  };
  /** max(x, 0) */
  relu: Record<never, never>;
  /** As leaky_relu with a learned slope: weight [1], or one for each channel. */
  prelu: Record<never, never>;
  /** Sum of two tensors of one shape. */
  add: Record<never, never>;
  /** x [n,c,h,w] times s [n,c,1,1] */
  mul: Record<never, never>;
  /** x [n,c,h,w] times s, of whose last three axes those of size 1 are repeated. */
  mul_broadcast: Record<never, never>;
  /** Over the channels of each position: [n,c,h,w] -> mean and maximum [n,2,h,w], or with `average` the mean of the two [n,1,h,w]. */
  channel_pool: {
    /** Whether the mean of the two is taken. */
    average: boolean;
  };
  /** Sum of two tensors of the same rank; axes of size 1 are repeated, as NumPy broadcasts. */
  add_broadcast: Record<never, never>;
  /** Inputs a, b [n,c,h,w], s [n,1,h,w]: s * a + (1 - s) * b */
  blend: Record<never, never>;
  /** x times a learned scalar, weight [1]. */
  scale: Record<never, never>;
  /** Largest value of each window. */
  max_pool2d: PoolAttributes;
  /** Mean of each window. */
  avg_pool2d: PoolAttributes;
  /** [n,c,h,w] -> [n,c,1,1] */
  global_avg_pool: Record<never, never>;
  /** Generalized mean: mean(max(x, eps)^p)^(1/p); `p` is a weight of shape [1] where `learned`. */
  gem: {
    /** Exponent. */
    p: number;
    /** Smallest value that is raised to it. */
    eps: number;
    /** Whether values below `eps` count as `eps`. */
    clamp: boolean;
    /** Whether the exponent is a weight. */
    learned: boolean;
  };
  /** Channels start .. start+length of the input; costs nothing. */
  slice: {
    /** First channel. */
    start: number;
    /** How many channels. */
    length: number;
  };
  /** Channels of all inputs one after the other; costs nothing. */
  concat: Record<never, never>;
  /** Batches of all inputs one after the other. */
  concat_batch: Record<never, never>;
  /** Parameter-free CIFAR shortcut "A": every stride-th row and column, channels padded with zeros: `before` in front, by default half of them. */
  shortcut_a: {
    /** Steps in elements. */
    stride: Pair;
    /** Channels of the output. */
    outChannels: number;
    /** Channels of zeros in front. */
    before?: number;
  };
  /** Sum of `radix` equal slices of the channels: [n, r*c, h, w] -> [n, c, h, w] */
  radix_sum: {
    /** Slices. */
    radix: number;
  };
  /** ResNeSt's attention over [n, g*r*c', 1, 1], group-major in, radix-major out: softmax over r, or sigmoid if r is 1. */
  radix_softmax: {
    /** Splits, over which the softmax goes. */
    radix: number;
    /** Groups of the convolution before. */
    groups: number;
  };
  /** Inputs y [n, r*c, h, w], a [n, r*c, 1, 1]: sum over r of a_r * y_r */
  radix_apply: {
    /** Slices. */
    radix: number;
  };
  /** ECA: 1-D convolution over the channels of a pooled vector, zero padded, or from end to end where `circular`; weight [1, 1, kernel]. */
  channel_conv1d: {
    /** Channels that each output sees; odd. */
    kernel: number;
    /** Whether the first channel stands beside the last. */
    circular?: boolean;
  };
  /** Fixed binomial filter of `size` taps a side with reflect padding (timm's BlurPool2d). */
  blur_pool: {
    /** Taps a side. */
    size: number;
    /** Steps in elements. */
    stride: number;
  };
  /** Mirrored at the edges, which are not repeated. */
  reflect_pad: {
    /** Elements on each side. */
    padding: Padding;
  };
  /** Zeros around. */
  zero_pad: {
    /** Elements on each side. */
    padding: Padding;
  };
  /** Bilinear interpolation, align_corners false. */
  bilinear: {
    /** [height, width] of the output. */
    size: Pair;
  };
  /** exp(x) by the sum of exp(x) along an axis. */
  softmax: {
    /** The axis; negative ones count from the end. */
    dim: number;
    /** Whether its logarithm is taken (log_softmax). */
    log?: boolean;
  };
  /** [..., m, k] x [..., k, n], batched over the leading axes; with `transposeA`/`transposeB` the operand is stored the other way round. */
  matmul: {
    /** Whether the first is stored [k, m]. */
    transposeA: boolean;
    /** Whether the second is stored [n, k]. */
    transposeB: boolean;
    /** Factor of the result. */
    scale: number;
  };
  /** The same numbers under another shape. */
  reshape: {
    /** Of the output. */
    shape: Shape;
  };
  /** Geometric term of GeneralizedAttention's energy; see {@link PositionEnergyAttributes}. */
  position_energy: PositionEnergyAttributes;
  /**
   * Energies [n, heads, qh*qw, kh*kw] with minus infinity where query (y,x) and key (v,u) are far apart: unless
   * floor((y - range) / keyStride) <= v <= floor((y + range + 1) / keyStride), and likewise for x and u.
   */
  attention_mask: {
    /** [height, width] of the queries. */
    query: Pair;
    /** [height, width] of the keys. */
    key: Pair;
    /** How far a query sees, in its own elements. */
    range: number;
    /** Steps of the keys, in elements of the queries. */
    keyStride: number;
  };
}

/**
 * Energies between queries and keys from their distance: [n, heads, qh*qw, kh*kw], where
 * `out[.., (y,x), (v,u)] = (query + bias)[y,x] . (code_x(x*qs - u*ks) + code_y(y*qs - v*ks))`, d channels a head (head-major),
 * `code(t) = fc([sin(m t / 1000^(4i/f)), then cos], i < f/4) / sqrt(2)`, m the magnitude, f the features, qs and ks the strides.
 * Input: the query map [n, heads*d, qh, qw], or any tensor of the batch size if only the bias asks.
 * Weights: `fc_x`, `fc_y` [heads*d, f/2]; `bias` [heads*d] where it takes part.
 */
export interface PositionEnergyAttributes {
  /** Heads of the attention. */
  heads: number;
  /** Channels of all heads. */
  channels: number;
  /** [height, width] of the queries. */
  query: Pair;
  /** [height, width] of the keys. */
  key: Pair;
  /** Steps of the queries, in elements of the map. */
  queryStride: number;
  /** Steps of the keys, in elements of the map. */
  keyStride: number;
  /** Factor of distances. */
  magnitude: number;
  /** Numbers that a distance is coded in. */
  features: number;
  /** Whether the input is a query map, or the bias alone is. */
  useQuery: boolean;
  /** The vertical term takes the query of row x, column y: a slip of the reference where it has no bias (square maps only). */
  transposed: boolean;
}
