/** Alternatives to the assumed network, for each property that a checkpoint does not tell. */
import { ACTIVATIONS } from '../arch/activation.ts';
import type { GeneralConfig } from '../arch/config.ts';
import type { TreeReading } from './read-tree.ts';
import { type General, widthsOf } from './structure.ts';

/** The alternative in words, and its change to the configuration. */
export type Other = [value: unknown, change: Partial<GeneralConfig>];

export function otherNorms(taken: General, reading: TreeReading): Other[] {
  const widths = widthsOf(reading.trunk);
  const groups = [32, 16, 8, 4, 2, 1].filter((count) => widths.every((width) => width % count === 0));
  const affine = reading.norms === 'affine';
  const all: GeneralConfig['norm_cfg'][] = [
    { type: 'IN', affine },
    ...(affine ? groups.map((num_groups) => ({ type: 'GN' as const, num_groups })) : []),
  ];
  return all.flatMap((norm): Other[] =>
    norm && shortNorm(norm) !== shortNorm(taken.norm_cfg) ? [[shortNorm(norm), { norm_cfg: norm }]] : [],
  );
}

/** Every activation under its first name, and the usual slopes of leaky ones. */
export function otherActivations({ activation = 'relu', attention }: General): Other[] {
  const names = Object.keys(ACTIVATIONS);
  const text = (name: string) => JSON.stringify(ACTIVATIONS[name]);
  const distinct = names.filter((name) => names.findIndex((other) => text(other) === text(name)) === names.indexOf(name));
  const others: Other[] = [
    ...distinct.filter((name) => name !== activation).map((name): Other => [name, { activation: name }]),
    ...[0.1, 0.2].map((slope): Other => [`leaky_relu of ${slope}`, { activation: 'leaky_relu', activation_slope: slope }]),
  ];
  if (attention?.type !== 'SE') return others;
  // Most gates have a ReLU between their layers, whatever the network's activation is.
  const activated = { attention: { ...attention, activated: true } };
  return [...others, ...others.map(([name, change]): Other => [`${name}, in gates, too`, { ...change, ...activated }])];
}

export function shortNorm(norm: GeneralConfig['norm_cfg']): string {
  return norm?.type === 'GN' ? `group norm of ${norm.num_groups}` : 'instance norm';
}

export function shortStem({ kernel, stride, pool, activated = true }: General['stem']): string {
  const pooling = pool === 'none' ? 'no pooling' : pool === 'conv' ? 'a convolution for pooling' : `${pool} pooling`;
  return `${kernel}x${kernel} of stride ${stride}, ${pooling}${activated ? '' : ', no activation'}`;
}

export function otherStems(taken: General): Other[] {
  const pooled: Partial<General['stem']>[] = [
    { stride: 1, pool: 'none' },
    { stride: 1, pool: 'max' },
    { stride: 2, pool: 'none' },
    { stride: 2, pool: 'max' },
    { stride: 2, pool: 'caffe' },
    ...(taken.stem.channels.length === 3 ? [{ stride: 2 as const, pool: 'avg' as const }] : []),
  ];
  // A convolution that pools has weights, so it is known.
  const kinds = taken.stem.pool === 'conv' ? [{ stride: 1 as const }] : pooled;
  const all = taken.stem.activated === false ? [...kinds.map((one) => ({ ...one, activated: true })), ...kinds] : kinds;
  const { strides = [], layers, projected } = taken;
  const halving = taken.block === 'Bottleneck' && taken.stem.kernel === 3 && projected?.every(Boolean);
  const each: Other[] = !halving
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
  const others = all.flatMap((change): Other[] => {
    const stem = { ...taken.stem, ...change };
    return shortStem(stem) === shortStem(taken.stem) ? [] : [[shortStem(stem), { stem }]];
  });
  return [...each, ...others];
}

export function otherStyles(taken: General): Other[] {
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

export function dilationOf({ strides = [], dilations = [] }: GeneralConfig): string {
  const last = strides.length > 1 && strides.at(-1) === 1 && dilations.every((one) => one === 1);
  if (last) return 'last stride 1';
  return dilations.some((one) => one > 1) ? `dilations ${dilations.join(', ')}` : 'none';
}

/** RegNets halve the size in every stage. */
const usualStrides = ({ layers, strides, stem }: General) =>
  layers.map((_, i) => (i || (stem.pool === 'none' && stem.kernel === 3 && strides?.[0] === 2) ? 2 : 1));

/** The last stages keep their size and are dilated instead. In torchvision and timm, a stage's first block has the dilation of the stage before. */
export function dilated(taken: General, stages: number, firstToo = false): Partial<GeneralConfig> {
  const count = taken.layers.length;
  let dilation = 1;
  const rows = usualStrides(taken).map((stride, i) => {
    const before = dilation;
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

export function otherDilations(taken: General): Other[] {
  const none = usualStrides(taken);
  const plain = { dilations: none.map(() => 1), first_dilations: none.map(() => 1) };
  const all: Other[] = [
    ['none', { strides: none, ...plain }],
    ['last stride 1', { strides: none.map((stride, i) => (i === none.length - 1 ? 1 : stride)), ...plain }],
    ['output stride 16', dilated(taken, 1)],
    ['output stride 8', dilated(taken, 2)],
    ['output stride 8, first blocks dilated alike', dilated(taken, 2, true)],
  ];
  const key = (config: Partial<GeneralConfig>) =>
    JSON.stringify([config.strides, config.dilations ?? plain.dilations, config.first_dilations ?? plain.first_dilations]);
  return all.filter(([, change]) => key(change) !== key(taken));
}

/** For the blocks of Res2Net, ResNeSt and SKNet. */
export function otherMiddles({ block, middle, groups = [], layers }: General): { value: string; why: string; others: Other[] } | undefined {
  if (middle?.type === 'Res2') {
    const texts = [
      'the first block of every stage pools its last slice',
      'the first block pools its last slice only where it halves the size',
    ];
    const pooled = middle.pool_unstrided ?? true;
    const [value = '', other = ''] = pooled ? texts : texts.toReversed();
    const why = 'Pooling leaves no trace. Res2Net’s authors, timm and MMPretrain pool in every stage, MMDetection does not in the first.';
    return { value, why, others: [[other, { middle: { ...middle, pool_unstrided: !pooled } }]] };
  }
  if (middle?.type === 'SplitAttention') {
    const texts = {
      average: 'averages after the attention halve the size',
      average_first: 'averages before the 3x3 convolution halve the size',
      convolution: 'the 3x3 convolution halves the size',
    };
    const { stride: taken = 'average' } = middle;
    const others = (Object.keys(texts) as (keyof typeof texts)[]).filter((one) => one !== taken);
    const why = 'What halves the size leaves no trace; in published ResNeSts it is averages after the attention.';
    return { value: texts[taken], why, others: others.map((stride): Other => [texts[stride], { middle: { ...middle, stride } }]) };
  }
  const isGrouped = block === 'Bottleneck' && middle?.type === 'SelectiveKernel';
  if (isGrouped && layers.every((_, i) => (groups[i] ?? 1) === (middle.split ? 1 : middle.paths))) {
    // Both have the same shapes.
    const texts = ['each path takes a part of the channels', `each path takes all channels, in ${middle.paths} groups`];
    const [value = '', other = ''] = middle.split ? texts : texts.toReversed();
    const change = { middle: { ...middle, split: !middle.split }, groups: layers.map(() => (middle.split ? (middle.paths ?? 2) : 1)) };
    return { value, why: 'Parts of the channels and groups of convolutions have the same shapes.', others: [[other, change]] };
  }
  return undefined;
}
