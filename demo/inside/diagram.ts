/** A network in readable parts: stem, stages of blocks, head. Pure. */
import type { Graph, GraphNode } from '../../src/index.ts';

export interface Block {
  /** `stem`, `layer2.0`, `head`. */
  id: string;
  /** "Stage 2, block 1". */
  title: string;
  nodes: GraphNode[];
  macs: number;
  parameters: number;
  /** [n, c, h, w] of its output. */
  shape: readonly number[];
}

export interface Row {
  title: string;
  blocks: Block[];
}

/** Names are OpenMMLab's: `layer2.0.conv1`, or `layer3.branch0.1.conv1` if a stage has branches. */
const PLACE = /^layer(\d+)\.(?:branch\d+\.)?(\d+)\./;

export function diagramOf({ nodes }: Pick<Graph, 'nodes'>): Row[] {
  const inside = nodes.filter(({ op }) => op !== 'input');
  const first = inside.findIndex(({ name }) => PLACE.test(name));
  const last = inside.findLastIndex(({ name }) => PLACE.test(name));
  const rows: Row[] = [];
  const add = (title: string, block: Block | undefined) => block && rows.push({ title, blocks: [block] });
  add('Stem', blockOf('stem', 'Stem', first === -1 ? inside : inside.slice(0, first)));
  const stages = new Map<string, Map<string, GraphNode[]>>();
  for (const node of first === -1 ? [] : inside.slice(first, last + 1)) {
    // Layers between two blocks belong to the first one.
    const [, stage, block] = PLACE.exec(node.name) ?? [undefined, ...lastKeys(stages)];
    const blocks = stages.get(stage ?? '') ?? new Map<string, GraphNode[]>();
    stages.set(stage ?? '', blocks);
    blocks.set(block ?? '', [...(blocks.get(block ?? '') ?? []), node]);
  }
  for (const [stage, blocks] of stages) {
    const made = [...blocks].flatMap(
      ([block, own]) => blockOf(`layer${stage}.${block}`, `Stage ${stage}, block ${Number(block) + 1}`, own) ?? [],
    );
    rows.push({ title: `Stage ${stage}`, blocks: made });
  }
  const rest = first === -1 ? [] : inside.slice(last + 1);
  const end = rest.some(({ op }) => op === 'linear' || op === 'global_avg_pool') ? 'Head' : 'End';
  add(end, blockOf('head', end, rest));
  return rows;
}

function lastKeys(stages: ReadonlyMap<string, ReadonlyMap<string, unknown>>): [string, string] {
  const stage = [...stages.keys()].at(-1) ?? '1';
  return [stage, [...(stages.get(stage)?.keys() ?? [])].at(-1) ?? '0'];
}

function blockOf(id: string, title: string, nodes: GraphNode[]): Block | undefined {
  const last = nodes.at(-1);
  if (!last) return undefined;
  const sum = (key: 'macs' | 'parameters') => nodes.reduce((total, node) => total + node[key], 0);
  return { id, title, nodes, macs: sum('macs'), parameters: sum('parameters'), shape: last.shape };
}

/** "56 × 56 × 256", as in papers. Only the length of a vector. */
export function shapeText([, c = 0, h = 1, w = 1]: readonly number[]): string {
  return h * w === 1 ? String(c) : `${w} × ${h} × ${c}`;
}

const pair = ([a, b]: readonly [number, number]) => (a === b ? String(a) : `${a} × ${b}`);
const kernel = ([h, w]: readonly [number, number]) => `${h} × ${w}`;

/** What a layer does: "3 × 3 convolution, stride 2, 32 groups". */
export function operationText(node: GraphNode): string {
  switch (node.op) {
    case 'conv2d':
    case 'deform_conv2d': {
      const { kernel: size, stride, dilation, groups, outChannels } = node.attributes;
      const parts = [`${kernel(size)} ${node.op === 'conv2d' ? '' : 'deformable '}convolution`];
      if (Math.max(...stride) > 1) parts.push(`stride ${pair(stride)}`);
      if (Math.max(...dilation) > 1) parts.push(`dilation ${pair(dilation)}`);
      if (groups > 1) parts.push(groups === outChannels ? 'depthwise' : `${groups} groups`);
      return parts.join(', ');
    }
    case 'max_pool2d':
    case 'avg_pool2d':
      return `${kernel(node.attributes.kernel)} ${node.op === 'max_pool2d' ? 'maximum' : 'average'}, stride ${pair(node.attributes.stride)}`;
    default:
      return WORDS[node.op] ?? node.op.replaceAll('_', ' ');
  }
}

const WORDS: Partial<Record<GraphNode['op'], string>> = {
  batch_norm: 'batch norm',
  relu: 'ReLU',
  add: 'sum with the shortcut',
  mul: 'product with the gate',
  global_avg_pool: 'average over all pixels',
  linear: 'linear layer',
  shortcut_a: 'shortcut, zeros for new channels',
};

/** A dispatch from `profile()`. */
export interface Timed {
  name: string;
  kernel: string;
  variant: string;
  us: number;
  nodes: readonly string[];
}

export interface Times {
  layers: Map<string, { us: number; kernel: string }>;
  /** Layers without a separate dispatch, and the layer that includes them. */
  joined: Map<string, string>;
}

/** For a layer with several dispatches (Winograd, split sums), the sum of their times, and the kernel that takes longest. */
export function timesOf(dispatches: readonly Timed[]): Times {
  const layers = new Map<string, { us: number; longest: number; kernel: string }>();
  const joined = new Map<string, string>();
  for (const { name, kernel: own, variant, us, nodes } of dispatches) {
    const known = layers.get(name) ?? { us: 0, longest: -1, kernel: '' };
    const isLongest = us > known.longest;
    layers.set(name, {
      us: known.us + us,
      longest: isLongest ? us : known.longest,
      kernel: isLongest ? `${own} ${variant}` : known.kernel,
    });
    for (const node of nodes) if (node !== name) joined.set(node, name);
  }
  return { layers, joined };
}
