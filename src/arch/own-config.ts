/** Configurations that only this library has. */

import type { Norm } from './layer-config.ts';

/**
 * A ResNet of any widths and depths. Each list has one entry for each stage. A checkpoint of an unpublished network is read
 * as this, so `info.assumed` offers such configurations as alternatives.
 */
export interface GeneralConfig {
  /** Marks this kind of configuration. */
  type: 'GeneralResNet';
  /** Channels of the input. Default 3. */
  in_channels?: number;
  /** The layers before the first stage. Default: a 7x7 convolution of stride 2 with 64 channels, and max pooling. */
  stem?: {
    /** Channels of one convolution, or of three of 3x3. Default [64]. */
    channels?: number[];
    /** Kernel size of the single convolution. Default 7. */
    kernel?: number;
    /** Stride of the first convolution. Default 2. */
    stride?: 1 | 2;
    /**
     * Pooling of stride 2. `max`: 3x3 maximum with torchvision's padding. `caffe`: with Caffe's padding. `avg`: 2x2 average. `conv`: a 3x3
     * convolution with norm and activation, as in ResNet-RS. Default `max`.
     */
    pool?: 'max' | 'caffe' | 'avg' | 'conv' | 'none';
    /** Whether an activation follows the last norm. Default true. */
    activated?: boolean;
  };
  /** Two 3x3 convolutions, or 1x1, 3x3 and 1x1. */
  block: 'BasicBlock' | 'Bottleneck';
  /** Blocks of each stage. */
  layers: number[];
  /** Output channels of each stage's blocks. */
  channels: number[];
  /** Channels after a block's first convolution. Default: `mid_channels`. */
  first_channels?: number[];
  /** Channels after the 3x3 convolution of a bottleneck, default a quarter of `channels`; inside a basic block, default `channels`. */
  mid_channels?: number[];
  /** Groups of the 3x3 convolutions. Default 1 each. */
  groups?: number[];
  /** Stride of each stage. Default 1, then 2 each. */
  strides?: number[];
  /** Dilation of the 3x3 convolutions. Default 1 each. */
  dilations?: number[];
  /** Dilation in the first block of each stage. Default: `dilations`. */
  first_dilations?: number[];
  /** Whether the first block's shortcut has a convolution. Default: in all stages but the first. */
  projected?: boolean[];
  /** If a shortcut has no convolution and widths differ, zero channels are added: half on each side (`around`), or all after (`behind`). Default `around`. */
  zeros?: 'around' | 'behind';
  /** Whether shortcuts do their stride by average pooling before the convolution (ResNet-D). Default false. */
  avg_down?: boolean;
  /** Where a bottleneck has its stride: in the 3x3 convolution (`pytorch`) or in the first 1x1 (`caffe`). Default `pytorch`. */
  style?: 'pytorch' | 'caffe';
  /** Anti-aliasing as in timm: average pooling, or a blur, does the stride of the 3x3 convolutions and of the stem's pooling. */
  aa_layer?: '' | 'avg' | 'blur';
  /** Channel attention in each block. Default: none. */
  attention?: {
    /** Squeeze-and-excitation, or ECA (https://arxiv.org/abs/1910.03151). */
    type: 'SE' | 'ECA';
    /** Channels inside an SE gate, for each stage. */
    channels?: number[];
    /** The same for each stage's first block, if it differs, as in RegNets. */
    first_channels?: number[];
    /** At the block's end, or after its 3x3 convolution as in RegNets. Default `end`. */
    place?: 'end' | 'middle';
    /** Whether an SE gate has the network's activation between its two layers, instead of ReLU. Default false. */
    activated?: boolean;
  };
  /** Replaces the 3x3 convolution of bottlenecks. Default: a convolution. */
  middle?:
    | {
        /** Res2Net: slices, one after the other. */
        type: 'Res2';
        /** Number of slices that `mid_channels` is divided into. */
        scales: number;
        /** Whether the last slice of a stage's first block is pooled even if the stride is 1. Default true, as in MMPretrain. MMDetection: false. */
        pool_unstrided?: boolean;
      }
    | {
        /** ResNeSt's split attention. */
        type: 'SplitAttention';
        /** Number of splits. */
        radix: number;
        /** Channels inside the attention, for each stage. */
        channels: number[];
        /** What does the stride: an average pooling after the attention, one before it, or the convolution. Default `average`. */
        stride?: 'average' | 'average_first' | 'convolution';
      }
    | {
        /** SKNet's selective kernels (https://arxiv.org/abs/1903.06586). They also replace the first convolution of basic blocks. */
        type: 'SelectiveKernel';
        /** Number of paths, with growing dilation. Default 2. */
        paths?: number;
        /** Whether each path reads its own part of the input instead of the whole. Default false. */
        split?: boolean;
        /** Channels inside the attention, for each stage. */
        channels: number[];
      };
  /** Kind of norm. Default batch norm. */
  norm_cfg?: Norm;
  /** Whether convolutions have biases that are not part of a norm. */
  conv_bias?: boolean;
  /** timm's names: relu, silu, gelu, leaky_relu … Default `relu`. */
  activation?: string;
  /** Slope of leaky_relu, or alpha of elu. Default: PyTorch's. */
  activation_slope?: number;
  /** Stages whose feature maps a run returns, counted from 0. Default: the last. */
  out_indices?: number[];
}

/** The networks with 6n + 2 layers for CIFAR from the first paper (https://arxiv.org/abs/1512.03385, section 4.2). */
export interface CifarConfig {
  /** Marks this kind of configuration. */
  type: 'CifarResNet';
  /** Layers: 20, 32, 44, 56, 110 … */
  depth: number;
  /** `A`: without weights, strided and padded with zeros. `B`: a convolution. Default `A`. */
  shortcut?: 'A' | 'B';
  /** Classes of the head. Without it, the network is a bare backbone. */
  num_classes?: number;
  /** Channels of the input. Default 3. */
  in_channels?: number;
}
