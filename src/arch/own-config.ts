/** Configurations that no other library has. */

import type { Norm } from './layer-config.ts';

/**
 * Ours: a ResNet of any widths and depths, each list with one entry a stage. It is what a checkpoint of no published network is read as, so
 * `info.assumed` gives such configurations to choose from.
 */
export interface GeneralConfig {
  /** Tells the configuration from others. */
  type: 'GeneralResNet';
  /** Channels of the input. Default 3. */
  in_channels?: number;
  /** What comes before the first stage. Default: a 7x7 convolution of stride 2 with 64 channels, and max pooling. */
  stem?: {
    /** Of one convolution, or of three of 3x3. Default [64]. */
    channels?: number[];
    /** Pixels a side of the one convolution. Default 7. */
    kernel?: number;
    /** Of the first convolution. Default 2. */
    stride?: 1 | 2;
    /**
     * Of stride 2. `max`: 3x3 maximum, as torchvision pads it; `caffe`: as Caffe pads it; `avg`: 2x2 averages; `conv`: a 3x3 convolution with norm
     * and activation, as ResNet-RS has it. Default `max`.
     */
    pool?: 'max' | 'caffe' | 'avg' | 'conv' | 'none';
    /** Whether an activation follows the last norm. Default true. */
    activated?: boolean;
  };
  /** Two 3x3 convolutions, or 1x1, 3x3 and 1x1. */
  block: 'BasicBlock' | 'Bottleneck';
  /** Blocks of each stage. */
  layers: number[];
  /** Channels after each stage's blocks. */
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
  /** Dilation of the first block's. Default: `dilations`. */
  first_dilations?: number[];
  /** Whether the first block's shortcut has a convolution. Default: in all stages but the first. */
  projected?: boolean[];
  /** Where a shortcut has no convolution and widths differ, zeros are added `around` or `behind` the channels. Default `around`. */
  zeros?: 'around' | 'behind';
  /** Whether shortcuts average before their convolution in place of striding (ResNet-D). Default false. */
  avg_down?: boolean;
  /** Where a bottleneck has its stride: in the 3x3 convolution (`pytorch`) or in the first 1x1 (`caffe`). Default `pytorch`. */
  style?: 'pytorch' | 'caffe';
  /** Anti-aliasing as timm's: 3x3 convolutions and the stem's pooling leave their stride to averages, or to a blur. */
  aa_layer?: '' | 'avg' | 'blur';
  /** Channel attention in each block. Default: none. */
  attention?: {
    /** Squeeze-and-excitation, or ECA (https://arxiv.org/abs/1910.03151). */
    type: 'SE' | 'ECA';
    /** Channels inside an SE gate, of each stage. */
    channels?: number[];
    /** The same of each stage's first block, where it differs, as in RegNets. */
    first_channels?: number[];
    /** At the block's end, or after its 3x3 convolution as in RegNets. Default `end`. */
    place?: 'end' | 'middle';
    /** Whether the network's activation is between the two layers of an SE gate, and not ReLU. Default false. */
    activated?: boolean;
  };
  /** What stands for the 3x3 convolution of bottlenecks. Default: a convolution. */
  middle?:
    | {
        /** Res2Net's: slices one after the other. */
        type: 'Res2';
        /** Slices of `mid_channels`. */
        scales: number;
        /** Whether the last slice of a stage's first block is pooled where the stride is 1, too. Default true, as MMPretrain has it; MMDetection: false. */
        pool_unstrided?: boolean;
      }
    | {
        /** ResNeSt's. */
        type: 'SplitAttention';
        /** Splits. */
        radix: number;
        /** Channels inside the attention, of each stage. */
        channels: number[];
        /** What strides: averages after the attention, averages before it, or the convolution. Default `average`. */
        stride?: 'average' | 'average_first' | 'convolution';
      }
    | {
        /** SKNet's (https://arxiv.org/abs/1903.06586), also in place of the first convolution of basic blocks. */
        type: 'SelectiveKernel';
        /** Paths of growing dilation. Default 2. */
        paths?: number;
        /** Whether each path has its own part of the input, and not the whole. Default false. */
        split?: boolean;
        /** Channels inside the attention, of each stage. */
        channels: number[];
      };
  /** Which norm. Default batch norm. */
  norm_cfg?: Norm;
  /** Whether convolutions have biases that no norm takes in. */
  conv_bias?: boolean;
  /** As timm calls them: relu, silu, gelu, leaky_relu … Default `relu`. */
  activation?: string;
  /** Slope of leaky_relu, or alpha of elu. Default: PyTorch's. */
  activation_slope?: number;
  /** Stages whose maps a run gives, 0 first. Default: the last. */
  out_indices?: number[];
}

/** The 6n + 2 layer networks for CIFAR of the first paper (https://arxiv.org/abs/1512.03385, section 4.2). */
export interface CifarConfig {
  /** Tells the configuration from others. */
  type: 'CifarResNet';
  /** Layers: 20, 32, 44, 56, 110 … */
  depth: number;
  /** Without numbers (`A`: strided, padded with zeros), or a convolution (`B`). Default `A`. */
  shortcut?: 'A' | 'B';
  /** Classes of the head. Without it a bare backbone. */
  num_classes?: number;
  /** Channels of the input. Default 3. */
  in_channels?: number;
}
