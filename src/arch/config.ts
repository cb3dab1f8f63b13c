/** What `arch` may be besides a name. Lists stand for Python's tuples. */

import type { Conv, Norm } from './layer-config.ts';
import type { CifarConfig, GeneralConfig } from './own-config.ts';

export type { GeneralConfig } from './own-config.ts';

/** Arguments of every backbone; those that matter in training only are accepted and have no effect. */
interface Shared {
  /** Channels of the input. Default 3. */
  in_channels?: number;
  /** Channels after the stem. Default 64, of MMDetection's `base_channels`; RegNet's 32. */
  stem_channels?: number;
  /** Channels of the first stage's blocks, before their expansion. Default 64. RegNet takes its widths from `arch`. */
  base_channels?: number;
  /** Stride of each stage. Default [1, 2, 2, 2]; RegNet's [2, 2, 2, 2]. */
  strides?: number[];
  /** Dilation of each stage's 3x3 convolutions. Default 1 each. */
  dilations?: number[];
  /** Stages whose maps a run gives, 0 first. Default: the last of MMPretrain's, all of MMDetection's. */
  out_indices?: number[];
  /** Where a bottleneck has its stride: in the 3x3 convolution (`pytorch`) or in the first 1x1 (`caffe`). Default `pytorch`. */
  style?: 'pytorch' | 'caffe';
  /** Whether shortcuts average before their convolution in place of striding (ResNet-D). Default: as the class says. */
  avg_down?: boolean;
  /** Which convolution. Default null: an ordinary one. */
  conv_cfg?: Conv | null;
  /** Which norm. Default batch norm. */
  norm_cfg?: Norm;
  /** Training only. */
  frozen_stages?: number;
  /** Training only. */
  norm_eval?: boolean;
  /** Training only: checkpoints of activations. */
  with_cp?: boolean;
  /** Whether each block's last norm begins with weight 0; counts with random weights only. Default true. */
  zero_init_residual?: boolean;
  /** Training only. */
  init_cfg?: unknown;
}

/** Arguments of backbones with a depth. */
interface Deep extends Shared {
  /** Layers: 18, 34, 50, 101 or 152; each class says which of them it has, and refuses others. */
  depth: number;
  /** Stages. Default 4. */
  num_stages?: number;
  /** Whether the stem is three 3x3 convolutions and not one of 7x7 (ResNet-C). Default: as the class says. */
  deep_stem?: boolean;
  /**
   * Not in OpenMMLab: the 3x3 pooling of stride 2 after the stem. `max` pads by 1, as PyTorch's networks do; `caffe` does not pad and counts a
   * last window that is not full (ceil mode); `none` leaves it out. Default `max`, for ResNet_CIFAR `none`.
   */
  stem_pool?: 'max' | 'caffe' | 'none';
  /** Not in OpenMMLab: the stride of the stem's first convolution. Default 2, for ResNet_CIFAR 1. */
  stem_stride?: 1 | 2;
}

/** More arguments of MMPretrain's backbones. */
interface Widening {
  /** Channels after a block, as a multiple of those inside it. Default: 1 for basic blocks, 4 for bottlenecks. */
  expansion?: number | null;
  /** Training only: stochastic depth. */
  drop_path_rate?: number;
}

/** More arguments of MMDetection's backbones. */
interface Detection {
  /** Deformable convolutions in place of the 3x3 ones, in the stages of `stage_with_dcn`. Default: none. */
  dcn?:
    | (Conv & {
        /** Groups of channels with offsets of their own. Default 1. */
        deform_groups?: number;
        /** Whether blocks that stride keep an ordinary convolution. Default false. */
        fallback_on_stride?: boolean;
      })
    | null;
  /** Which stages have `dcn`. Default: none. */
  stage_with_dcn?: boolean[];
  /** Attention modules inside blocks. Default: none. */
  plugins?:
    | {
        /** The module. */
        cfg: {
          /** `ContextBlock`, `GeneralizedAttention`, `NonLocal2d` or `ConvModule`. */
          type: string;
          /** Ends its name in the checkpoint. */
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
  /** A published one, such as `regnetx_400mf`, or the parameters of the width rule. */
  arch:
    | string
    | {
        /** Initial width. */
        w0: number;
        /** Slope of the widths. */
        wa: number;
        /** Factor from one stage's width to the next's. */
        wm: number;
        /** Channels of a group. */
        group_w: number;
        /** Blocks. */
        depth: number;
        /** Width inside a block, as a multiple of the width after it. */
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
  /** By what the gate's channels are fewer than the block's. Default 16. Of SEResNeXt the reference ignores it. */
  se_ratio?: number;
}

/** Arguments of ResNeSts (https://arxiv.org/abs/2004.08955). */
interface SplitAttention {
  /** Groups of the 3x3 convolutions. Default 1. */
  groups?: number;
  /** Splits whose sum is weighted by attention. Default 2. */
  radix?: number;
  /** By what the attention's channels are fewer than the block's. Default 4. */
  reduction_factor?: number;
  /** Whether the 3x3 convolution leaves its stride to an average pooling. Default true. */
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
      /** MMPretrain's ResNet (https://arxiv.org/abs/1512.03385), with a deep stem (V1c), also with averages in shortcuts (V1d), or with the stem for CIFAR. */
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
      /** MMDetection's ResNet, or with a deep stem and averages in shortcuts. */
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
      /** Branches of other dilations. */
      num_branch: number;
      /** The branch that is computed; -1 for all, one batch after the other. */
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
      /** Whether the image is handed through as the first output. Default false. */
      output_img?: boolean;
    } & Deep &
      Detection)
  | GeneralConfig
  | CifarConfig;

/** Any string in `type` passes the compiler, as configurations often come from JSON; unknown ones are refused at run time. */
export type BackboneConfig =
  | KnownBackboneConfig
  | ({
      /** The class. */
      type: string;
    } & Record<string, unknown>);

/** MMPretrain's ImageClassifier. Without `head` it gives feature maps only. */
export interface ClassifierConfig {
  /** Tells the configuration from others. */
  type: 'ImageClassifier';
  /** Ours: also a library's network, whose own head is left out. */
  backbone: BackboneConfig | LibraryConfig;
  /** GlobalAveragePooling, GeneralizedMeanPooling; ours: GlobalMaxPooling, ConcatPooling (`first`: 'max' as fastai has it, or 'avg') */
  neck?: {
    /** The class. */
    type: string;
    /** Its arguments. */
    [argument: string]: unknown;
  } | null;
  /** LinearClsHead, StackedLinearClsHead, MultiLabelLinearClsHead; ours: SequentialHead, whose `layers` are PyTorch's modules in order */
  head?: {
    /** The class. */
    type: string;
    /** Length of the logits. Default: as many as the checkpoint's head has. */
    num_classes?: number;
    /** Length of what the head reads. Default: what the neck gives. */
    in_channels?: number;
    /** Its other arguments; docs/heads.md lists those of ours. */
    [argument: string]: unknown;
  } | null;
  /** mean, std, to_rgb, pad_size_divisor, pad_value are used. */
  data_preprocessor?: Record<string, unknown> | null;
  /** What else MMPretrain's class takes has no effect. */
  [argument: string]: unknown;
}

/**
 * A model function (`entrypoint`) of timm or torchvision with arguments to override, or a class (`type`) with its arguments; of
 * transformers a `type` (its model_type, resnet or regnet) with the arguments of that configuration.
 */
export type LibraryConfig = {
  /** Whose names and arguments these are. */
  library: 'timm' | 'torchvision' | 'transformers';
  /** A model function, such as `resnet50d`. This or `type`. */
  entrypoint?: string;
  /** A class, such as `ResNet`, or a model_type of transformers. This or `entrypoint`. */
  type?: string;
  /** Classes of the head; 0 for none. Default 1000. */
  num_classes?: number;
} & Record<string, unknown>;

/** A name, or any configuration. */
export type Arch = string | BackboneConfig | ClassifierConfig | LibraryConfig;
