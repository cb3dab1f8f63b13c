/** Small networks of several families, and an input for them: for tests that load each of them many times. */
import type { BackboneConfig, ClassifierConfig, Tensor } from '../../src/index.ts';

export type Arch = string | BackboneConfig | ClassifierConfig;

/** With the last norm of each block at zero, as these classes begin their training, what a block's convolutions compute would not matter. */
const zero_init_residual = false;
const two = { zero_init_residual, num_stages: 2, strides: [1, 2], dilations: [1, 1], out_indices: [1], stem_channels: 16 };
const classifier = (backbone: object, in_channels: number): ClassifierConfig =>
  ({
    type: 'ImageClassifier',
    backbone: { ...two, ...backbone },
    neck: { type: 'GlobalAveragePooling' },
    head: { type: 'LinearClsHead', num_classes: 200, in_channels },
  }) as ClassifierConfig;

/** Cut to two stages and few channels, but wide enough for tiles, split sums, Winograd convolutions and groups. */
export const cutNetworks = {
  ResNet: classifier({ type: 'ResNet', depth: 50, base_channels: 32 }, 256),
  ResNeSt: classifier({ type: 'ResNeSt', depth: 50, base_channels: 16, radix: 2 }, 128),
  ResNeXt: classifier({ type: 'ResNeXt', depth: 50, base_channels: 32, groups: 2, width_per_group: 64 }, 256),
  // torchvision's: timm's begins with zeros, too.
  RegNetY: 'regnet_y_400mf',
  DCN: {
    type: 'mmdet.ResNet',
    depth: 50,
    base_channels: 16,
    ...two,
    dcn: { type: 'DCNv2', deform_groups: 2 },
    stage_with_dcn: [false, true],
  } as unknown as BackboneConfig,
} satisfies Record<string, Arch>;

export const size = 40;
export const input: Tensor = {
  data: Float32Array.from({ length: 3 * size * size }, (_, i) => Math.sin(i * 0.37)),
  shape: [1, 3, size, size],
};
export const photo = { data: Uint8Array.from({ length: 70 * 50 * 3 }, (_, i) => (i * 37 + (i >> 5) * 11) & 255), width: 70, height: 50 };
export const recipe = { resize: { size, edge: 'short', filter: 'bilinear', kernel: 'pillow' }, crop: size } as const;

/** The layers that a warning names, in brackets at its head. */
export const layersIn = (warning: string) => /^\[([^\]]+)\]/.exec(warning)?.[1]?.split(', ') ?? [];
