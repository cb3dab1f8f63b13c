/** From the names of timm's ResNetV2 and SKNet model functions to the arguments of their classes. */
import type { LibraryArguments } from './torchvision.ts';

const layers: Record<string, readonly number[]> = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
};

const basic = new Set(['18', '34']);

/** Returns undefined for a name of another form. */
export function v2OrSkEntrypoint(name: string): LibraryArguments | undefined {
  return resnetV2(name) ?? sknet(name);
}

/** `d` and `t` name the stem, `gn` and similar the norm. `x2_bit` is BiT's variant with twice the width. */
function resnetV2(name: string): LibraryArguments | undefined {
  const [, depth = '', letter, norm, width] = /^resnetv2_(\d+)(?:([dt]?)(?:_(gn|evos|frn))?|x(\d)_bit)$/.exec(name) ?? [];
  if (!layers[depth]) return undefined;
  const shape = { type: 'ResNetV2', layers: layers[depth] };
  if (width) return { ...shape, width_factor: Number(width), stem_type: 'fixed', conv_eps: 1e-8 };
  return {
    ...shape,
    ...(basic.has(depth) && { channels: [64, 128, 256, 512], basic: true, bottle_ratio: 1 }),
    ...(letter && { stem_type: letter === 'd' ? 'deep' : 'tiered', avg_down: true }),
    conv_layer: 'conv2d',
    norm_layer: { gn: 'groupnorm', evos: 'evonorms0', frn: 'frntlu' }[norm ?? ''] ?? 'batchnorm2d',
  };
}

function sknet(name: string): LibraryArguments | undefined {
  const [, depth = '', d, groups, width] = /^skres(?:net|next)(\d+)(d)?(?:_(\d+)x(\d+)d)?$/.exec(name) ?? [];
  if (!layers[depth]) return undefined;
  const kernel = groups
    ? { rd_ratio: 1 / 16, rd_divisor: 32, split_input: false }
    : { ...(basic.has(depth) && { rd_ratio: 1 / 8, rd_divisor: 16 }), split_input: true };
  return {
    type: 'ResNet',
    block: basic.has(depth) ? 'SelectiveKernelBasic' : 'SelectiveKernelBottleneck',
    layers: layers[depth],
    ...(d && { stem_type: 'deep', stem_width: 32, avg_down: true }),
    ...(groups && { cardinality: Number(groups), base_width: Number(width) }),
    block_args: { sk_kwargs: kernel },
    zero_init_last: false,
  };
}
