/** The properties of a network that a checkpoint does not tell: what was assumed, and the alternatives. */

import type { Assumption } from '../api/types.ts';
import type { GeneralConfig } from '../arch/config.ts';
import {
  dilated,
  dilationOf,
  type Other,
  otherActivations,
  otherDilations,
  otherMiddles,
  otherNorms,
  otherStems,
  otherStyles,
  shortNorm,
  shortStem,
} from './alternatives.ts';
import { entriesOf } from './metadata.ts';
import type { TreeReading } from './read-tree.ts';
import type { TensorTree } from './reading.ts';
import { type General, isShortcutNumbered } from './structure.ts';

/** Makes the `arch` from a backbone, with the head that follows it. */
export type Complete = (backbone: GeneralConfig) => NonNullable<Assumption['alternatives'][number]['arch']>;

/** What the modules of a pickled model say. This needs no assumption. */
export type Known = ReadonlySet<
  'style' | 'dilation' | 'stem' | 'norm' | 'eps' | 'activation' | 'shortcut' | 'aa_layer' | 'avg_down' | 'middle' | 'attention'
>;

/** ORDER says which comes first. `taken` is what runs. */
export function assumptions(taken: General, reading: TreeReading, complete: Complete, known: Known): Assumption[] {
  const found: Assumption[] = [];
  const say = (what: string, value: unknown, why: string, others: Other[]) => {
    if (known.has(what as 'eps')) return;
    const alternatives = others.map(([other, change]) => ({ value: other, arch: complete({ ...taken, ...change }) }));
    found.push({ what, value, why, alternatives });
  };
  const { projected = [], channels, stem, attention, middle } = taken;
  const bottleneck = taken.block === 'Bottleneck';
  const small = stem.channels.length === 1 && stem.kernel === 3;
  if (taken.norm_cfg && reading.norms !== 'running') say('norm', shortNorm(taken.norm_cfg), NORM_WHY, otherNorms(taken, reading));
  const stemWhy =
    stem.activated === false
      ? BARE_WHY
      : small
        ? 'Pooling leaves no trace. Networks for small images, which begin with a 3x3 convolution, seldom pool after it.'
        : 'Pooling leaves no trace. Nearly all networks pool after the first convolution.';
  say('stem', shortStem(stem), stemWhy, otherStems(taken));
  if (projected.some((one, i) => !one && channels[i] !== (channels[i - 1] ?? stem.channels.at(-1)))) {
    const around = taken.zeros !== 'behind';
    const texts = ['zeros around the channels', 'zeros after the channels'];
    const [value = '', other = ''] = around ? texts : texts.toReversed();
    const why = 'Shortcuts without weights fill new channels with zeros. Most authors put half of them in front.';
    say('shortcut', value, why, [[other, { zeros: around ? 'behind' : 'around' }]]);
  }
  if (bottleneck && !middle) say('style', taken.style ?? 'pytorch', STYLE_WHY, otherStyles(taken));
  const own = otherMiddles(taken);
  if (own) say('middle', own.value, own.why, own.others);
  const isOpen = bottleneck && attention?.type === 'SE' && taken.mid_channels?.every((width, i) => width === channels[i]);
  if (isOpen) {
    const places = ['the gate is at the end of a block', 'the gate is after the 3x3 convolution'];
    const inside = attention.place === 'middle';
    const [value = '', other = ''] = inside ? places.toReversed() : places;
    const why =
      'A block is as wide in its middle as at its end, so that shapes do not tell where its gate is. RegNets have it in the middle.';
    say('attention', value, why, [[other, { attention: { ...attention, place: inside ? 'end' : 'middle' } }]]);
  }
  say(
    'dilation',
    dilationOf(taken),
    'Strides and dilations leave no trace. Most networks halve the size from stage to stage.',
    otherDilations(taken),
  );
  if (projected.some(Boolean) && !isShortcutNumbered(reading.trunk)) {
    const texts = ['a convolution with a stride', 'averages, then a convolution'];
    const [value = '', other = ''] = taken.avg_down ? texts.toReversed() : texts;
    const why = 'What halves the size in shortcuts leaves no trace. Only the networks called D average.';
    say('avg_down', value, why, [[other, { avg_down: !taken.avg_down }]]);
  }
  say('activation', taken.activation ?? 'relu', 'Activations leave no trace. Nearly all ResNets have ReLU.', otherActivations(taken));
  if (reading.norms === 'running') {
    const { eps = 1e-5 } = taken.norm_cfg ?? {};
    const others = [1e-5, 1e-3, 1e-2, 2e-5, 1e-6].filter((one) => one !== eps);
    const why = 'The eps of batch norms is not in a state dict. 1e-5 is PyTorch’s default, 1e-3 TensorFlow’s.';
    say(
      'eps',
      eps,
      why,
      others.map((one): Other => [one, { norm_cfg: { type: 'BN', eps: one } }]),
    );
  }
  if (!small && !middle) {
    const texts: readonly (readonly ['' | 'avg' | 'blur', string])[] = [
      ['', 'none'],
      ['avg', 'avg'],
      ['blur', 'blur'],
    ];
    const { aa_layer: aa = '' } = taken;
    const others = texts.filter(([one]) => one !== aa).map(([aa_layer, text]): Other => [text, { aa_layer }]);
    say('aa_layer', aa || 'none', 'Anti-aliasing leaves no trace. timm’s resnetaa and resnetblur have it.', others);
  }
  return found;
}

/** The most doubtful and important ones first. Others come in the middle. */
const ORDER = [
  'left out',
  'head',
  'norm',
  'split',
  'shortcut',
  'small stem',
  'style',
  'middle',
  'head layer',
  'pooling',
  'attention',
  'dilation',
  '',
  'stem',
  'avg_down',
  'activation',
  'head end',
  'eps',
  'aa_layer',
  'arch',
];

export function inOrder(assumed: readonly Assumption[]): Assumption[] {
  const rank = ({ what, value }: Assumption) => {
    const at = ORDER.indexOf(what === 'stem' && String(value).startsWith('3x3') ? 'small stem' : what);
    return at < 0 ? ORDER.indexOf('') : at;
  };
  return [...assumed].sort((a, b) => rank(a) - rank(b));
}

const BARE_WHY =
  'In a Sequential, numbers count modules: none is between the first norm and the blocks. Functions there are lost when the parts of a network are put into one.';
const NORM_WHY =
  'Norms without statistics are group norms of any number of groups, instance norms, or batch norms that do not keep statistics (which on one image compute what instance norms do).';
const STYLE_WHY =
  'Which convolution of a block has the stride leaves no trace. In PyTorch’s networks it is the 3x3, in Caffe’s the first 1x1.';

/** Hints from the file's name, its metadata and the tensors around the trunk. */
export function hinted(taken: General, reading: TreeReading, outside: TensorTree): { config: General; why: Record<string, string> } {
  const why: Record<string, string> = {};
  let config = taken;
  const { file = '', metadata } = reading.checkpoint;
  if (taken.block === 'Bottleneck' && /caffe/i.test(`${file} ${JSON.stringify(metadata).slice(0, 20_000)}`)) {
    config = { ...config, style: 'caffe' };
    why.style = 'The file’s name or metadata says Caffe, where the first 1x1 convolution has the stride.';
  }
  if (isMonai(reading)) {
    config = { ...config, stem: { ...config.stem, stride: 1 } };
    why.stem = 'Shortcuts alone have biases, as MONAI’s have, whose first convolution has a stride of 1 by default.';
  }
  const kept = keptStages(metadata);
  if (kept) {
    if (kept.stages) config = { ...config, ...dilated(config, kept.stages), stem: config.stem };
    why.dilation = kept.why;
  }
  const segmenting = [...outside].find(
    ([path, { shape }]) =>
      shape.length === 4 &&
      shape[1] === reading.trunk.width &&
      /classifier|decode|aspp|seg|fcn|psp/i.test(path) &&
      !outside.has(path.replace(/weight$/, 'bias')),
  );
  if (!kept && segmenting && !takesEveryStage(taken, outside)) {
    config = { ...config, ...dilated(config, 2), stem: config.stem };
    why.dilation = `Beside the trunk stands a segmentation head (${segmenting[0]}), before which trunks are dilated.`;
  }
  return { config, why };
}

/** How many of the last stages keep their size, according to settings of timm, torchvision and segmentation libraries. */
function keptStages(metadata: Record<string, unknown>): { stages: number; why: string } | undefined {
  for (const { path, value } of entriesOf(metadata)) {
    const stages = /(^|[._])output_?stride$/i.test(path)
      ? { 8: 2, 16: 1, 32: 0 }[Number(value)]
      : /replace_stride_with_dilation$/i.test(path) && Array.isArray(value)
        ? value.filter(Boolean).length
        : undefined;
    if (stages !== undefined)
      return { stages, why: `From the file: ${path} is ${Array.isArray(value) ? `[${value.join(', ')}]` : value}.` };
  }
  return undefined;
}

/** Pyramids (FPN, UPerNet) and decoders that read all stages need maps of a half, a quarter and an eighth of the size. */
function takesEveryStage({ channels }: General, outside: TensorTree): boolean {
  const taken = new Set([...outside.values()].flatMap(({ shape }) => (shape.length === 4 ? [shape[1]] : [])));
  return channels.slice(0, -1).every((width) => taken.has(width));
}

/** No library but MONAI has biases in convolutions before norms, and MONAI has them only in shortcuts. */
function isMonai({ trunk: { stem, stages } }: TreeReading): boolean {
  const blocks = stages.flat();
  const shortcuts = blocks.flatMap(({ shortcut }) => shortcut ?? []);
  const others = [...stem, ...blocks.flatMap(({ main }) => main)];
  const biased = ({ conv }: (typeof stem)[number]) => conv.tensors.has('bias');
  return shortcuts.length > 0 && shortcuts.every((unit) => unit.norm && biased(unit)) && !others.some(biased);
}
