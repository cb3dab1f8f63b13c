/** What a checkpoint does not tell of its network, what was taken, and what else it could be. */
import { ACTIVATIONS } from '../arch/activation.ts';
import type { GeneralConfig } from '../arch/config.ts';
import type { Assumption } from '../types.ts';
import type { TreeReading } from './read-tree.ts';
import type { TensorTree } from './reading.ts';
import { type General, widthsOf } from './structure.ts';

/** Makes the `arch` of a backbone: with the head that stands behind it. */
export type Complete = (backbone: GeneralConfig) => NonNullable<Assumption['alternatives'][number]['arch']>;

/** What the modules of a pickled model say: it needs no assumption. */
export type Known = ReadonlySet<'style' | 'dilation' | 'stem' | 'norm' | 'eps' | 'activation' | 'shortcut' | 'aa_layer'>;

/** The most doubtful first. `taken` is what runs. */
export function assumptions(taken: General, reading: TreeReading, complete: Complete, known: Known): Assumption[] {
  const found: Assumption[] = [];
  const say = (what: string, value: unknown, why: string, others: [unknown, Partial<GeneralConfig>][]) => {
    if (known.has(what as 'eps')) return;
    const alternatives = others.map(([other, change]) => ({ value: other, arch: complete({ ...taken, ...change }) }));
    found.push({ what, value, why, alternatives });
  };
  const small = taken.stem.channels.length === 1 && taken.stem.kernel === 3;
  if (taken.norm_cfg && reading.norms !== 'running') say('norm', shortNorm(taken.norm_cfg), NORM_WHY, otherNorms(taken, reading));
  if (small)
    say('stem', shortStem(taken.stem), 'Networks for small images with a 3x3 convolution seldom pool after it.', otherStems(taken));
  if (taken.projected?.some((one, i) => !one && taken.channels[i] !== (taken.channels[i - 1] ?? taken.stem.channels.at(-1)))) {
    const around = taken.zeros !== 'behind';
    const why = 'Shortcuts without weights add channels of zeros; most authors put half of them in front.';
    say('shortcut', around ? 'zeros around the channels' : 'zeros behind the channels', why, [
      [around ? 'zeros behind the channels' : 'zeros around the channels', { zeros: around ? 'behind' : 'around' }],
    ]);
  }
  if (taken.block === 'Bottleneck') say('style', taken.style ?? 'pytorch', STYLE_WHY, otherStyles(taken));
  say('dilation', dilationOf(taken), 'Strides and dilations leave no trace in a state dict.', otherDilations(taken));
  if (!small) say('stem', shortStem(taken.stem), 'Whether and how the stem pools leaves no trace.', otherStems(taken));
  if (reading.norms === 'running') {
    const { eps = 1e-5 } = taken.norm_cfg ?? {};
    const others = [1e-3, 1e-2, 2e-5, 1e-6].filter((one) => one !== eps);
    say('eps', eps, 'The eps of batch norms is in no state dict; 1e-5 is PyTorch’s default, 1e-3 TensorFlow’s.', [
      ...others.map((one): [number, Partial<GeneralConfig>] => [one, { norm_cfg: { type: 'BN', eps: one } }]),
    ]);
  }
  say('activation', taken.activation ?? 'relu', 'Activations have no tensors.', otherActivations(taken));
  if (!small) {
    say('aa_layer', taken.aa_layer || 'none', 'Anti-aliasing (timm’s resnetaa and resnetblur) has no tensors.', [
      ['avg', { aa_layer: 'avg' }],
      ['blur', { aa_layer: 'blur' }],
    ]);
  }
  return found;
}

const NORM_WHY =
  'Norms without statistics are group norms of any number of groups, instance norms, or batch norms that do not keep statistics: of one image those compute what instance norms do.';
const STYLE_WHY = 'The stride stands on the 3x3 convolution in PyTorch’s networks, on the first 1x1 in Caffe’s.';

export function otherNorms(taken: General, reading: TreeReading): [unknown, Partial<GeneralConfig>][] {
  const widths = widthsOf(reading.trunk);
  const groups = [32, 16, 8, 4, 2, 1].filter((count) => widths.every((width) => width % count === 0));
  const affine = reading.norms === 'affine';
  const all: GeneralConfig['norm_cfg'][] = [
    { type: 'IN', affine },
    ...(affine ? groups.map((num_groups) => ({ type: 'GN' as const, num_groups })) : []),
  ];
  return all.flatMap((norm): [unknown, Partial<GeneralConfig>][] =>
    norm && shortNorm(norm) !== shortNorm(taken.norm_cfg) ? [[shortNorm(norm), { norm_cfg: norm }]] : [],
  );
}

/** Each that there is, by its first name, and the slopes that people give leaky ones. */
function otherActivations({ activation = 'relu', attention }: General): [unknown, Partial<GeneralConfig>][] {
  const names = Object.keys(ACTIVATIONS);
  const text = (name: string) => JSON.stringify(ACTIVATIONS[name]);
  const distinct = names.filter((name) => names.findIndex((other) => text(other) === text(name)) === names.indexOf(name));
  const others: [string, Partial<GeneralConfig>][] = [
    ...distinct.filter((name) => name !== activation).map((name): [string, Partial<GeneralConfig>] => [name, { activation: name }]),
    ...[0.1, 0.2].map((slope): [string, Partial<GeneralConfig>] => [
      `leaky_relu of ${slope}`,
      { activation: 'leaky_relu', activation_slope: slope },
    ]),
  ];
  if (attention?.type !== 'SE') return others;
  // Gates mostly have a ReLU between their layers, whatever the network has.
  const activated = { attention: { ...attention, activated: true } };
  return [
    ...others,
    ...others.map(([name, change]): [string, Partial<GeneralConfig>] => [`${name}, in gates, too`, { ...change, ...activated }]),
  ];
}

function shortNorm(norm: GeneralConfig['norm_cfg']): string {
  return norm?.type === 'GN' ? `group norm of ${norm.num_groups}` : 'instance norm';
}

function shortStem({ kernel, stride, pool }: General['stem']): string {
  return `${kernel}x${kernel} of stride ${stride}, ${pool === 'none' ? 'no pooling' : pool === 'max' ? 'max pooling' : `${pool} pooling`}`;
}

function otherStems(taken: General): [unknown, Partial<GeneralConfig>][] {
  const all: Partial<General['stem']>[] = [
    { stride: 1, pool: 'none' },
    { stride: 1, pool: 'max' },
    { stride: 2, pool: 'none' },
    { stride: 2, pool: 'max' },
    { stride: 2, pool: 'caffe' },
    ...(taken.stem.channels.length === 3 ? [{ stride: 2 as const, pool: 'avg' as const }] : []),
  ];
  const { strides = [], layers, projected } = taken;
  const halving = taken.block === 'Bottleneck' && taken.stem.kernel === 3 && projected?.every(Boolean);
  const each: [unknown, Partial<GeneralConfig>][] = !halving
    ? []
    : strides[0] === 2
      ? [
          [
            '3x3 of stride 1, and the first stage keeps the size',
            { stem: { ...taken.stem, stride: 1 }, strides: layers.map((_, i) => (i ? 2 : 1)) },
          ],
        ]
      : [
          [
            '3x3 of stride 2, and every stage halves the size (RegNet)',
            { stem: { ...taken.stem, stride: 2, pool: 'none' }, strides: layers.map(() => 2) },
          ],
        ];
  const others = all.flatMap((change): [unknown, Partial<GeneralConfig>][] => {
    const stem = { ...taken.stem, ...change };
    return shortStem(stem) === shortStem(taken.stem) ? [] : [[shortStem(stem), { stem }]];
  });
  return [...each, ...others];
}

function otherStyles(taken: General): [unknown, Partial<GeneralConfig>][] {
  if (taken.style === 'caffe') {
    return [
      ['pytorch', { style: 'pytorch' }],
      ['caffe, with its pooling', { stem: { ...taken.stem, pool: 'caffe' } }],
    ];
  }
  return [
    ['caffe', { style: 'caffe' }],
    ['caffe, with its pooling', { style: 'caffe', stem: { ...taken.stem, pool: 'caffe' } }],
  ];
}

function dilationOf({ strides = [], dilations = [] }: GeneralConfig): string {
  const last = strides.length > 1 && strides.at(-1) === 1 && dilations.every((one) => one === 1);
  if (last) return 'last stride 1';
  return dilations.some((one) => one > 1) ? `dilations ${dilations.join(', ')}` : 'none';
}

/** The last stages keep their size and are dilated instead; torchvision and timm dilate a stage's first block as the stage before. */
export function dilated(taken: General, stages: number, firstToo = false): Partial<GeneralConfig> {
  const count = taken.layers.length;
  let dilation = 1;
  const rows = taken.layers.map((_, i) => {
    const before = dilation;
    const stride = i ? 2 : 1;
    if (i < count - stages) return { stride, dilation: 1, first: 1 };
    dilation *= 2;
    return { stride: 1, dilation, first: firstToo ? dilation : before };
  });
  return {
    strides: rows.map(({ stride }) => stride),
    dilations: rows.map((row) => row.dilation),
    first_dilations: rows.map(({ first }) => first),
  };
}

function otherDilations(taken: General): [unknown, Partial<GeneralConfig>][] {
  const none = taken.layers.map((_, i) => (i ? 2 : 1));
  const plain = { dilations: none.map(() => 1), first_dilations: none.map(() => 1) };
  const all: [unknown, Partial<GeneralConfig>][] = [
    ['none', { strides: none, ...plain }],
    ['last stride 1', { strides: none.map((stride, i) => (i === none.length - 1 ? 1 : stride)), ...plain }],
    ['output stride 16', dilated(taken, 1)],
    ['output stride 8', dilated(taken, 2)],
    ['output stride 8, first blocks dilated alike', dilated(taken, 2, true)],
  ];
  const key = (config: Partial<GeneralConfig>) =>
    JSON.stringify([config.strides, config.dilations ?? plain.dilations, config.first_dilations ?? plain.dilations]);
  return all.filter(([, change]) => key(change) !== key(taken));
}

/** What the file's name, its metadata and the tensors beside the trunk hint at. */
export function hinted(taken: General, reading: TreeReading, outside: TensorTree): { config: General; why: Record<string, string> } {
  const why: Record<string, string> = {};
  let config = taken;
  const { file = '', metadata } = reading.checkpoint;
  if (taken.block === 'Bottleneck' && /caffe/i.test(`${file} ${JSON.stringify(metadata).slice(0, 20_000)}`)) {
    config = { ...config, style: 'caffe' };
    why.style = 'The file’s name or metadata says Caffe, whose stride stands on the first 1x1 convolution.';
  }
  if (isMonai(reading)) {
    config = { ...config, stem: { ...config.stem, stride: 1 } };
    why.stem = 'Shortcuts alone have biases, as MONAI’s have, whose first convolution has a stride of 1 by default.';
  }
  const segmenting = [...outside].find(
    ([path, { shape }]) =>
      shape.length === 4 &&
      shape[1] === reading.trunk.width &&
      /classifier|decode|aspp|seg|fcn|psp/i.test(path) &&
      !outside.has(path.replace(/weight$/, 'bias')),
  );
  if (segmenting && !takesEveryStage(taken, outside)) {
    config = { ...config, ...dilated(config, 2), stem: config.stem };
    why.dilation = `Beside the trunk stands a segmentation head (${segmenting[0]}), before which trunks are dilated.`;
  }
  return { config, why };
}

/** Pyramids (FPN, UPerNet) and decoders that take the maps of all stages have them at a half, a quarter, an eighth of the size. */
function takesEveryStage({ channels }: General, outside: TensorTree): boolean {
  const taken = new Set([...outside.values()].flatMap(({ shape }) => (shape.length === 4 ? [shape[1]] : [])));
  return channels.slice(0, -1).every((width) => taken.has(width));
}

/** No other library gives biases to convolutions before norms, and to those of shortcuts only. */
function isMonai({ trunk: { stem, stages } }: TreeReading): boolean {
  const blocks = stages.flat();
  const shortcuts = blocks.flatMap(({ shortcut }) => shortcut ?? []);
  const others = [...stem, ...blocks.flatMap(({ main }) => main)];
  const biased = ({ conv }: (typeof stem)[number]) => conv.tensors.has('bias');
  return shortcuts.length > 0 && shortcuts.every((unit) => unit.norm && biased(unit)) && !others.some(biased);
}
