/**
 * Networks with blocks that the tree reader does not know, recognised by timm's and transformers' names: ResNetV2 and BiT, SKNet, and
 * ResNets with timm's attention modules. Properties that leave no trace are assumed as in the published networks, and listed.
 */

import type { Assumption } from '../api/types.ts';
import { makeDivisible } from '../arch/blocks/channel-attention.ts';
import type { LibraryConfig } from '../arch/config.ts';
import { type Arch, archNames } from '../arch/index.ts';
import { timmClass } from './candidates.ts';
import { type Outline, outline } from './outline.ts';

interface Shaped {
  readonly shape: readonly number[];
}
type Shapes = ReadonlyMap<string, Shaped>;

export interface LibraryFamily<T extends Shaped = Shaped> {
  /** Prefix of the names, including its dot. */
  prefix: string;
  /** Its tensors under the architecture's names, and the file's other tensors. */
  own: Map<string, T>;
  outside: string[];
  seen: Pick<Outline, 'blocks' | 'out' | 'inChannels' | 'classes'>;
  /** The most likely ones first. */
  archs: Arch[];
  /** What was assumed, and the alternatives. */
  assumed: (arch: Arch) => Assumption[];
}

type Found = Pick<LibraryFamily, 'seen' | 'archs' | 'assumed'>;
type Read = (shape: (name: string) => readonly number[], has: (name: string) => boolean, tensors: Shapes) => Found;

const FAMILIES: readonly (readonly [RegExp, Read])[] = [
  [/^(.*?)stages[._]0\.blocks\.0\.norm1\.weight$/, resnetV2],
  [/^(.*?)(?:bit\.)?encoder\.stages\.0\.layers\.0\.norm1\.weight$/, bit],
  [/^(.*?)layer1\.0\.conv[12]\.paths\.0\.conv\.weight$/, sknet],
  [/^(.*?)layer1\.0\.se\.(?:fc|conv2|mlp\.fc1|conv_attn|channel\.fc1|conv_[hw]|fc_h|paths\.0\.conv|t)\.weight$/, attentive],
  // Split attention has a convolution that squeeze-and-excitation lacks. ECA's weight has three axes.
  [/^(.*?)layer1\.0\.se\.fc2\.weight$/, attentive],
];

export function libraryFamily<T extends Shaped>(tensors: ReadonlyMap<string, T>): LibraryFamily<T> | undefined {
  for (const [mark, read] of FAMILIES) {
    for (const key of tensors.keys()) {
      const prefix = mark.exec(key)?.[1];
      if (prefix === undefined) continue;
      if (read === attentive && key.endsWith('se.fc2.weight') && !tensors.has(`${prefix}layer1.0.se.conv.weight`)) continue;
      const own = new Map<string, T>();
      const outside: string[] = [];
      for (const [one, tensor] of tensors) {
        if (one.startsWith(prefix)) own.set(dotted(one.slice(prefix.length)), tensor);
        else outside.push(one);
      }
      const shape = (name: string) => own.get(`${name}.weight`)?.shape ?? [];
      return { prefix, own, outside, ...read(shape, (name) => own.has(name), own) };
    }
  }
  return undefined;
}

/** timm's features_only takes a Sequential apart, and puts its name before those of its parts. */
const dotted = (name: string) => name.replace(/^(stem|stages)_(?=\w+\.)/, '$1.');

function count(path: (stage: number, block: number) => string, has: (name: string) => boolean): number[] {
  const counts: number[] = [];
  for (let stage = 0; has(path(stage, 0)); stage++) {
    let blocks = 1;
    while (has(path(stage, blocks))) blocks++;
    counts.push(blocks);
  }
  return counts;
}

/** The same arguments, with some changed. */
function changed(arch: Arch, classes: number | undefined, change: Readonly<Record<string, unknown>>): LibraryConfig {
  const own: LibraryConfig =
    typeof arch === 'string' ? { library: 'timm', entrypoint: arch, num_classes: classes ?? 0 } : (arch as LibraryConfig);
  return { ...own, ...change };
}

/** Published networks, with or without their head. */
function named(form: RegExp, classes: number | undefined): Arch[] {
  const names = archNames().filter((name) => form.test(name));
  return classes === undefined ? names.map((entrypoint) => ({ library: 'timm', entrypoint, num_classes: 0 })) : names;
}

const noDilation = (arch: Arch, classes: number | undefined): Assumption => ({
  what: 'dilation',
  value: 'none',
  why: 'Strides and dilations leave no trace in a state dict.',
  alternatives: [16, 8].map((output_stride) => ({
    value: `output stride ${output_stride}`,
    arch: changed(arch, classes, { output_stride }),
  })),
});

const relu: Assumption = { what: 'activation', value: 'relu', why: 'Activations have no tensors.', alternatives: [] };

const padded = (pad: string) => ({ fixed: 'zeros around', same: 'SAME' })[pad] ?? 'padded by 1';

function resnetV2(...[shape, has, tensors]: Parameters<Read>): Found {
  const blocks = count((stage, block) => `stages.${stage}.blocks.${block}.norm1.weight`, has);
  const basic = !has('stages.0.blocks.0.conv3.weight');
  const out = blocks.map((_, i) => shape(`stages.${i}.blocks.0.conv${basic ? 2 : 3}`)[0] ?? 0);
  const mid = blocks.map((_, i) => shape(`stages.${i}.blocks.0.conv1`)[0] ?? 0);
  const deep = has('stem.conv3.weight');
  const [first, second, last] = deep ? [1, 2, 3].map((n) => shape(`stem.conv${n}`)) : [shape('stem.conv')];
  const classes = shape('head.fc')[0];
  const norm = 'stages.0.blocks.0.norm1';
  const running = has(`${norm}.running_var`);
  const kind = running ? 'batchnorm2d' : has(`${norm}.v`) ? 'evonorms0' : has(`${norm}.tau`) ? 'frntlu' : 'groupnorm';
  // If the last norm is left out (features_only), only norms in the shortcuts tell.
  const preact = ![...tensors.keys()].some((key) => key.endsWith('.downsample.norm.weight'));
  const featuresOnly = preact && !has('norm.weight');
  // BiT's networks standardise their weights. So do those before vision transformers, which pad like TensorFlow. Networks trained by timm
  // have deep stems or batch norms.
  const standardized = kind === 'groupnorm' && (!deep || !preact);
  const pad = !standardized ? '' : preact ? 'fixed' : 'same';
  const stemType = (one: string) => [deep && (first?.[0] === second?.[0] ? 'deep' : 'tiered'), one].filter(Boolean).join('_');
  const own: LibraryConfig = {
    library: 'timm',
    type: 'ResNetV2',
    layers: blocks,
    channels: out,
    stem_chs: (last ?? first)?.[0],
    stem_type: stemType(pad),
    ...(basic && { basic }),
    bottle_ratio: (mid[0] ?? 0) / (out[0] ?? 1),
    preact,
    avg_down: deep,
    norm_layer: kind,
    conv_layer: !standardized ? 'conv2d' : preact ? 'stdconv2d' : 'stdconv2dsame',
    ...(standardized && { conv_eps: 1e-8 }),
    in_chans: first?.[1] ?? 3,
    num_classes: classes ?? 0,
    ...(featuresOnly && { features_only: true }),
  };
  const suffix = { evonorms0: '_evos', frntlu: '_frn', groupnorm: deep ? '_gn' : 'x\\d_bit', batchnorm2d: '' }[kind];
  const form = new RegExp(`^resnetv2_\\d+${deep ? '[dt]' : ''}${suffix}$`);
  const assumed = (arch: Arch): Assumption[] => [
    {
      what: 'convolution',
      value: standardized ? 'standardised weights, eps 1e-8' : 'plain',
      why: 'Whether weights are standardised leaves no trace; BiT’s are, after group norms and a stem of one convolution.',
      alternatives: standardized
        ? [
            { value: 'plain', arch: changed(arch, classes, { conv_layer: 'conv2d' }) },
            { value: 'standardised weights, eps 1e-6', arch: changed(arch, classes, { conv_eps: 1e-6 }) },
          ]
        : [{ value: 'standardised weights', arch: changed(arch, classes, { conv_layer: 'stdconv2d' }) }],
    },
    {
      what: 'shortcut',
      value: deep ? 'average pooling, then a convolution' : 'a convolution with a stride',
      why: 'Pooling in shortcuts leaves no trace; timm’s networks have it together with deep stems.',
      alternatives: [
        { value: deep ? 'a convolution with a stride' : 'average pooling', arch: changed(arch, classes, { avg_down: !deep }) },
      ],
    },
    noDilation(arch, classes),
    {
      what: 'stem',
      value: padded(pad),
      why: 'How the pooling of the stem pads leaves no trace; BiT has zeros around, vision transformers pad as TensorFlow does.',
      alternatives: ['', 'fixed', 'same']
        .filter((one) => one !== pad && (!deep || !one || stemType('') === 'deep'))
        .map((one) => ({ value: padded(one), arch: changed(arch, classes, { stem_type: stemType(one) }) })),
    },
    ...(kind === 'evonorms0' || kind === 'frntlu' ? [] : [relu]),
  ];
  const names = (first?.[1] ?? 3) === 3 ? named(form, classes) : [];
  const published = featuresOnly ? names.map((arch) => changed(arch, classes, { features_only: true })) : names;
  return { seen: { blocks, out, inChannels: first?.[1] ?? 3, classes }, archs: [...published, own], assumed };
}

function bit(...[shape, has]: Parameters<Read>): Found {
  const root = has('bit.embedder.convolution.weight') ? 'bit.' : '';
  const at = (i: number, j = 0) => `${root}encoder.stages.${i}.layers.${j}`;
  const blocks = count((stage, block) => `${at(stage, block)}.norm1.weight`, has);
  const out = blocks.map((_, i) => shape(`${at(i)}.conv3`)[0] ?? 0);
  const stem = shape(`${root}embedder.convolution`);
  const widths = [stem[0] ?? 0, ...out, ...blocks.map((_, i) => shape(`${at(i)}.conv1`)[0] ?? 0)];
  const fitting = [32, 16, 8, 4, 2, 1].filter((groups) => widths.every((width) => width % groups === 0));
  const classes = shape('classifier.1')[0];
  const own: LibraryConfig = {
    library: 'transformers',
    type: 'bit',
    num_channels: stem[1] ?? 3,
    embedding_size: stem[0],
    hidden_sizes: out,
    depths: blocks,
    layer_type: has(`${root}norm.weight`) ? 'preactivation' : 'bottleneck',
    num_groups: fitting[0],
    num_labels: classes ?? 0,
  };
  const assumed = (): Assumption[] => [
    {
      what: 'norm',
      value: `group norm of ${fitting[0]}`,
      why: 'The number of groups leaves no trace; 32 is usual.',
      alternatives: fitting.slice(1).map((num_groups) => ({ value: `group norm of ${num_groups}`, arch: { ...own, num_groups } })),
    },
    {
      what: 'padding',
      value: 'PyTorch’s',
      why: 'How convolutions and the stem pad leaves no trace.',
      alternatives: [
        { value: 'SAME', arch: { ...own, global_padding: 'SAME', embedding_dynamic_padding: true } },
        { value: 'dynamic in the stem', arch: { ...own, embedding_dynamic_padding: true } },
      ],
    },
    {
      ...noDilation(own, classes),
      alternatives: [16, 8].map((output_stride) => ({ value: `output stride ${output_stride}`, arch: { ...own, output_stride } })),
    },
    relu,
  ];
  return { seen: { blocks, out, inChannels: stem[1] ?? 3, classes }, archs: [own], assumed };
}

/** Reads the network as if each block's selective convolution were a 3x3, and returns what it really is. */
function sknet(...[shape, has, tensors]: Parameters<Read>): Found {
  const bottleneck = has('layer1.0.conv3.conv.weight');
  const n = bottleneck ? 2 : 1;
  const usual = new Map<string, { shape: readonly number[] }>();
  const [, inputs = 1] = shape(`layer1.0.conv${n}.paths.0.conv`);
  const [before = 1] = bottleneck ? shape('layer1.0.conv1.conv') : shape('bn1');
  const parts = before / inputs;
  // Half the channels or twice the groups give the same shapes. Chooses what keeps the usual 32 groups, otherwise half the channels.
  const split = parts % 2 === 0 && parts !== GROUPS;
  for (const [key, tensor] of tensors) {
    const [, path = '', digit = '', rest = ''] = /^(layer\d+\.\d+\.)conv([123])\.(?:paths\.0\.)?((?:conv|bn)\.\w+)$/.exec(key) ?? [];
    const [o = 0, i = 0, ...kernel] = tensor.shape;
    const isPath = key.includes('.paths.0.conv');
    if (path)
      usual.set(`${path}${rest.replace(/^(conv|bn)\./, `$1${digit}.`)}`, isPath && split ? { shape: [o, 2 * i, ...kernel] } : tensor);
    else if (!/\.(paths|attn)\./.test(key)) usual.set(key, tensor);
  }
  const seen = outline(usual);
  const base = timmClass(seen);
  const { classes } = seen;
  const gate = gateOf(
    seen.out.map((_, i) => {
      const path = `layer${i + 1}.0.conv${n}`;
      return [shape(`${path}.paths.0.conv`)[0] ?? 0, shape(`${path}.attn.fc_reduce`)[0] ?? 0];
    }),
  );
  const block = bottleneck ? 'SelectiveKernelBottleneck' : 'SelectiveKernelBasic';
  const args = (split_input: boolean) => ({ block_args: { ...(base?.block_args as object), sk_kwargs: { ...gate, split_input } } });
  const own = base && gate ? [{ ...base, block, ...args(split) }] : [];
  const assumed = (arch: Arch): Assumption[] => [
    {
      what: 'kernels',
      value: '3x3, and 5x5 as a dilated 3x3',
      why: 'The dilation of the second path leaves no trace; timm’s networks have it.',
      alternatives: [],
    },
    ...(base && bottleneck && parts % 2 === 0 ? [splitInput(arch, classes, base, split, args(!split))] : []),
    noDilation(arch, classes),
    relu,
  ];
  return { seen, archs: [...(seen.inChannels === 3 ? named(/^skres/, classes) : []), ...own], assumed };
}

const GROUPS = 32;

/** timm's rd_ratio and rd_divisor that result in the inner widths of all stages' gates. */
function gateOf(gates: readonly (readonly [number, number])[]): object | undefined {
  for (const rd_ratio of [16, 8, 4, 32, 2].map((parts) => 1 / parts)) {
    for (const rd_divisor of [8, 16, 32, 4, 1])
      if (gates.every(([width, inner]) => makeDivisible(width * rd_ratio, rd_divisor) === inner)) return { rd_ratio, rd_divisor };
  }
  const [[, rd_channels = 0] = []] = gates;
  return gates.every(([, inner]) => inner === rd_channels) ? { rd_channels } : undefined;
}

/** Each path has half the channels, or there are twice as many groups. The shapes are the same. */
function splitInput(arch: Arch, classes: number | undefined, base: LibraryConfig, split: boolean, args: object): Assumption {
  const [cardinality, base_width] = [Number(base.cardinality), Number(base.base_width)];
  const times = split ? 2 : 1 / 2;
  const other = { cardinality: cardinality * times, base_width: base_width / times, ...args };
  const texts = ['split_input: each path has half of the channels', 'every path has all channels'];
  const value = (halves: boolean, groups: number) => `${texts[halves ? 0 : 1]}, ${groups} ${groups === 1 ? 'group' : 'groups'}`;
  return {
    what: 'split',
    value: value(split, cardinality),
    why: 'Halves of the channels and twice the groups of convolutions have the same shapes.',
    alternatives: [{ value: value(!split, other.cardinality), arch: changed(arch, classes, other) }],
  };
}

function attentive(...[shape, has, tensors]: Parameters<Read>): Found {
  const se = (name: string) => has(`layer1.0.se.${name}.weight`);
  const marks: readonly (readonly [string, boolean])[] = [
    ['sk', se('paths.0.conv')],
    ['nl', se('t')],
    ['cbam', shape('layer1.0.se.spatial.conv.conv')[1] === 2],
    ['lcbam', se('channel.fc1')],
    ['gc', se('mlp_scale.fc1')],
    ['gca', se('mlp_add.fc1')],
    ['ge', se('mlp.fc1')],
    ['coord', se('conv_h') && se('conv1')],
    ['ela', se('conv_h') && se('norm_h')],
    ['strip', se('conv_h')],
    ['scoord', se('fc_h')],
    ['ecam', se('conv2')],
    ['ese', se('fc')],
    ['splat', se('conv')],
  ];
  const kind = marks.find(([, there]) => there)?.[0] ?? '';
  const seen = outline(new Map([...tensors].filter(([key]) => !/^layer\d+\.\d+\.se\./.test(key))));
  const base = timmClass(seen);
  // A list, because stages may differ.
  const bottlenecks = seen.blocks.map((_, i) => has(`layer${i + 1}.0.conv3.weight`));
  const block = bottlenecks.map((one) => (one ? 'Bottleneck' : 'BasicBlock'));
  const channels = seen.out.map((width, i) => (bottlenecks[i] ? width / 4 : width));
  const uniform = new Set(block).size === 1 ? {} : { block, channels };
  const archs = base ? [{ ...base, ...uniform, block_args: { ...(base.block_args as object), attn_layer: kind } }] : [];
  return { seen, archs, assumed: (arch) => [noDilation(arch, seen.classes), relu] };
}
