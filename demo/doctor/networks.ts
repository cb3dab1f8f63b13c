/**
 * The networks of the doctor: small ones, grouped by the kernels that they need. Together they reach every kernel of the library
 * (networks.test.ts), and every form of the convolution that some GPU uses.
 */
import { CURVES } from '../../src/graph/curve-ops.ts';
import type { ModelSource } from '../library.ts';

export type Arch = NonNullable<Extract<ModelSource, { weights: unknown }>['arch']>;

export interface SmallNetwork {
  arch: Arch;
  /** [channels, height, width] of its input. */
  input: readonly [number, number, number];
  /** Forms of the convolution to use instead of this GPU's, as for `loadModel`. */
  variants?: Record<string, string>;
  /** Additional layers to compare: intermediate values, at which fusion stops. */
  layers?: readonly string[];
}

export interface Check {
  id: string;
  title: string;
  /** Networks that use these kernels. */
  what: string;
  /** What does not work if they fail. */
  concerns: string;
  /** Kernels that CPUs never use, and that take minutes to compile on one. Left out on software adapters. */
  gpuOnly?: true;
  networks: readonly SmallNetwork[];
}

const one = { num_stages: 1, strides: [1], dilations: [1], out_indices: [0] } as const;
const two = { num_stages: 2, strides: [1, 2], dilations: [1, 1], out_indices: [0, 1] } as const;
const input = [3, 32, 40] as const;
/** timm's class with minimum widths. */
const timm = { library: 'timm', type: 'ResNet', layers: [1, 1, 1, 1], channels: [16, 8, 24, 16], stem_width: 8, num_classes: 10 } as const;
const deep = { ...timm, stem_type: 'deep' } as const;
const mixed = ['BasicBlock', 'Bottleneck', 'BasicBlock', 'Bottleneck'];

function withAttention(attn_layer: string): SmallNetwork {
  return { arch: { ...deep, block: mixed, channels: [32, 8, 24, 16], block_args: { attn_layer } }, input };
}

const general = { type: 'GeneralizedAttention', spatial_range: -1, num_heads: 4, kv_stride: 2 };

function generalAttention(attention_type: string, q_stride = 1): SmallNetwork {
  const cfg = { ...general, attention_type, q_stride };
  const plugins = [{ cfg, position: 'after_conv2', stages: [false, true] }];
  return { arch: { type: 'mmdet.ResNet', depth: 50, base_channels: 4, stem_channels: 8, plugins, ...two }, input };
}

/** One block that ends in the activation, after a stem. */
function bent(activation: string): SmallNetwork {
  return { arch: { type: 'GeneralResNet', block: 'BasicBlock', stem: { channels: [8] }, layers: [1], channels: [8], activation }, input };
}

/** Sigmoids are gates, which other networks have. */
const ACTIVATIONS = Object.keys(CURVES).filter((op) => !op.endsWith('sigmoid'));

const v2Base = {
  library: 'timm',
  type: 'ResNetV2',
  // Maps of 8x10 and 4x5. With fewer pixels, a variance would amplify rounding errors.
  layers: [1, 1],
  channels: [32, 48],
  stem_chs: 16,
  num_classes: 10,
} as const;

/** Groups of group norm and EvoNorm. */
const thirtyTwo = { channels: [32, 64], stem_chs: 32, bottle_ratio: 1 };

function v2(settings: Record<string, unknown>): SmallNetwork {
  return { arch: { ...v2Base, ...settings }, input };
}

/** Forms that some GPU may use for a 3x3 convolution of 64 > 64 channels, by the stage that gets it. */
const FORMS = [
  ['tiled-8x4-16', 'tiled-4x4-32', 'winograd2 tiled-8x4-16', 'winograd4 tiled-8x4-16'],
  ['tiled-8x4-16/4', 'tiled-4x4-32/2', 'winograd2 tiled-4x4-32', 'winograd4 tiled-4x4-32'],
  ['direct-1x16-16-64', 'direct-1x8-16-64', 'winograd2 direct-1x16-16-64', 'winograd4 direct-1x16-16-64'],
  ['direct-1x16-16-64/4', 'direct-1x8-16-64/2', 'winograd2 direct-1x8-16-64', 'winograd4 direct-1x8-16-64'],
  ['direct-2x8-4-16', 'direct-2x16-16-64', 'winograd2 direct-2x8-4-16', 'winograd4 direct-2x8-4-16'],
] as const;

/** Four stages with different widths, so that each has its own shape and form. */
function inForms(forms: readonly string[]): SmallNetwork {
  const channels = [64, 96, 80, 112];
  return {
    arch: {
      type: 'GeneralResNet',
      block: 'BasicBlock',
      stem: { channels: [64], kernel: 3, pool: 'none' },
      layers: [1, 1, 1, 1],
      channels,
      strides: [1, 1, 1, 1],
    },
    input: [3, 18, 26],
    variants: Object.fromEntries(channels.map((width, i) => [`3x3/1x1 ${width}>${width} 9x13`, forms[i] ?? ''])),
  };
}

export const CHECKS: readonly Check[] = [
  {
    id: 'plain',
    title: 'Plain ResNets',
    what: 'stem, convolution, pooling, linear layer',
    concerns: 'No network of the family works here',
    networks: [
      { arch: { ...timm, block: 'Bottleneck' }, input, layers: ['layer1.0.bn1', 'layer2.0.relu1'] },
      { arch: { ...timm, block: 'BasicBlock', channels: [13, 22, 31, 40] }, input: [3, 33, 47] },
      { arch: { type: 'CifarResNet', depth: 8, shortcut: 'A', num_classes: 10 }, input: [3, 32, 32] },
      { arch: { type: 'ResNet', depth: 18, in_channels: 6, stem_channels: 8, base_channels: 8, ...one }, input: [6, 32, 40] },
    ],
  },
  {
    id: 'forms',
    title: 'Forms of the convolution',
    what: 'direct, tiled, split sums, Winograd',
    concerns: 'Networks of some sizes do not work here',
    gpuOnly: true,
    networks: FORMS.map(inForms),
  },
  {
    id: 'grouped',
    title: 'ResNeXt, RegNetX',
    what: 'grouped and depthwise convolution',
    concerns: 'ResNeXt and RegNet do not work here',
    networks: [
      { arch: { type: 'ResNeXt', depth: 50, groups: 8, width_per_group: 4, stem_channels: 8, base_channels: 16, ...one }, input },
      { arch: { type: 'ResNeXt', depth: 50, groups: 8, width_per_group: 1, stem_channels: 8, base_channels: 64, ...one }, input },
      { arch: { type: 'ResNeXt', depth: 50, groups: 2, width_per_group: 32, stem_channels: 8, base_channels: 64, ...one }, input },
    ],
  },
  {
    id: 'gates',
    title: 'SE-ResNet, RegNetY, SKNet, ResNeSt',
    what: 'squeeze and excitation, split attention',
    concerns: 'SE-ResNet, RegNetY, SKNet and ResNeSt do not work here',
    networks: [
      { arch: { type: 'SEResNet', depth: 50, se_ratio: 4, stem_channels: 8, base_channels: 8, ...two }, input },
      {
        arch: {
          type: 'ResNeSt',
          depth: 50,
          radix: 2,
          groups: 2,
          width_per_group: 8,
          reduction_factor: 2,
          stem_channels: 8,
          base_channels: 32,
          ...two,
        },
        input,
      },
      {
        arch: {
          type: 'ResNeSt',
          depth: 50,
          radix: 3,
          groups: 1,
          width_per_group: 4,
          reduction_factor: 4,
          stem_channels: 8,
          base_channels: 6,
          ...one,
        },
        input,
      },
      { arch: { type: 'ResNeSt', depth: 50, radix: 1, reduction_factor: 2, stem_channels: 8, base_channels: 8, ...one }, input },
      { arch: { ...deep, block: 'SelectiveKernelBottleneck', block_args: { sk_kwargs: { split_input: true } } }, input },
    ],
  },
  {
    id: 'slices',
    title: 'Res2Net',
    what: 'slices and copies',
    concerns: 'Res2Net does not work here',
    networks: [
      { arch: { type: 'Res2Net', depth: 50, scales: 4, base_width: 26, stem_channels: 8, base_channels: 64, ...one }, input },
      { arch: { type: 'Res2Net', depth: 50, scales: 4, base_width: 5, stem_channels: 8, base_channels: 16, ...two }, input },
      {
        arch: {
          type: 'mmdet.TridentResNet',
          depth: 50,
          base_channels: 8,
          stem_channels: 8,
          num_branch: 3,
          test_branch_idx: -1,
          trident_dilations: [1, 2, 3],
          num_stages: 3,
          strides: [1, 2, 2],
          dilations: [1, 1, 1],
          out_indices: [2],
        },
        input,
      },
    ],
  },
  {
    id: 'norms',
    title: 'Norms that are computed anew for each image',
    what: 'group, layer, instance norm, EvoNorm, FRN; ResNetV2 (BiT)',
    concerns: 'Networks with group norm and the like do not work here, BiT among them',
    networks: [
      { arch: { type: 'ResNet', depth: 50, norm_cfg: { type: 'GN', num_groups: 2 }, stem_channels: 8, base_channels: 4, ...two }, input },
      { arch: { type: 'ResNet', depth: 50, norm_cfg: { type: 'IN' }, stem_channels: 8, base_channels: 8, ...one }, input },
      { arch: { type: 'ResNet', depth: 50, norm_cfg: { type: 'LN2d' }, stem_channels: 8, base_channels: 4, ...one }, input },
      v2({ norm_layer: 'batchnorm2d', conv_layer: 'conv2d' }),
      v2({ stem_type: 'fixed', ...thirtyTwo }),
      v2({ norm_layer: 'frntlu', conv_layer: 'conv2d' }),
      v2({ norm_layer: 'evonorms0', conv_layer: 'conv2d', ...thirtyTwo }),
    ],
  },
  {
    id: 'activations',
    title: 'Other activations than ReLU',
    what: 'SiLU, GELU, Mish and others; PReLU in a head',
    concerns: 'Networks with other activations than ReLU do not work here',
    networks: [
      ...ACTIVATIONS.map(bent),
      {
        arch: {
          type: 'ImageClassifier',
          backbone: { type: 'ResNet', depth: 18, stem_channels: 8, base_channels: 8, ...one },
          neck: { type: 'GlobalAveragePooling' },
          head: {
            type: 'SequentialHead',
            layers: [{ type: 'ReLU' }, { type: 'Linear', out_features: 12 }, { type: 'PReLU' }, { type: 'Linear', out_features: 10 }],
          },
        },
        input,
      },
    ],
  },
  {
    id: 'attention',
    title: 'Attention modules',
    what: 'CBAM, ECA, coordinate, non-local, global context, generalized attention',
    concerns: 'Networks with attention modules do not work here',
    networks: [
      ...['ese', 'eca', 'ecam', 'cbam', 'coord', 'scoord', 'gc', 'nl', 'strip'].map(withAttention),
      generalAttention('1111'),
      {
        // Only with the widths that the reference supports.
        arch: {
          type: 'mmdet.ResNet',
          depth: 50,
          base_channels: 64,
          stem_channels: 8,
          plugins: [{ cfg: { ...general, spatial_range: 2, num_heads: 8, attention_type: '1000' }, position: 'after_conv3' }],
          ...one,
        },
        input,
      },
    ],
  },
  {
    id: 'deformable',
    title: 'Detectors’ convolutions',
    what: 'deformable (DCN v1 and v2), switchable atrous',
    concerns: 'Networks with deformable convolutions do not work here',
    networks: [
      {
        arch: {
          type: 'mmdet.ResNet',
          depth: 50,
          base_channels: 8,
          stem_channels: 8,
          dcn: { type: 'DCN', deform_groups: 1 },
          stage_with_dcn: [true],
          ...one,
        },
        input,
      },
      {
        arch: {
          type: 'mmdet.ResNet',
          depth: 50,
          base_channels: 8,
          stem_channels: 8,
          dcn: { type: 'DCNv2', deform_groups: 2 },
          stage_with_dcn: [true],
          ...one,
        },
        input,
      },
      {
        arch: {
          type: 'mmdet.DetectoRS_ResNet',
          depth: 50,
          base_channels: 8,
          stem_channels: 8,
          conv_cfg: { type: 'ConvAWS' },
          sac: { type: 'SAC', use_deform: true },
          stage_with_sac: [true],
          ...one,
        },
        input,
      },
    ],
  },
  {
    id: 'resampling',
    title: 'Anti-aliased networks and other pooling',
    what: 'blur pooling, bilinear upsampling, padding, GeM',
    concerns: 'Anti-aliased networks and those with GeM do not work here',
    networks: [
      { arch: { ...timm, block: 'Bottleneck', aa_layer: 'blur' }, input },
      { ...generalAttention('1100', 2), input: [3, 32, 32] },
      {
        arch: {
          type: 'ImageClassifier',
          backbone: { type: 'ResNet', depth: 18, stem_channels: 8, base_channels: 8, ...one },
          neck: { type: 'GeneralizedMeanPooling' },
          head: { type: 'LinearClsHead', num_classes: 10, in_channels: 8 },
        },
        input,
      },
    ],
  },
];
