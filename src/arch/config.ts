/** The configurations that `arch` accepts besides names. Arrays correspond to Python's tuples. */

import type { Conv, Norm } from './layer-config.ts';
import type { CifarConfig, GeneralConfig } from './own-config.ts';

export type { GeneralConfig } from './own-config.ts';

/** Arguments of every backbone. Those that only matter in training are accepted and have no effect. */
interface Shared {
  /** Channels of the input. Default 3. */
  in_channels?: number;
  /** Channels after the stem. Default 64, for MMDetection `base_channels`, for RegNet 32. */
  stem_channels?: number;
  /** Channels inside the first stage's blocks, before their expansion. Default 64. RegNet takes its widths from `arch`. */
  base_channels?: number;
  /** Stride of each stage. Default [1, 2, 2, 2], for RegNet [2, 2, 2, 2]. */
  strides?: number[];
  /** Dilation of each stage's 3x3 convolutions. Default 1 each. */
  dilations?: number[];
  /** Stages whose feature maps a run returns, counted from 0. Default: the last one in MMPretrain, all in MMDetection. */
  out_indices?: number[];
  /** Where a bottleneck has its stride: in the 3x3 convolution (`pytorch`) or in the first 1x1 (`caffe`). Default `pytorch`. */
  style?: 'pytorch' | 'caffe';
  /** Whether shortcuts do their stride by average pooling before the convolution (ResNet-D). Default: as the class has it. */
  avg_down?: boolean;
  /** Kind of convolution. Default null: an ordinary one. */
  conv_cfg?: Conv | null;
  /** Kind of norm. Default batch norm. */
  norm_cfg?: Norm;
  /** Training only. */
  frozen_stages?: number;
  /** Training only. */
  norm_eval?: boolean;
  /** Training only: activation checkpointing. */
  with_cp?: boolean;
  /** Whether each block's last norm starts with weight 0. Only matters with random weights. Default true. */
  zero_init_residual?: boolean;
  /** Training only. */
  init_cfg?: unknown;
}

/** Arguments of backbones with a depth. */
interface Deep extends Shared {
  /** Layers: 18, 34, 50, 101 or 152. Each class accepts some of them and refuses the others. */
  depth: number;
  /** Stages. Default 4. */
  num_stages?: number;
  /** Whether the stem is three 3x3 convolutions instead of one 7x7 (ResNet-C). Default: as the class has it. */
  deep_stem?: boolean;
  /**
   * Not in OpenMMLab: the 3x3 pooling of stride 2 after the stem. `max` pads by 1, as PyTorch's networks do. `caffe` does not pad, but
   * includes a last window that is only partly inside the map (ceil mode). `none` leaves the pooling out. Default `max`, for ResNet_CIFAR `none`.
   */
  stem_pool?: 'max' | 'caffe' | 'none';
  /** Not in OpenMMLab: the stride of the stem's first convolution. Default 2, for ResNet_CIFAR 1. */
  stem_stride?: 1 | 2;
}

/** More arguments of MMPretrain's backbones. */
interface Widening {
  /** Channels after a block, as a multiple of the channels inside it. Default: 1 for basic blocks, 4 for bottlenecks. */
  expansion?: number | null;
  /** Training only: stochastic depth. */
  drop_path_rate?: number;
}

/** More arguments of MMDetection's backbones. */
interface Detection {
  /** Deformable convolutions in place of the 3x3 ones, in the stages of `stage_with_dcn`. Default: none. */
  dcn?:
    | (Conv & {
        /** Groups of channels that have their own offsets. Default 1. */
        deform_groups?: number;
        /** Whether blocks with a stride keep an ordinary convolution. Default false. */
        fallback_on_stride?: boolean;
      })
    | null;
  /** Which stages have `dcn`. Default: none. */
  stage_with_dcn?: boolean[];
  /** Attention modules inside blocks. Default: none. */
  plugins?:
    | {
        /** The module's class and arguments. */
        cfg: {
          /** `ContextBlock`, `GeneralizedAttention`, `NonLocal2d` or `ConvModule`. */
          type: string;
          /** Suffix of the module's name in the checkpoint. */
          postfix?: string | number;
          /** Arguments of the module. */
          [argument: string]: unknown;
        };
        /** `after_conv1`, `after_conv2` or `after_conv3`. */
        position: string;
        /** Which stages have it. Default: all. */
        stages?: boolean[];
      }[]
    | null;
  /** Training only. */
  pretrained?: string | null;
}

/** Arguments of RegNets (https://arxiv.org/abs/2003.13678). */
interface RegNetArguments {
  /** The name of a published RegNet, such as `regnetx_400mf`, or the parameters of the width rule. */
  arch:
    | string
    | {
        /** Width of the first block, before rounding. */
        w0: number;
        /** Slope of the widths. */
        wa: number;
        /** Factor from one stage's width to the next's. */
        wm: number;
        /** Channels of a group. */
        group_w: number;
        /** Blocks. */
        depth: number;
        /** Width inside a block, as a multiple of the width of its output. */
        bot_mul: number;
      };
}

/** Arguments of ResNeXts (https://arxiv.org/abs/1611.05431). */
interface Grouped {
  /** Groups of the 3x3 convolutions. Default 32 of MMPretrain's, 1 of MMDetection's. */
  groups?: number;
}

/** Width of groups, as MMPretrain calls it. */
interface WidthPerGroup {
  /** Channels of a group in the first stage. Default 4. */
  width_per_group?: number;
}

/** Width of groups or slices, as MMDetection and Res2Net call it. */
interface BaseWidth {
  /** Channels of a group, or of a slice, in the first stage. Default 4; Res2Net's 26. */
  base_width?: number;
}

/** Arguments of squeeze-and-excitation (https://arxiv.org/abs/1709.01507). */
interface Squeezed {
  /** Reduction: the gate has this many times fewer channels than the block. Default 16. In SEResNeXt the reference ignores it. */
  se_ratio?: number;
}

/** Arguments of ResNeSts (https://arxiv.org/abs/2004.08955). */
interface SplitAttention {
  /** Groups of the 3x3 convolutions. Default 1. */
  groups?: number;
  /** Splits whose sum is weighted by attention. Default 2. */
  radix?: number;
  /** Reduction: the attention has this many times fewer channels than the block. Default 4. */
  reduction_factor?: number;
  /** Whether an average pooling does the stride of the 3x3 convolution. Default true. */
  avg_down_stride?: boolean;
}

/** Arguments of Res2Nets (https://arxiv.org/abs/1904.01169). */
interface Sliced extends BaseWidth {
  /** Slices of the 3x3 convolution. Default 4. */
  scales?: number;
}

/** Configurations of MMPretrain's and MMDetection's backbones, with the names and defaults of their constructors. */
export type KnownBackboneConfig =
  | ({
      /** MMPretrain's ResNet (https://arxiv.org/abs/1512.03385). V1c has a deep stem, V1d also average pooling in shortcuts, CIFAR a small stem. */
      type: 'ResNet' | 'ResNetV1c' | 'ResNetV1d' | 'ResNet_CIFAR';
    } & Deep &
      Widening)
  | ({
      /** MMPretrain's ResNeXt, or the same with squeeze-and-excitation. */
      type: 'ResNeXt' | 'SEResNeXt';
    } & Grouped &
      WidthPerGroup &
      Squeezed &
      Deep &
      Widening)
  | ({
      /** MMPretrain's. */
      type: 'SEResNet';
    } & Squeezed &
      Deep &
      Widening)
  | ({
      /** MMPretrain's. */
      type: 'ResNeSt';
    } & WidthPerGroup &
      SplitAttention &
      Deep &
      Widening)
  | ({
      /** MMPretrain's. */
      type: 'Res2Net';
    } & Sliced &
      Deep &
      Widening)
  | ({
      /** MMPretrain's. */
      type: 'RegNet';
    } & RegNetArguments &
      Shared)
  | ({
      /** MMDetection's ResNet. V1d has a deep stem and average pooling in shortcuts. */
      type: 'mmdet.ResNet' | 'mmdet.ResNetV1d';
    } & Deep &
      Detection)
  | ({
      /** MMDetection's. */
      type: 'mmdet.ResNeXt';
    } & Grouped &
      BaseWidth &
      Deep &
      Detection)
  | ({
      /** MMDetection's. */
      type: 'mmdet.ResNeSt';
    } & BaseWidth &
      SplitAttention &
      Deep &
      Detection)
  | ({
      /** MMDetection's. */
      type: 'mmdet.Res2Net';
    } & Sliced &
      Deep &
      Detection)
  | ({
      /** MMDetection's. */
      type: 'mmdet.RegNet';
    } & RegNetArguments &
      Shared &
      Detection)
  | ({
      /** MMDetection's, for TridentNet (https://arxiv.org/abs/1901.01892). */
      type: 'mmdet.TridentResNet';
      /** Number of branches with different dilations. */
      num_branch: number;
      /** The branch to compute. -1 computes all, one batch after the other. */
      test_branch_idx: number;
      /** Dilation of each branch. */
      trident_dilations: number[];
    } & Deep &
      Detection)
  | ({
      /** MMDetection's, for DetectoRS (https://arxiv.org/abs/2006.02334). */
      type: 'mmdet.DetectoRS_ResNet' | 'mmdet.DetectoRS_ResNeXt';
      /** Switchable atrous convolutions in place of the 3x3 ones, in the stages of `stage_with_sac`. Default: none. */
      sac?: Conv | null;
      /** Which stages have `sac`. Default: none. */
      stage_with_sac?: boolean[];
      /** Whether the first output is the image itself. Default false. */
      output_img?: boolean;
    } & Deep &
      Detection)
  | GeneralConfig
  | CifarConfig;

/** Any string in `type` passes the compiler, because configurations often come from JSON. Unknown ones are refused at run time. */
export type BackboneConfig =
  | KnownBackboneConfig
  | ({
      /** The class. */
      type: string;
    } & Record<string, unknown>);

/** MMPretrain's ImageClassifier. Without `head` it only gives feature maps. */
export interface ClassifierConfig {
  /** Marks this kind of configuration. */
  type: 'ImageClassifier';
  /** Also accepted here: a library's network. Its own head is left out. */
  backbone: BackboneConfig | LibraryConfig;
  /** GlobalAveragePooling or GeneralizedMeanPooling. Of this library: GlobalMaxPooling, ConcatPooling (`first`: 'max' as in fastai, or 'avg') */
  neck?: {
    /** The class. */
    type: string;
    /** Its arguments. */
    [argument: string]: unknown;
  } | null;
  /** LinearClsHead, StackedLinearClsHead or MultiLabelLinearClsHead. Of this library: SequentialHead, whose `layers` are PyTorch's modules in order */
  head?: {
    /** The class. */
    type: string;
    /** Number of logits. Default: as in the checkpoint's head. */
    num_classes?: number;
    /** Length of the vector that the head reads. Default: what the neck gives. */
    in_channels?: number;
    /** Other arguments. docs/heads.md lists those of this library's heads. */
    [argument: string]: unknown;
  } | null;
  /** Only mean, std, to_rgb, pad_size_divisor and pad_value are used. */
  data_preprocessor?: Record<string, unknown> | null;
  /** Other arguments of MMPretrain's class have no effect. */
  [argument: string]: unknown;
}

/**
 * A model function (`entrypoint`) of timm or torchvision with arguments to override, or a class (`type`) with its arguments. For
 * transformers: a `type` (its model_type, resnet, regnet or bit) with the arguments of that configuration.
 */
export type LibraryConfig = {
  /** The library that names and arguments are from. */
  library: 'timm' | 'torchvision' | 'transformers';
  /** A model function, such as `resnet50d`. Give this or `type`. */
  entrypoint?: string;
  /** A class, such as `ResNet`, or a model_type of transformers. Give this or `entrypoint`. */
  type?: string;
  /** Classes of the head. 0 leaves the head out. Default 1000. */
  num_classes?: number;
} & Record<string, unknown>;

/** A name, or any configuration. */
export type Arch = string | BackboneConfig | ClassifierConfig | LibraryConfig;
