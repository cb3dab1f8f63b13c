/**
 * Reads the head after a trunk: from tensors with any names to the configuration of a neck and a head. It uses shapes that chain from
 * the trunk's width, their order, and numbers in names.
 */
import type { Graph } from '../graph/types.ts';
import { fillGaps, type LayerConfig } from './head-gaps.ts';
import { type Chain, chainsBeside, isConvolution, layersIn, type VectorLayer, vectorLayer } from './head-layers.ts';
import type { HeadAssumption, HeadConfig, HeadContext, HeadParts, HeadReading, ReadHead } from './reading.ts';
import type { CheckpointTensor } from './types.ts';

const NONE: HeadReading = { tensors: new Map(), used: [], text: 'none', assumed: [] };

export const readHead: ReadHead = (context: HeadContext): HeadReading => {
  const { width, trunk, tensors, modules } = context;
  const all = layersIn(tensors);
  const exponent = [...all].find(([, parts]) => parts.size === 1 && isScalar(parts.get('p')));
  const vectors = [...all].flatMap(([path, parts]) => vectorLayer(path, parts) ?? []);
  const convolves = [...all].some(
    ([, parts]) => (parts.get('weight')?.shape.length ?? 0) === 4 && (parts.get('weight')?.shape[2] ?? 0) > 1,
  );
  // If there are convolutions on maps, 1x1 ones work on maps, too.
  const lone = vectors.filter(isConvolution).length === 1 && !convolves;
  const { chains, rest } = chainsBeside(trunk, lone ? vectors : vectors.filter((layer) => !isConvolution(layer)));
  const heads = joined(
    chains.filter(({ layers }) => layers.some(({ kind }) => kind !== 'PReLU')),
    width,
    trunk,
  );
  const leftOut = () =>
    chains.map(({ root }) => root).filter((root) => !heads.some((head) => head.layers.some(({ path }) => path.startsWith(root))));
  const [head] = heads;
  if (!head) {
    const reading = [...chains.flatMap(({ layers }) => layers), ...rest].filter(
      (layer) => layer.kind === 'Linear' && !isConvolution(layer) && (layer.in ?? 1) % width === 0,
    );
    const names = reading.map(({ path, tensors: parts }) => `${path}.weight (${parts.get('weight')?.shape.join('x')})`);
    if (names.length)
      return { ...NONE, problem: `The head is not understood: the trunk ends in ${width} channels, and there are ${list(names)}.` };
    const others = leftOut();
    return others.length ? { ...NONE, text: `none; left out: ${list(others)}` } : NONE;
  }
  const idle = idleNorms(chains, heads, width);
  if (idle.length)
    return {
      ...NONE,
      problem: `Nothing tells what ${list(idle)} ${idle.length > 1 ? 'normalise' : 'normalises'}: ${heads.map(({ root }) => root).join(' and ')} may come before or after.`,
    };
  if (heads.length > 1) return several(heads, width, exponent?.[1].get('p'), context);
  const onto = chains.find(
    (chain) => chain.in === head.out && chain.layers.some(isLinear) && !head.layers.some(({ path }) => path === chain.layers[0]?.path),
  );
  if (onto) return undecided(head, onto, context);
  const taken = describe(head, context);
  const neck = neckOf(head, width, exponent !== undefined, modules?.get(poolPath(trunk))?.type);
  if (!neck) return concatenated(head, width, taken);
  const config = { neck: neck.config, head: taken.config };
  const stacked = head.layers.filter(isLinear).length > 1;
  const parts = partsOf(head, exponent?.[1].get('p'));
  const used = [
    ...head.layers.flatMap(({ path, tensors: own }) => [...own.keys()].map((name) => `${path}.${name}`)),
    ...(exponent ? [`${exponent[0]}.p`.replace(/^\./, '')] : []),
  ];
  return {
    config,
    classes: head.out,
    tensors: namedAs(taken.names, parts),
    used,
    text: `${neck.text}${taken.text}`,
    assumed: [
      ...neck.assumed(taken.config),
      ...taken.assumed.map((one) => ({
        ...one,
        alternatives: one.alternatives.map(({ value, head: other }) => ({ value, config: { ...config, head: other } })),
      })),
      ...(stacked ? [projection(head)] : []),
    ],
    heads: [parts],
  };
};

/** The projections of SimCLR, BYOL and MoCo have the shapes of a classifier. */
function projection({ root }: Chain): HeadAssumption {
  return {
    what: 'head',
    value: root,
    why: 'Linear layers on top of each other classify, or they are a projection of self-supervised training, whose outputs are not classes.',
    alternatives: [{ value: 'none: features alone', config: {} }],
  };
}

const isScalar = (tensor: CheckpointTensor | undefined) => tensor?.shape.every((size) => size === 1);

const list = (names: readonly string[]) =>
  names.length > 6 ? `${names.slice(0, 6).join(', ')} and ${names.length - 6} more` : names.join(', ');

const poolPath = (trunk: string) => (trunk ? `${trunk}.avgpool` : 'avgpool');

/** Norms with the width of the trunk or of a head's layer that no head uses. With them the head would compute something else. */
function idleNorms(chains: readonly Chain[], heads: readonly Chain[], width: number): string[] {
  const widths = new Set([width, ...heads.flatMap(({ layers }) => layers.flatMap(({ out }) => out ?? []))]);
  const taken = new Set(heads.flatMap(({ layers }) => layers.map(({ path }) => path)));
  const idle = chains.filter(({ layers }) => layers.every(({ kind, path }) => /Norm/.test(kind) && !taken.has(path)));
  return idle.filter((chain) => widths.has(chain.in)).map(({ root }) => root);
}

/** Chains that start at the trunk, extended by those that continue where they end. */
function joined(chains: readonly Chain[], width: number, trunk: string): Chain[] {
  const begins = ({ in: from }: Chain) => from === width || from === 2 * width;
  const remaining = [...chains];
  const take = (fits: (chain: Chain) => boolean) => {
    const at = remaining.findIndex(fits);
    return at < 0 ? undefined : remaining.splice(at, 1)[0];
  };
  const heads: Chain[] = [];
  for (let begin = take(begins); begin; begin = take(begins)) {
    const head = prolonged(begin, take, width, trunk);
    if (head.layers.some(isLinear)) heads.push(head);
  }
  return heads;
}

const isLinear = ({ kind }: VectorLayer) => kind === 'Linear';

function prolonged(begin: Chain, take: (fits: (chain: Chain) => boolean) => Chain | undefined, width: number, trunk: string): Chain {
  const ends = begin.layers.some(isLinear);
  // Norms lead to something. A linear layer that keeps the trunk's width must be followed by one that changes it. Otherwise, a layer that
  // accepts the trunk's width is a separate head.
  const next = take(
    (chain) =>
      chain.in === begin.out &&
      (begin.out !== width || !ends || chain.out !== width || !chain.layers.some(isLinear)) &&
      // A norm that leads nowhere would be dropped.
      (!ends || begin.layers.length > 1 || follows(begin.root, chain.root, trunk)),
  );
  if (!next) return begin;
  const both = { root: ends ? begin.root : next.root, layers: [...begin.layers, ...next.layers], in: begin.in, out: next.out };
  return prolonged(both, take, width, trunk);
}

/**
 * Whether one module reads another's output. Next to the trunk's own layers, only those with consecutive numbers do (fc1, fc2): a
 * class whose `fc` gives the output does not call layers that were added to it. (If `fc` was replaced by a stack of layers, someone
 * wrote more.)
 */
function follows(a: string, b: string, trunk: string): boolean {
  const inside = (root: string) => root.startsWith(trunk && `${trunk}.`);
  if (!inside(a) || !inside(b)) return true;
  const [, stem = a, number] = /^(.*?)(\d*)$/.exec(a) ?? [];
  const [, other = b] = /^(.*?)(\d*)$/.exec(b) ?? [];
  return number !== '' && stem === other;
}

interface Described {
  config: NonNullable<HeadConfig['head']>;
  /** Names of the layers with tensors. */
  names: string[];
  text: string;
  assumed: (Omit<HeadAssumption, 'alternatives'> & { alternatives: { value: unknown; head: NonNullable<HeadConfig['head']> }[] })[];
}

function describe(head: Chain, { trunk, modules }: Pick<HeadContext, 'trunk' | 'modules'>): Described {
  const filled = fillGaps(head.layers, trunk, modules);
  const { slots, open, ends } = filled;
  const text = `${head.root}: ${slots.map(({ config, layer }) => (layer?.kind === 'Linear' ? `Linear ${layer.in} > ${layer.out}` : config.type)).join(', ')}`;
  const sequential = (layers: LayerConfig[]) => ({ type: 'SequentialHead', layers });
  const layers = slots.map(({ config }) => config);
  if (slots.length === 1 && layers[0]?.type === 'Linear' && ends) {
    const config = { type: 'LinearClsHead', num_classes: head.out, ...(layers[0].bias === false && { bias: false }) };
    return { config, names: ['head.fc'], text, assumed: [] };
  }
  const names = slots.flatMap(({ layer }, i) => (layer ? [`head.layers.${i}`] : []));
  const assumed: Described['assumed'] = open.map(({ slot, place, others }) => ({
    what: 'head layer',
    value: `${layers[slot]?.type} ${place}`,
    why: 'Layers without tensors leave no key; this is the commonest in that place.',
    alternatives: others.map((other) => ({
      value:
        typeof other.negative_slope === 'number'
          ? `${other.type}(${other.negative_slope})`
          : other.type === 'Dropout'
            ? 'nothing that counts (Dropout, Identity)'
            : other.type,
      head: sequential(layers.map((layer, i) => (i === slot ? other : layer))),
    })),
  }));
  if (!ends) assumed.push(endOf(layers, sequential, head.out));
  return { config: sequential(layers), names, text, assumed };
}

/** The file does not contain modules after the last layer with tensors. */
function endOf(
  layers: LayerConfig[],
  sequential: (layers: LayerConfig[]) => NonNullable<HeadConfig['head']>,
  classes: number,
): Described['assumed'][number] {
  const types = classes === 1 ? ['Sigmoid'] : ['LogSoftmax', 'Softmax', 'Sigmoid'];
  return {
    what: 'head end',
    value: 'Linear',
    why: 'Whether a LogSoftmax, Softmax or Sigmoid follows the last linear layer is not in the file.',
    alternatives: types.map((type) => ({ value: type, head: sequential([...layers, { type }]) })),
  };
}

interface NeckReading {
  config: NonNullable<HeadConfig['neck']>;
  text: string;
  assumed: (head: NonNullable<HeadConfig['head']>) => HeadAssumption[];
}

/** Undefined if the head takes twice the trunk's width and the order of the two poolings is unknown. */
function neckOf(head: Chain, width: number, learned: boolean, pool: string | undefined): NeckReading | undefined {
  const known = (type: string, text = ''): NeckReading => ({ config: { type }, text, assumed: () => [] });
  if (head.in === 2 * width) {
    // fastai's head starts with the pooling and Flatten, so its first norm has number 2.
    if (!/\.[12]$/.test(head.layers[0]?.path ?? '')) return undefined;
    return {
      config: { type: 'ConcatPooling' },
      text: 'max and average pooling, ',
      assumed: (own) => [
        {
          what: 'pooling',
          value: 'the largest values, then the averages',
          why: `The head takes twice the trunk’s ${width} channels; fastai puts the largest values first.`,
          alternatives: [
            { value: 'the averages, then the largest values', config: { neck: { type: 'ConcatPooling', first: 'avg' }, head: own } },
          ],
        },
      ],
    };
  }
  if (learned) return known('GeneralizedMeanPooling', 'generalised mean pooling, ');
  return pool === 'AdaptiveMaxPool2d' ? known('GlobalMaxPooling', 'max pooling, ') : known('GlobalAveragePooling');
}

function concatenated(head: Chain, width: number, { config }: Described): HeadReading {
  const first = head.layers[0];
  return {
    ...NONE,
    problem: `${first?.path} takes ${head.in} features, twice the trunk's ${width}: the largest values and the averages, in an order that the file does not tell.`,
    candidates: (['max', 'avg'] as const).map((order) => ({ neck: { type: 'ConcatPooling', first: order }, head: config })),
    heads: [partsOf(head, undefined)],
  };
}

/** Next to a class's own head there is a layer that could read its output. It is unknown whether it does. */
function undecided(head: Chain, onto: Chain, context: HeadContext): HeadReading {
  const both: Chain = { root: head.root, layers: [...head.layers, ...onto.layers], in: head.in, out: onto.out };
  const neck = { type: 'GlobalAveragePooling' };
  return {
    ...NONE,
    problem: `${head.root} gives ${head.out} values, and ${onto.root} takes as many. The file does not say whether it follows, or what is between them.`,
    candidates: [both, head].map((chain) => ({ neck, head: describe(chain, context).config })),
    heads: [partsOf(both, undefined), partsOf(head, undefined)],
  };
}

/** Several heads next to each other. None is better than the others. */
function several(heads: readonly Chain[], width: number, exponent: CheckpointTensor | undefined, context: HeadContext): HeadReading {
  const described = heads.map((head) => describe(head, context));
  const texts = described.map(({ text }) => text);
  return {
    ...NONE,
    text: `none chosen of ${heads.length}: ${texts.join('; ')}`,
    heads: heads.map((head) => partsOf(head, exponent)),
    assumed: [
      {
        what: 'head',
        value: 'none',
        why: `${heads.length} heads use the same trunk.`,
        alternatives: heads.map((head, i) => ({
          value: head.root,
          config: {
            neck: neckOf(head, width, exponent !== undefined, undefined)?.config ?? { type: 'ConcatPooling' },
            head: { ...(described[i]?.config ?? { type: 'LinearClsHead' }), from: head.root },
          },
        })),
      },
    ],
  };
}

function partsOf({ root, layers }: Chain, exponent: CheckpointTensor | undefined): HeadParts {
  return { root, layers: layers.map(({ tensors }) => tensors), ...(exponent && { exponent }) };
}

function namedAs(names: readonly string[], { layers, exponent }: HeadParts): Map<string, CheckpointTensor> {
  const named = new Map<string, CheckpointTensor>();
  if (exponent) named.set('neck.p', exponent);
  layers.forEach((layer, i) => {
    for (const [parameter, tensor] of layer) named.set(`${names[i]}.${parameter}`, tensor);
  });
  return named;
}

/**
 * The head's tensors under the graph's names, layer by layer in order, whatever the form of its configuration.
 * @param from path of one of several heads
 */
export function headTensors({ heads = [] }: HeadReading, graph: Graph, from?: string): Map<string, CheckpointTensor> {
  const names = graph.nodes.flatMap(({ name, weights }) => (name.startsWith('head.') && Object.keys(weights).length ? [name] : []));
  const isLearned = graph.nodes.some(({ name, weights }) => name === 'neck' && weights.p);
  const fitting = heads.find(({ root, layers }) => (from === undefined ? layers.length === names.length : root === from));
  if (!fitting) return new Map();
  return namedAs(names, isLearned ? fitting : { ...fitting, exponent: undefined });
}
