/** Architectures that may fit a checkpoint's outline. */
import type { BackboneConfig, ClassifierConfig, LibraryConfig } from '../arch/config.ts';
import { type Arch, archNames } from '../arch/index.ts';
import { basicDepths, bottleneckDepths, resnestDepths } from '../arch/settings.ts';
import type { Outline } from './outline.ts';

/** The most likely ones first, and published names before configurations. */
export function* candidates(seen: Outline): Generator<Arch> {
  if (!seen.blocks.length) return;
  if (seen.classes !== undefined && seen.inChannels === 3) yield* names(seen);
  else if (seen.inChannels === 3 && seen.names !== 'openmmlab') yield* headless(seen);
  const backbone = openmmlab(seen);
  if (backbone) yield classifier(backbone, seen);
  const library = timmClass(seen);
  if (library) yield library;
}

/** Networks that a configuration of widths cannot describe: timm's RegNets, and SENets, which have other strides and pooling. */
function* headless({ regnet, attention }: Outline): Generator<LibraryConfig> {
  const form = regnet ? /^regnet[xyvz]_\d/ : attention?.kind === 'se' ? /^(legacy_|senet)/ : undefined;
  for (const entrypoint of form ? archNames() : []) if (form?.test(entrypoint)) yield { library: 'timm', entrypoint, num_classes: 0 };
}

/** Published names with the outline's block counts and widths. MMPretrain's names bring the right preprocessing for its checkpoints. */
function* names(seen: Outline): Generator<string> {
  const { blocks, stem, names: source } = seen;
  if (isCifar(seen)) yield `cifar_resnet${2 * blocks.reduce((a, b) => a + b, 0) + 2}`;
  if (seen.regnet) {
    const form = { torchvision: /^regnet_/, openmmlab: /^regnetx-/ }[source as 'torchvision'] ?? /^regnet[xyvz]_\d/;
    for (const name of archNames()) if (form.test(name)) yield source === 'openmmlab' ? `${name}_8xb128_in1k` : name;
    return;
  }
  if (seen.family) {
    const form = { resnetv2: /^resnetv2_/, sk: /^skresne/ }[seen.family];
    for (const name of archNames()) if (form.test(name)) yield name;
    return;
  }
  if (source !== 'openmmlab') {
    for (const name of archNames())
      if (/^(legacy_|senet|resnetrs|seresnextaa201|ecaresnetlight|test_)|_pruned$/.test(name) && special(name, seen)) yield name;
  }
  const depth = depthOf(seen);
  if (!depth) return;
  const width = seen.mid[0] ?? 0;
  const grouped = seen.groups > 1 ? `${seen.groups}x${width / seen.groups}d` : '';
  const attention = seen.attention?.kind === 'se' ? 'se' : seen.attention ? 'eca' : '';
  if (source === 'openmmlab') {
    const version = stem.length === 3 ? (seen.avgDown ? 'v1d' : 'v1c') : '';
    if (seen.scales) yield `res2net${depth}-w${seen.sliceWidth}-s${seen.scales}_3rdparty_8xb32_in1k`;
    if (seen.radix) yield `resnest${depth}`;
    if (grouped) yield `${attention}resnext${depth}-${grouped}_8xb32_in1k`;
    yield width === 128 ? `wide-resnet${depth}_3rdparty_8xb32_in1k` : `${attention}resnet${version}${depth}_8xb32_in1k`;
    yield `resnet${depth}_8xb16_cifar${seen.classes === 100 ? 100 : 10}`;
    return;
  }
  const letter = stem.length < 3 ? '' : stem[0] === 24 ? 't' : stem[0] === 32 ? (seen.avgDown ? 'd' : 'c') : seen.avgDown ? 'e' : 's';
  if (seen.scales)
    yield seen.groups > 1
      ? `res2next${depth}`
      : letter
        ? `res2net${depth}${letter}`
        : `res2net${depth}_${seen.sliceWidth}w_${seen.scales}s`;
  else if (seen.radix) {
    yield `resnest${depth}${letter}`;
    yield `resnest${depth}${letter}_${seen.radix}s${seen.groups}x${Math.floor(width / seen.groups)}d`;
  } else if (seen.norm === 'gn') yield `resnet${depth}_gn`;
  else {
    yield `${attention}${grouped ? 'resnext' : 'resnet'}${depth}${letter}${grouped && `_${grouped}`}`;
    if (width === 128) yield `wide_resnet${depth}_2`;
  }
}

/** Whether to try them: those networks have attention, or very few blocks. */
function special(name: string, { attention, blocks }: Outline): boolean {
  return name.startsWith('test_') ? blocks.join() === '1,1,1,1' : attention?.kind === (name.startsWith('eca') ? 'eca' : 'se');
}

function isCifar({ stem, stemKernel, blocks, bottleneck, out }: Outline): boolean {
  return stemKernel === 3 && stem.length === 1 && !bottleneck && out.join() === '16,32,64' && new Set(blocks).size === 1;
}

function depthOf({ blocks, bottleneck, radix }: Outline): number | undefined {
  const tables = bottleneck
    ? { 14: [1, 1, 1, 1], 26: [2, 2, 2, 2], ...(radix ? resnestDepths : bottleneckDepths), 200: [3, 24, 36, 3], 269: [3, 30, 48, 8] }
    : { 10: [1, 1, 1, 1], ...basicDepths };
  return Number(Object.entries(tables).find(([, counts]) => counts.join() === blocks.join())?.[0]) || undefined;
}

/** MMPretrain's or MMDetection's configuration for a network with other widths or fewer stages. */
export function openmmlab(seen: Outline): BackboneConfig | undefined {
  const { blocks, bottleneck, stem, mid, out, groups, attention, scales, radix, deformable } = seen;
  const stages = blocks.length;
  const depths = Object.entries(bottleneck ? (radix ? resnestDepths : bottleneckDepths) : basicDepths);
  const depth = depths.find(([, counts]) => counts.slice(0, stages).join() === blocks.join())?.[0];
  if (depth === undefined || seen.regnet || attention?.kind === 'eca') return undefined;
  const mmdet = seen.names === 'mmdet' || deformable !== undefined;
  const scope = mmdet ? 'mmdet.' : '';
  const wide = mmdet ? 'base_width' : 'width_per_group';
  const plain = bottleneck && groups === 1 && !scales;
  const base = plain ? (mid[0] ?? 0) : (out[0] ?? 0) / (bottleneck ? 4 : 1);
  const deep = stem.length === 3;
  const all = Array.from({ length: stages }, (_, i) => i);
  const shared = {
    depth: Number(depth),
    in_channels: seen.inChannels,
    stem_channels: stem.at(-1),
    base_channels: base,
    num_stages: stages,
    strides: all.map((i) => (i ? 2 : 1)),
    dilations: all.map(() => 1),
    out_indices: seen.classes === undefined ? all : [stages - 1],
    ...(!radix && { deep_stem: deep, avg_down: seen.avgDown }),
    ...(plain && !mmdet && { expansion: (out[0] ?? 0) / base }),
    ...(groups > 1 && !scales && { groups, [wide]: (mid[0] ?? 0) / groups }),
    ...(seen.norm === 'gn' && { norm_cfg: { type: 'GN', num_groups: 32 } }),
    ...(seen.norm === 'ln' && { norm_cfg: { type: 'LN2d' } }),
    ...(seen.norm === 'in' && { norm_cfg: { type: 'IN', affine: true } }),
  };
  if (deformable) {
    const type = deformable.channels % 27 ? 'DCN' : 'DCNv2';
    const deform_groups = deformable.channels / (type === 'DCN' ? 18 : 27);
    return {
      type: groups > 1 ? 'mmdet.ResNeXt' : 'mmdet.ResNet',
      ...shared,
      dcn: { type, deform_groups },
      stage_with_dcn: deformable.stages,
    } as BackboneConfig;
  }
  if (radix) return { type: `${scope}ResNeSt`, ...shared, radix } as BackboneConfig;
  if (scales) return { type: `${scope}Res2Net`, ...shared, scales, base_width: seen.sliceWidth } as BackboneConfig;
  if (seen.stemKernel === 3 && !deep) return { type: 'ResNet_CIFAR', ...shared } as BackboneConfig;
  const se = attention ? 'SE' : '';
  if (groups > 1) return { type: `${scope}${se}ResNeXt`, ...shared } as BackboneConfig;
  const ratio = attention && { se_ratio: Math.max(1, Math.round((out.at(-1) ?? 0) / attention.squeeze / 2 ** (stages - 1))) };
  return { type: `${scope}${se}ResNet`, ...shared, ...ratio } as BackboneConfig;
}

function classifier(backbone: BackboneConfig, { classes, gem }: Outline): ClassifierConfig | BackboneConfig {
  if (classes === undefined) return backbone;
  const neck = { type: gem ? 'GeneralizedMeanPooling' : 'GlobalAveragePooling' };
  return { type: 'ImageClassifier', backbone, neck, head: { type: 'LinearClsHead', num_classes: classes } };
}

/** timm's class, for unpublished block counts. */
export function timmClass(seen: Outline): LibraryConfig | undefined {
  const { stem, bottleneck, scales, radix, groups, attention, mid, out, blocks } = seen;
  if (seen.regnet || seen.norm !== 'bn' || (stem.length === 1 && stem[0] !== 64)) return undefined;
  const channels = out.map((width) => width / (bottleneck ? 4 : 1));
  const width = scales ? (seen.sliceWidth ?? 0) : (mid[0] ?? 0);
  const args = { ...(attention && { attn_layer: attention.kind }), ...(scales && { scale: scales }), ...(radix && { radix, avd: true }) };
  return {
    library: 'timm',
    type: 'ResNet',
    block: scales ? 'Bottle2neck' : radix ? 'ResNestBottleneck' : bottleneck ? 'Bottleneck' : 'BasicBlock',
    layers: blocks,
    channels,
    in_chans: seen.inChannels,
    ...(stem.length === 3 && { stem_type: stem[0] === stem[1] ? 'deep' : 'deep_tiered', stem_width: stem[1], avg_down: seen.avgDown }),
    ...(bottleneck && { cardinality: groups, base_width: ((width / groups) * 64) / (channels[0] ?? 1) }),
    ...(Object.keys(args).length && { block_args: args }),
    num_classes: seen.classes ?? 0,
  };
}
