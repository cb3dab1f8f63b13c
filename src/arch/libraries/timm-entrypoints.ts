/** From the name of a timm model function to the arguments that it passes to its class. */
import { regnetPresets } from '../regnet-widths.ts';
import type { LibraryArguments } from './torchvision.ts';

/** Block counts of the stages, by the number in the name. Without `basic`, smaller networks of these counts use bottlenecks, too. */
const layers: Record<string, readonly number[]> = {
  10: [1, 1, 1, 1],
  14: [1, 1, 1, 1],
  18: [2, 2, 2, 2],
  26: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
  200: [3, 24, 36, 3],
  201: [3, 24, 36, 4],
  269: [3, 30, 48, 8],
  270: [4, 29, 53, 4],
  350: [4, 36, 72, 4],
  420: [4, 44, 87, 4],
};
const basic = new Set(['10', '18', '34']);

/** Stems by letter: c, d, e, s and t from "Bag of Tricks" and timm. */
const stems: Record<string, LibraryArguments> = {
  c: { stem_type: 'deep', stem_width: 32 },
  d: { stem_type: 'deep', stem_width: 32, avg_down: true },
  e: { stem_type: 'deep', stem_width: 64, avg_down: true },
  s: { stem_type: 'deep', stem_width: 64 },
  t: { stem_type: 'deep_tiered', stem_width: 32, avg_down: true },
};

/** Channels that pruning left: for each stage its output, then the first two convolutions of each block. */
const pruned: Record<string, readonly (readonly number[])[]> = {
  50: [
    [19, 47, 18, 52, 22, 64, 35],
    [171, 85, 37, 107, 80, 120, 85, 125, 87],
    [818, 198, 126, 255, 232, 256, 233, 253, 235, 256, 225, 256, 239],
    [2022, 492, 237, 512, 500, 512, 490],
  ],
  101: [
    [26, 45, 25, 53, 20, 60, 27],
    [142, 81, 24, 93, 49, 102, 54, 122, 78],
    [
      278, 101, 25, 239, 160, 234, 156, 250, 176, 253, 191, 251, 175, 230, 128, 244, 154, 244, 159, 238, 97, 244, 149, 253, 181, 245, 119,
      255, 216, 256, 201, 253, 149, 254, 141, 256, 190, 256, 217, 255, 156, 256, 155, 256, 232, 256, 214,
    ],
    [2042, 499, 289, 512, 512, 512, 502],
  ],
};

/** Names that follow no rule. */
const special: Record<string, LibraryArguments> = {
  ecaresnetlight: {
    type: 'ResNet',
    block: 'Bottleneck',
    layers: [1, 1, 11, 3],
    stem_width: 32,
    avg_down: true,
    block_args: { attn_layer: 'eca' },
  },
  senet154: {
    type: 'ResNet',
    block: 'Bottleneck',
    layers: layers[152],
    cardinality: 64,
    base_width: 4,
    stem_type: 'deep',
    down_kernel_size: 3,
    block_reduce_first: 2,
    block_args: { attn_layer: 'se' },
  },
  legacy_senet154: {
    type: 'SENet',
    block: 'SEBottleneck',
    layers: layers[152],
    groups: 64,
    downsample_kernel_size: 3,
    downsample_padding: 1,
    inplanes: 128,
    input_3x3: true,
  },
  test_resnet: {
    type: 'ResNet',
    block: ['BasicBlock', 'BasicBlock', 'Bottleneck', 'BasicBlock'],
    layers: [1, 1, 1, 1],
    stem_width: 16,
    stem_type: 'deep',
    avg_down: true,
    channels: [32, 48, 48, 96],
  },
};

/** Returns undefined for a name of another form. `isTimmName` (names.ts) says which names exist. */
export function timmEntrypoint(name: string): LibraryArguments | undefined {
  return special[name] ?? regnet(name) ?? legacy(name) ?? resnest(name) ?? res2net(name) ?? resnet(name);
}

function resnet(name: string): LibraryArguments | undefined {
  const form = /^(wide_|se|eca)?(resnet|resnext)(aa|blur|rs)?(\d+)([cdst])?(?:_(gn|2|pruned)|_(\d+)x(\d+)d)?$/;
  const [, kind, , variant, depth = '', letter = '', suffix, groups, width] = form.exec(name) ?? [];
  const counts = layers[depth];
  if (!counts) return undefined;
  const attention =
    kind === 'se' || kind === 'eca' ? { attn_layer: kind } : variant === 'rs' ? { attn_layer: 'se', rd_ratio: 0.25 } : undefined;
  return {
    type: 'ResNet',
    block: basic.has(depth) ? 'BasicBlock' : 'Bottleneck',
    layers: counts,
    ...(variant === 'rs' ? { ...stems.d, replace_stem_pool: true } : stems[letter]),
    ...(depth === '201' ? stems.e : undefined),
    ...(groups && { cardinality: Number(groups), base_width: Number(width) }),
    ...(kind === 'wide_' && { base_width: 128 }),
    ...(variant === 'aa' && { aa_layer: 'avg' }),
    ...(variant === 'blur' && { aa_layer: 'blur' }),
    ...(suffix === 'gn' && { norm_layer: 'groupnorm' }),
    ...(suffix === 'pruned' && { pruned: pruned[depth] }),
    ...(attention && { block_args: attention }),
  };
}

function resnest(name: string): LibraryArguments | undefined {
  const [, depth = '', letter = '', radix = '2', groups = '1', width = '64'] =
    /^resnest(\d+)([de])(?:_(\d)s(\d)x(\d+)d)?$/.exec(name) ?? [];
  if (!layers[depth]) return undefined;
  const block_args = { radix: Number(radix), avd: true, avd_first: name.includes('_') };
  return {
    type: 'ResNet',
    block: 'ResNestBottleneck',
    layers: layers[depth],
    ...stems[letter],
    cardinality: Number(groups),
    base_width: Number(width),
    block_args,
  };
}

function res2net(name: string): LibraryArguments | undefined {
  const [, core, depth = '', letter = '', width = '26', scale = '4'] = /^(res2net|res2next)(\d+)(d)?(?:_(\d+)w_(\d)s)?$/.exec(name) ?? [];
  if (!core || !layers[depth]) return undefined;
  const cardinality = core === 'res2next' ? { cardinality: 8, base_width: 4 } : { base_width: Number(width) };
  return {
    type: 'ResNet',
    block: 'Bottle2neck',
    layers: layers[depth],
    ...stems[letter],
    ...cardinality,
    block_args: { scale: Number(scale) },
  };
}

function legacy(name: string): LibraryArguments | undefined {
  const [, next, depth = ''] = /^legacy_seres(net|next)(\d+)(?:_32x4d)?$/.exec(name) ?? [];
  if (!next || !layers[depth]) return undefined;
  const block = next === 'next' ? 'SEResNeXtBottleneck' : basic.has(depth) ? 'SEResNetBlock' : 'SEResNetBottleneck';
  return { type: 'SENet', block, layers: layers[depth], groups: next === 'next' ? 32 : 1 };
}

/** regnetx_004 is X-400MF. *_tv rounds as torchvision does. V is Y with norms before the convolutions, Z has wide blocks. */
function regnet(name: string): LibraryArguments | undefined {
  const [, kind = '', digits = '', suffix] = /^regnet([xyvz])_(\d{3,4})(?:_(tv|h|sgn))?$/.exec(name) ?? [];
  if (kind === 'z') return regnetZ(digits, suffix);
  const size = Number(digits) * 100;
  const p =
    regnetPresets[`${kind === 'x' ? 'x' : 'y'}${size < 1000 ? `${size}mf` : `${size < 12000 ? (size / 1000).toFixed(1) : size / 1000}gf`}`];
  if (!p) return undefined;
  const { depth, w0, wa, wm, groupWidth } = p;
  return {
    type: 'RegNet',
    depth,
    w0,
    wa,
    wm,
    group_size: groupWidth,
    se_ratio: kind === 'x' ? 0 : 0.25,
    ...(suffix === 'tv' && { group_min_ratio: 0.9 }),
    ...(suffix === 'sgn' && { norm_layer: { type: 'groupnorm', group_size: 16 }, act_layer: 'silu' }),
    ...(kind === 'v' && { preact: true, act_layer: 'silu', downsample: digits === '064' ? 'avg' : 'conv1x1' }),
  };
}

/** `h`: one more convolution before the head. */
function regnetZ(digits: string, h: string | undefined): LibraryArguments | undefined {
  const sizes: Record<string, LibraryArguments> = {
    '005': { depth: 21, w0: 16, wa: 10.7, wm: 2.51, group_size: 4, num_features: 1024 },
    '040': { depth: 28, w0: 48, wa: 14.5, wm: 2.226, group_size: 8, num_features: h ? 1536 : 0 },
  };
  const wide = { type: 'RegNet', bottle_ratio: 4, se_ratio: 0.25, downsample: '', linear_out: true, act_layer: 'silu' };
  return sizes[digits] && { ...wide, ...sizes[digits] };
}
