/** What `arch` may be besides a name. Lists stand for Python's tuples. */

interface Conv {
  type: 'Conv2d' | 'Conv' | 'ConvWS' | 'ConvAWS' | 'Conv2dAdaptivePadding' | 'DCN' | 'DCNv2' | 'SAC';
  [argument: string]: unknown;
}

interface Norm {
  type: 'BN' | 'BN2d' | 'SyncBN' | 'GN' | 'IN' | 'IN2d' | 'LN2d';
  eps?: number;
  num_groups?: number;
  [argument: string]: unknown;
}

/** Arguments of every backbone; those that matter in training only are accepted and have no effect. */
interface Shared {
  in_channels?: number;
  stem_channels?: number;
  base_channels?: number;
  strides?: number[];
  dilations?: number[];
  /** Stages whose maps a run gives, 0 first. */
  out_indices?: number[];
  style?: 'pytorch' | 'caffe';
  avg_down?: boolean;
  conv_cfg?: Conv | null;
  norm_cfg?: Norm;
  frozen_stages?: number;
  norm_eval?: boolean;
  with_cp?: boolean;
  zero_init_residual?: boolean;
  init_cfg?: unknown;
}

interface Deep extends Shared {
  depth: number;
  num_stages?: number;
  deep_stem?: boolean;
  /**
   * Not in OpenMMLab: the 3x3 pooling of stride 2 behind the stem. `max` pads by 1, as PyTorch's networks do; `caffe` does not pad and counts a
   * last window that is not full (ceil mode); `none` leaves it out. Default `max`, for ResNet_CIFAR `none`.
   */
  stem_pool?: 'max' | 'caffe' | 'none';
  /** Not in OpenMMLab: the stride of the stem's first convolution. Default 2, for ResNet_CIFAR 1. */
  stem_stride?: 1 | 2;
}

interface Widening {
  expansion?: number | null;
  drop_path_rate?: number;
}

interface Detection {
  dcn?: (Conv & { deform_groups?: number; fallback_on_stride?: boolean }) | null;
  stage_with_dcn?: boolean[];
  plugins?:
    | { cfg: { type: string; postfix?: string | number; [argument: string]: unknown }; position: string; stages?: boolean[] }[]
    | null;
  pretrained?: string | null;
}

interface RegNetArguments {
  arch: string | { w0: number; wa: number; wm: number; group_w: number; depth: number; bot_mul: number };
}

export interface GeneralConfig {
  type: 'GeneralResNet';
  in_channels?: number;
  /**
   * `channels`: one convolution's, or three of 3x3. `pool`: 3x3 with stride 2, as torchvision pads it or as Caffe; 2x2 averages; `conv`: a 3x3
   * convolution of stride 2 with norm and activation, as ResNet-RS has it. `activated`: whether an activation follows the last norm, true by default.
   */
  stem?: { channels?: number[]; kernel?: number; stride?: 1 | 2; pool?: 'max' | 'caffe' | 'avg' | 'conv' | 'none'; activated?: boolean };
  block: 'BasicBlock' | 'Bottleneck';
  /** Blocks. */
  layers: number[];
  /** After a block. */
  channels: number[];
  /** After the first convolution, and after the 3x3 of a bottleneck. */
  first_channels?: number[];
  mid_channels?: number[];
  groups?: number[];
  strides?: number[];
  /** Of the 3x3 convolutions; the first block's may differ. */
  dilations?: number[];
  first_dilations?: number[];
  /** Whether the first block has a projection; where it has none and widths differ, zeros are added `around` or `behind` the channels. */
  projected?: boolean[];
  zeros?: 'around' | 'behind';
  avg_down?: boolean;
  style?: 'pytorch' | 'caffe';
  /** Anti-aliasing as timm's: 3x3 convolutions and the stem's pooling leave their stride to averages, or to a blur. */
  aa_layer?: '' | 'avg' | 'blur';
  /**
   * `activated`: the network's activation between the two layers of an SE gate, not ReLU. `place`: at the block's end, or behind its 3x3
   * convolution as in RegNets, whose first blocks squeeze to other widths (`first_channels`).
   */
  attention?: { type: 'SE' | 'ECA'; channels?: number[]; first_channels?: number[]; place?: 'end' | 'middle'; activated?: boolean };
  /**
   * What stands for the 3x3 convolution of bottlenecks. Res2: `mid_channels` in `scales` slices; `pool_unstrided` says whether the last slice
   * of a stage's first block is pooled where the stride is 1, too (MMDetection: false). SplitAttention: `channels` inside the attention of
   * each stage; `stride` is that of the convolution, or of averages behind or before the attention. SelectiveKernel, also in place of the
   * first convolution of basic blocks: `paths` of growing dilation, each of the whole input or (`split`) of its own part, and `channels`
   * inside their attention.
   */
  middle?:
    | { type: 'Res2'; scales: number; pool_unstrided?: boolean }
    | { type: 'SplitAttention'; radix: number; channels: number[]; stride?: 'average' | 'average_first' | 'convolution' }
    | { type: 'SelectiveKernel'; paths?: number; split?: boolean; channels: number[] };
  norm_cfg?: Norm;
  /** Whether convolutions have biases that no norm takes in. */
  conv_bias?: boolean;
  /** As timm calls them: relu, silu, gelu, leaky_relu … `activation_slope` is leaky_relu's slope or elu's alpha. */
  activation?: string;
  activation_slope?: number;
  out_indices?: number[];
}

/** Configurations of MMPretrain's and MMDetection's backbones, with the names and defaults of their constructors. */
export type KnownBackboneConfig =
  | ({ type: 'ResNet' | 'ResNetV1c' | 'ResNetV1d' | 'ResNet_CIFAR' } & Deep & Widening)
  | ({ type: 'ResNeXt' | 'SEResNeXt'; groups?: number; width_per_group?: number; se_ratio?: number } & Deep & Widening)
  | ({ type: 'SEResNet'; se_ratio?: number } & Deep & Widening)
  | ({
      type: 'ResNeSt';
      groups?: number;
      width_per_group?: number;
      radix?: number;
      reduction_factor?: number;
      avg_down_stride?: boolean;
    } & Deep &
      Widening)
  | ({ type: 'Res2Net'; scales?: number; base_width?: number } & Deep & Widening)
  | ({ type: 'RegNet' } & RegNetArguments & Shared)
  | ({ type: 'mmdet.ResNet' | 'mmdet.ResNetV1d' } & Deep & Detection)
  | ({ type: 'mmdet.ResNeXt'; groups?: number; base_width?: number } & Deep & Detection)
  | ({
      type: 'mmdet.ResNeSt';
      groups?: number;
      base_width?: number;
      radix?: number;
      reduction_factor?: number;
      avg_down_stride?: boolean;
    } & Deep &
      Detection)
  | ({ type: 'mmdet.Res2Net'; scales?: number; base_width?: number } & Deep & Detection)
  | ({ type: 'mmdet.RegNet' } & RegNetArguments & Shared & Detection)
  | ({ type: 'mmdet.TridentResNet'; num_branch: number; test_branch_idx: number; trident_dilations: number[] } & Deep & Detection)
  | ({
      type: 'mmdet.DetectoRS_ResNet' | 'mmdet.DetectoRS_ResNeXt';
      sac?: Conv | null;
      stage_with_sac?: boolean[];
      output_img?: boolean;
    } & Deep &
      Detection)
  /** Any widths and depths; lists have one entry a stage. What a checkpoint of no published network is read as. */
  | GeneralConfig
  /** The 6n + 2 layer networks for CIFAR; without `num_classes` a bare backbone. */
  | { type: 'CifarResNet'; depth: number; shortcut?: 'A' | 'B'; num_classes?: number; in_channels?: number };

/** Any string in `type` passes the compiler, as configurations often come from JSON; unknown ones are refused at run time. */
export type BackboneConfig = KnownBackboneConfig | ({ type: string } & Record<string, unknown>);

/** MMPretrain's ImageClassifier. Without `head` it gives feature maps only. */
export interface ClassifierConfig {
  type: 'ImageClassifier';
  /** Ours: also a library's network, whose own head is left out. */
  backbone: BackboneConfig | LibraryConfig;
  /** GlobalAveragePooling, GeneralizedMeanPooling; ours: GlobalMaxPooling, ConcatPooling (`first`: 'max' as fastai has it, or 'avg') */
  neck?: { type: string; [argument: string]: unknown } | null;
  /** LinearClsHead, StackedLinearClsHead, MultiLabelLinearClsHead; ours: SequentialHead, whose `layers` are PyTorch's modules in order */
  head?: { type: string; num_classes?: number; in_channels?: number; [argument: string]: unknown } | null;
  /** mean, std, to_rgb, pad_size_divisor, pad_value are used. */
  data_preprocessor?: Record<string, unknown> | null;
  [argument: string]: unknown;
}

/**
 * A model function (`entrypoint`) of timm or torchvision with arguments to override, or a class (`type`) with its arguments; of
 * transformers a `type` (its model_type, resnet or regnet) with the arguments of that configuration.
 */
export type LibraryConfig = {
  library: 'timm' | 'torchvision' | 'transformers';
  entrypoint?: string;
  type?: string;
  num_classes?: number;
} & Record<string, unknown>;

/** A name, or any configuration. */
export type Arch = string | BackboneConfig | ClassifierConfig | LibraryConfig;
