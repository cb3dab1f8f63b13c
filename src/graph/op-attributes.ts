/** The operations of a network, and the attributes that each has besides inputs and weights. */
import type { CurveAttributes } from './curve-ops.ts';

/** [n, c, h, w]; pooled vectors are [n, c, 1, 1], logits [n, k]. */
export type Shape = readonly number[];

/** [vertical, horizontal] */
export type Pair = readonly [number, number];

/** [top, left, bottom, right] */
export type Padding = readonly [number, number, number, number];

/** Attributes of a convolution, as in `torch.nn.functional.conv2d`. Weights are [out, in / groups, kh, kw]. */
export interface ConvAttributes {
  /** Output channels. */
  outChannels: number;
  /** Kernel size in elements. */
  kernel: Pair;
  /** Stride in elements of the input. */
  stride: Pair;
  /** Zeros around the input. */
  padding: Padding;
  /** Distance between the kernel's elements, in elements of the input. 1 means no gaps. */
  dilation: Pair;
  /** Groups of channels that are convolved separately. */
  groups: number;
  /** Whether there is a weight with the role `bias`. */
  bias: boolean;
  /**
   * Weight standardisation per output channel, applied once at load. With unbiased variance: `ws` (w - mean) / (deviation + eps),
   * `aws` gamma * (w - mean) / sqrt(variance + eps) + beta. With biased variance: `bit` (w - mean) / sqrt(variance + eps).
   * A weight with the role `diff` is added afterwards (SAC).
   */
  standardize?: {
    /** The formula. */
    kind: 'ws' | 'aws' | 'bit';
    /** Avoids a division by 0. */
    eps: number;
  };
}

/** Attributes of a pooling, as in `torch.nn.functional.max_pool2d` and `avg_pool2d`. */
export interface PoolAttributes {
  /** Size of the window in elements. */
  kernel: Pair;
  /** Stride of the window in elements. */
  stride: Pair;
  /** Elements of padding: minus infinity for the maximum, zeros for the mean. */
  padding: Pair;
  /** Ceil mode: whether a last window counts that starts inside the input and ends beyond it. */
  ceilMode: boolean;
  /** Average pooling only: whether the divisor includes padding. */
  countIncludePad: boolean;
}

/** Attributes of every operation. An operation computes the same as the PyTorch function of that name. */
export interface OpAttributes extends CurveAttributes {
  /** A tensor that the caller passes, dense NCHW float32. */
  input: {
    /** [n, c, h, w] */
    shape: Shape;
  };
  /** Convolution; input [n,c,h,w]. */
  conv2d: ConvAttributes;
  /**
   * Deformable convolution. Inputs: x, offset[, mask] as in torchvision.ops.deform_conv2d. With `packed` the second input
   * holds offsets and mask logits, as DCNv2's conv_offset returns them (mask = sigmoid of the last third).
   */
  deform_conv2d: ConvAttributes & {
    /** Groups of channels that have their own offsets. */
    deformGroups: number;
    /** Where the masks of DCNv2 come from. */
    mask: 'none' | 'tensor' | 'packed';
  };
  /** Linear layer; input [n,c] or [n,c,1,1], weight [out, in]. */
  linear: {
    /** Number of outputs. */
    outFeatures: number;
    /** Whether there is a weight with the role `bias`. */
    bias: boolean;
  };
  /** Batch norm with running statistics: (x - mean) / sqrt(variance + eps) * weight + bias. */
  batch_norm: {
    /** Added to the variance. */
    eps: number;
    /** Whether there are weights with the roles `weight` and `bias`. */
    affine: boolean;
  };
  /** Norm over groups of channels of each image (https://arxiv.org/abs/1803.08494). */
  group_norm: {
    /** Groups of channels. */
    groups: number;
    /** Added to the variance. */
    eps: number;
    /** Whether there are weights with the roles `weight` and `bias`. */
    affine: boolean;
  };
  /** Norm over each channel of each image. */
  instance_norm: {
    /** Added to the variance. */
    eps: number;
    /** Whether there are weights with the roles `weight` and `bias`. */
    affine: boolean;
  };
  /** EvoNorm-S0: x * sigmoid(v * x) / sqrt(variance + eps) * weight + bias. The variance is over groups of channels as in group_norm. */
  evo_norm: {
    /** Groups of channels. */
    groups: number;
    /** Added to the variance. */
    eps: number;
  };
  /**
   * Filter response norm with its thresholded activation: max(x / sqrt(mean(x * x) + eps) * weight + bias, tau). The mean is over each
   * channel of each image.
   */
  filter_response_norm: {
    /** Added to the mean of squares. */
    eps: number;
  };
  /** `channels`: over C at each position (LN2d). `all`: over every axis but the first (nn.LayerNorm of a [n, ...] tensor). */
  layer_norm: {
    /** The axes to normalise over. */
    over: 'channels' | 'all';
    /** Added to the variance. */
    eps: number;
    /** Whether there are weights with the roles `weight` and `bias`. */
    affine: boolean;
  };
  /** max(x, 0) */
  relu: Record<never, never>;
  /** Like leaky_relu, with a learned slope: weight [1], or one for each channel. */
  prelu: Record<never, never>;
  /** Sum of two tensors of the same shape. */
  add: Record<never, never>;
  /** x [n,c,h,w] times s [n,c,1,1] */
  mul: Record<never, never>;
  /** x [n,c,h,w] times s. If one of the last three axes of s has size 1, it is repeated. */
  mul_broadcast: Record<never, never>;
  /** Over the channels of each position: [n,c,h,w] -> mean and maximum [n,2,h,w], or with `average` the mean of the two [n,1,h,w]. */
  channel_pool: {
    /** Whether to return the mean of the two. */
    average: boolean;
  };
  /** Sum of two tensors of the same rank. Axes of size 1 are repeated, as in NumPy's broadcasting. */
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
    /** Values are raised to at least this. */
    eps: number;
    /** Whether values below `eps` are replaced by `eps`. */
    clamp: boolean;
    /** Whether the exponent is a weight. */
    learned: boolean;
  };
  /** Channels start .. start+length of the input. Costs nothing. */
  slice: {
    /** First channel. */
    start: number;
    /** Number of channels. */
    length: number;
  };
  /** Concatenates channels. Costs nothing. */
  concat: Record<never, never>;
  /** Concatenates batches. */
  concat_batch: Record<never, never>;
  /** Parameter-free CIFAR shortcut "A": every stride-th row and column, padded with zero channels. `before` of these come in front, by default half. */
  shortcut_a: {
    /** Stride in elements. */
    stride: Pair;
    /** Output channels. */
    outChannels: number;
    /** Zero channels in front. */
    before?: number;
  };
  /** Sum of `radix` equal slices of the channels: [n, r*c, h, w] -> [n, c, h, w] */
  radix_sum: {
    /** Number of slices. */
    radix: number;
  };
  /** ResNeSt's attention over [n, g*r*c', 1, 1], group-major in, radix-major out: softmax over r, or sigmoid if r is 1. */
  radix_softmax: {
    /** Splits, over which the softmax is computed. */
    radix: number;
    /** Groups of the preceding convolution. */
    groups: number;
  };
  /** Inputs y [n, r*c, h, w], a [n, r*c, 1, 1]: sum over r of a_r * y_r */
  radix_apply: {
    /** Number of slices. */
    radix: number;
  };
  /** ECA: 1-D convolution over the channels of a pooled vector, padded with zeros, or with `circular` from the other end. Weight [1, 1, kernel]. */
  channel_conv1d: {
    /** Number of channels that each output reads; odd. */
    kernel: number;
    /** Whether the first and the last channel are neighbours. */
    circular?: boolean;
  };
  /** Fixed binomial filter with `size` taps along each axis and reflect padding (timm's BlurPool2d). */
  blur_pool: {
    /** Taps along each axis. */
    size: number;
    /** Stride in elements. */
    stride: number;
  };
  /** Reflect padding: mirrored at the edges, without repeating them. */
  reflect_pad: {
    /** Elements on each side. */
    padding: Padding;
  };
  /** Zero padding. */
  zero_pad: {
    /** Elements on each side. */
    padding: Padding;
  };
  /** Bilinear interpolation, align_corners false. */
  bilinear: {
    /** [height, width] of the output. */
    size: Pair;
  };
  /** exp(x) divided by the sum of exp(x) along an axis. */
  softmax: {
    /** The axis. Negative ones count from the end. */
    dim: number;
    /** Whether to return the logarithm (log_softmax). */
    log?: boolean;
  };
  /** [..., m, k] x [..., k, n], batched over the leading axes. With `transposeA`/`transposeB` that operand is stored transposed. */
  matmul: {
    /** Whether the first is stored [k, m]. */
    transposeA: boolean;
    /** Whether the second is stored [n, k]. */
    transposeB: boolean;
    /** Factor of the result. */
    scale: number;
  };
  /** The same numbers with another shape. */
  reshape: {
    /** Shape of the output. */
    shape: Shape;
  };
  /** Geometric term of GeneralizedAttention's energy; see {@link PositionEnergyAttributes}. */
  position_energy: PositionEnergyAttributes;
  /**
   * Energies [n, heads, qh*qw, kh*kw], with minus infinity where query (y,x) and key (v,u) are too far apart: unless
   * floor((y - range) / keyStride) <= v <= floor((y + range + 1) / keyStride), and likewise for x and u.
   */
  attention_mask: {
    /** [height, width] of the queries. */
    query: Pair;
    /** [height, width] of the keys. */
    key: Pair;
    /** How far a query sees, in its own elements. */
    range: number;
    /** Stride of the keys, in elements of the queries. */
    keyStride: number;
  };
}

/**
 * Energies between queries and keys from their distance: [n, heads, qh*qw, kh*kw], where
 * `out[.., (y,x), (v,u)] = (query + bias)[y,x] . (code_x(x*qs - u*ks) + code_y(y*qs - v*ks))`, d channels for each head (head-major),
 * `code(t) = fc([sin(m t / 1000^(4i/f)), then cos], i < f/4) / sqrt(2)`, m is the magnitude, f the features, qs and ks the strides.
 * Input: the query map [n, heads*d, qh, qw], or any tensor of the batch size if only the bias is used.
 * Weights: `fc_x`, `fc_y` [heads*d, f/2]; `bias` [heads*d] if it is used.
 */
export interface PositionEnergyAttributes {
  /** Heads of the attention. */
  heads: number;
  /** Channels of all heads together. */
  channels: number;
  /** [height, width] of the queries. */
  query: Pair;
  /** [height, width] of the keys. */
  key: Pair;
  /** Stride of the queries, in elements of the map. */
  queryStride: number;
  /** Stride of the keys, in elements of the map. */
  keyStride: number;
  /** Factor of distances. */
  magnitude: number;
  /** Numbers that encode a distance. */
  features: number;
  /** Whether the input is a query map. Otherwise only the bias is used. */
  useQuery: boolean;
  /** The vertical term takes the query of row x, column y. The reference does this by mistake if it has no bias (square maps only). */
  transposed: boolean;
}
