/** The structure of a network according to its keys and shapes, in any library's names. */
import { indexOf } from '../util/limits.ts';
import { backbonePrefix } from './naming.ts';

type Shapes = ReadonlyMap<string, { readonly shape: readonly number[] }>;

export interface Outline {
  /** The library whose names these are, as far as the trunk's form tells. */
  names: 'torchvision' | 'timm' | 'openmmlab' | 'mmdet' | 'transformers' | 'plain';
  inChannels: number;
  /** Widths of the stem's convolutions: one, or three for a deep stem. */
  stem: number[];
  /** Kernel size of the first convolution. */
  stemKernel: number;
  regnet: boolean;
  /** Norms before convolutions, or selective kernels: families of timm that are recognised by names. */
  family?: 'resnetv2' | 'sk';
  /** Blocks of each stage. */
  blocks: number[];
  bottleneck: boolean;
  /** For each stage, the channels after the first convolution of a block, and after the block. */
  mid: number[];
  out: number[];
  groups: number;
  attention?: { kind: 'se' | 'eca'; squeeze: number };
  /** Res2Net. */
  scales?: number;
  sliceWidth?: number;
  /** ResNeSt. */
  radix?: number;
  avgDown: boolean;
  projected: boolean;
  /** Stages with deformable convolutions, and the channels of their offsets. */
  deformable?: { stages: boolean[]; channels: number };
  norm: 'bn' | 'gn' | 'in' | 'ln';
  classes?: number;
  /** Whether there is an exponent of generalised mean pooling. */
  gem: boolean;
}

/** From forms of keys to canonical ones. */
const FORMS: readonly (readonly [RegExp, string | ((...parts: string[]) => string)])[] = [
  [/^(resnet|regnet)\.(?=embedder|encoder)/, ''],
  [/^trunk_output\.block(\d)\.block\d+-(\d+)\.(?:f\.)?/, 'layer$1.$2.'],
  [/^(s\d\.b\d+\.conv\d)\.conv\./, '$1.'],
  [/^s(\d)\.b(\d+)\./, (_, stage, block) => `layer${stage}.${Number(block) - 1}.`],
  [/^stages\.(\d)\.blocks\.(\d+)\./, (_, stage, block) => `layer${Number(stage) + 1}.${block}.`],
  [/^encoder\.stages\.(\d)\.layers\.(\d+)\./, (_, stage, block) => `layer${Number(stage) + 1}.${block}.`],
  [
    /^(layer\d+\.\d+)\.([abc])\.([01])\./,
    (_, path, letter, part) => `${path}.${part === '0' ? 'conv' : 'bn'}${'abc'.indexOf(letter ?? '') + 1}.`,
  ],
  [/^(layer\d+\.\d+\.)layer\.(\d)\.convolution\./, (_, path, n) => `${path}conv${Math.min(Number(n) + 1, 3)}.`],
  [/^(layer\d+\.\d+\.)(?:proj|shortcut)\.([01])\./, '$1downsample.$2.'],
  [/^(layer\d+\.\d+\.)(?:downsample\.conv|shortcut\.convolution)\./, '$1downsample.0.'],
  [/^(layer\d+\.\d+\.)(?:se\.fc1|se_module\.fc1|se_layer\.conv1\.conv|layer\.2\.attention\.0)\./, '$1se.'],
  [/^(layer\d+\.\d+\.)se\.conv\./, '$1eca.'],
  [/^(?:stem(?=\.weight$)|stem\.conv|embedder\.embedder\.convolution)\./, 'conv1.'],
];

const DEEP = [
  ['conv1.0', 'conv1.3', 'conv1.6'],
  ['stem.0.conv', 'stem.1.conv', 'stem.2.conv'],
  ['stem.0', 'stem.3', 'stem.6'],
  ['layer0.conv1', 'layer0.conv2', 'layer0.conv3'],
];

const HEADS = ['fc', 'head.fc', 'linear', 'last_linear', 'classifier.1'];

export function outline(tensors: Shapes): Outline {
  const prefix = backbonePrefix(tensors.keys());
  const shapes = new Map<string, readonly number[]>();
  for (const [key, { shape }] of tensors) {
    let name = key.startsWith(prefix) ? key.slice(prefix.length) : key;
    for (const [form, to] of FORMS) name = typeof to === 'string' ? name.replace(form, to) : name.replace(form, to);
    shapes.set(name, shape);
  }
  const shape = (name: string) => shapes.get(`${name}.weight`) ?? [];
  const deep = DEEP.find((names) => names.every((name) => shapes.has(`${name}.weight`)));
  const stem = deep ?? [['conv1', 'stem.0', 'layer0.conv1'].find((name) => shapes.has(`${name}.weight`)) ?? 'conv1'];
  const blocks = countBlocks(shapes.keys());
  const stages = blocks.map((_, i) => `layer${i + 1}.0`);
  const first = stages[0] ?? '';
  const bottleneck = shapes.has(`${first}.conv3.weight`);
  const mid = stages.map((path) => shape(`${path}.conv1`)[0] ?? 0);
  const out = stages.map(
    (path) => ['conv3', 'conv3.conv', 'conv2', 'conv2.conv'].map((name) => shape(`${path}.${name}`)[0]).find(Boolean) ?? 0,
  );
  const kernel = shape(stem[0] ?? '')[2] ?? 0;
  const split = shape(`${first}.conv2.fc2`)[0];
  const radix = split && split / (mid[0] ?? 1);
  const conv2 = split ? shape(`${first}.conv2.conv`) : shape(`${first}.conv2`);
  const slices = shape(`${first}.convs.0`);
  const se = shape(`${first}.se`)[0] ?? (shapes.has(`${first}.eca.weight`) ? 0 : undefined);
  const offsets = stages.map(
    (_, i) => [...shapes].find(([name]) => name.startsWith(`layer${i + 1}.`) && /conv_?2?_offset\.weight$/.test(name))?.[1][0],
  );
  const headName = HEADS.find((name) => tensors.has(`${name}.weight`));
  const keys = [...shapes.keys()];
  const has = (form: RegExp) => keys.some((name) => form.test(name));
  const trunk = [...tensors.keys()];
  const family = trunk.some((key) => key.startsWith('stages.0.blocks.')) ? 'resnetv2' : has(/\.paths\.\d\./) ? 'sk' : undefined;
  return {
    ...(family && { family }),
    names: trunk.some((key) => key.startsWith('trunk_output.'))
      ? 'torchvision'
      : trunk.some((key) => /^(s\d\.b\d|conv1\.0\.|layer0\.)/.test(key)) ||
          (has(/\.se\.|\.eca\./) && !trunk.some((key) => key.includes('se_layer')))
        ? 'timm'
        : trunk.some((key) => key.includes('embedder'))
          ? 'transformers'
          : deep === DEEP[2]
            ? 'mmdet'
            : prefix || headName === 'head.fc' || has(/se_layer/)
              ? 'openmmlab'
              : 'plain',
    inChannels: shape(stem[0] ?? '')[1] ?? 3,
    stem: stem.map((name) => shape(name)[0] ?? 0),
    stemKernel: kernel,
    regnet: bottleneck && !deep && kernel === 3 && (mid[0] === out[0] || trunk.some((key) => /^(trunk_output|s1\.b1)\./.test(key))),
    blocks,
    bottleneck,
    mid,
    out,
    groups: conv2[1] ? (mid[0] ?? 0) / conv2[1] / (split ? (radix ?? 1) : 1) : slices[1] ? (slices[0] ?? 0) / slices[1] : 1,
    ...(se !== undefined && { attention: { kind: se ? 'se' : 'eca', squeeze: se } }),
    ...(slices[0] && {
      scales: 1 + keys.filter((name) => name.startsWith(`${first}.convs.`) && /^\w+\.0\.convs\.\d+\.weight$/.test(name)).length,
      sliceWidth: slices[0],
    }),
    ...(radix && { radix }),
    avgDown: keys.some((name) => /\.downsample\.1\.weight$/.test(name) && shapes.get(name)?.length === 4),
    projected: has(/\.downsample\.\d\.weight$/),
    ...(offsets.some(Boolean) && { deformable: { stages: offsets.map(Boolean), channels: offsets.find(Boolean) ?? 0 } }),
    norm:
      has(/\.gn\d\.weight$/) || (has(/bn1\.weight$/) && !has(/running_mean$/))
        ? 'gn'
        : has(/\.ln\d\.weight$/)
          ? 'ln'
          : has(/\.in\d\.weight$/)
            ? 'in'
            : 'bn',
    ...(headName && { classes: tensors.get(`${headName}.weight`)?.shape[0] }),
    gem: tensors.has('neck.p'),
  };
}

function countBlocks(keys: Iterable<string>): number[] {
  const counts: number[] = [];
  for (const key of keys) {
    const [, stage, digits = ''] = /^layer([1-9])\.(\d+)\./.exec(key) ?? [];
    // Nothing is allocated whose size a name determines.
    const block = indexOf(digits, 'blocks');
    if (stage === undefined || block === undefined) continue;
    const i = Number(stage) - 1;
    counts[i] = Math.max(counts[i] ?? 0, block + 1);
  }
  return Array.from(counts, (count) => count ?? 0);
}

/** What was seen, in one line. */
export function describe(o: Outline): string {
  if (!o.blocks.length) return 'no stages of blocks in it';
  const kind = o.scales
    ? `Res2Net blocks of ${o.scales} x ${o.sliceWidth}`
    : o.radix
      ? `split attention of radix ${o.radix}`
      : o.bottleneck
        ? 'bottlenecks'
        : 'basic blocks';
  const stem = o.stem.length === 3 ? `deep stem ${o.stem.join('-')}` : `stem ${o.stemKernel}x${o.stemKernel} of ${o.stem[0]}`;
  const extras = [
    o.groups > 1 && `${o.groups} groups`,
    o.attention && (o.attention.kind === 'se' ? 'squeeze-and-excitation' : 'channel attention'),
    o.avgDown && 'average pooling in shortcuts',
    o.deformable && 'deformable convolutions',
    o.norm !== 'bn' && `${o.norm} norms`,
    o.classes === undefined ? 'no head' : `${o.classes} classes`,
  ].filter(Boolean);
  return `${o.blocks.join('-')} ${kind} of ${o.out.join('-')} channels, ${stem}, ${extras.join(', ')}`;
}
