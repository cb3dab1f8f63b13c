/** Reads a checkpoint with any names: finds the trunk, gives its tensors canonical names, and passes the rest to the reader of heads. */
import { type Block, type Unit, unitsOf } from './blocks.ts';
import { ranked } from './choose.ts';
import { otherNetwork } from './other-networks.ts';
import type { Reading, TensorTree } from './reading.ts';
import { constant, difference, meanOfParts } from './synthetic.ts';
import { type Layer, layersOf } from './tree-layers.ts';
import { findTrunks, type Trunk } from './trunk.ts';
import type { Checkpoint, CheckpointTensor } from './types.ts';
import { readHeadOutside } from './wholes.ts';

export interface TreeReading extends Reading {
  trunk: Trunk;
  /** Every tensor of the file, by its path. */
  all: TensorTree;
  norms: Norms;
  /** Whether convolutions have biases that no norm absorbs. */
  biased: boolean;
  /** Number of parts of a batch for which the norms have separate statistics. */
  splits: number;
}

/** With statistics; only scale and shift; neither, with or without biases in the convolutions. */
export type Norms = 'running' | 'affine' | 'folded' | 'none';

/** Undefined if there is no trunk of plain blocks in it, or if names say that it is a related network with the same shapes. */
export function readTree(checkpoint: Checkpoint): TreeReading | undefined {
  const tensors = withoutOptimizers(checkpoint.tree ?? checkpoint.tensors);
  const trunks = ranked(findTrunks(layersOf(tensors)), ({ layers: [first] }) =>
    [...(first?.tensors.keys() ?? [])].some((name) => checkpoint.renamed?.has(`${first?.path}.${name}`)),
  );
  const [trunk, ...others] = trunks;
  if (!trunk) return undefined;
  const named = new Names(trunk);
  if (otherNetwork(new Map([...named.paths.values()].map((path) => [path, tensors.get(path) ?? { shape: [] }])))) return undefined;
  const outside = tensorsOutside(tensors, trunk, others);
  const { modules, metadata } = checkpoint;
  const head = readHeadOutside({ width: trunk.width, trunk: trunk.path, tensors: outside, modules, metadata });
  const used = new Set([...named.paths.values(), ...head.used]);
  const ignored = [...tensors.keys()].filter((path) => !used.has(path) && !path.endsWith('num_batches_tracked'));
  const derived: Checkpoint = {
    ...checkpoint,
    scheme: 'canonical',
    tensors: new Map([...named.tensors, ...head.tensors]),
    tree: undefined,
  };
  return {
    checkpoint: derived,
    found: trunk.path,
    others: others.map(({ path }) => path),
    paths: named.paths,
    head,
    ignored,
    trunk,
    all: tensors,
    norms: named.norms,
    biased: named.biased,
    splits: named.splits,
  };
}

/** An optimizer's numbered entries have the shapes of weights, but are not weights. */
function withoutOptimizers(tensors: TensorTree): TensorTree {
  return new Map([...tensors].filter(([path]) => !/(^|\.)state\.\d+\.\w+$/.test(path)));
}

/** Tensors outside of all trunks, except those next to another trunk in a copy of its own. */
function tensorsOutside(tensors: TensorTree, trunk: Trunk, others: readonly Trunk[]): TensorTree {
  const inTrunks = new Set([trunk, ...others].flatMap(({ layers }) => [...layers].map(({ path }) => path)));
  const here = segments(trunk.path);
  const copies = others.map(({ path }) => {
    const there = segments(path);
    let common = 0;
    while (common < there.length && there[common] === here[common]) common++;
    return common < there.length ? `${there.slice(0, common + 1).join('.')}.` : undefined;
  });
  return new Map(
    [...tensors].filter(([path]) => {
      if (copies.some((copy) => copy !== undefined && path.startsWith(copy))) return false;
      return !inTrunks.has(path.slice(0, Math.max(0, path.lastIndexOf('.'))));
    }),
  );
}

const segments = (path: string) => (path ? path.split('.') : []);

/** A trunk's tensors under canonical names. Norms become batch norms if the arithmetic allows it. */
class Names {
  readonly tensors = new Map<string, CheckpointTensor>();
  readonly paths = new Map<string, string>();
  readonly norms: Norms;
  biased = false;
  splits = 1;

  constructor({ stem, pool, stages }: Trunk) {
    const units = [...stem, ...stages.flat().flatMap(unitsOf)];
    const norms = units.flatMap(({ norm }) => norm ?? []);
    this.norms = norms.length
      ? norms.some(({ tensors }) => tensors.has('running_mean'))
        ? 'running'
        : 'affine'
      : units.some(({ conv }) => conv.tensors.has('bias'))
        ? 'folded'
        : 'none';
    const deep = stem.length > 1;
    for (const [i, unit] of stem.entries()) this.#add(deep ? `stem.${i}.conv` : 'conv1', deep ? `stem.${i}.bn` : 'bn1', unit);
    if (pool) this.#add('stem.pool.conv', 'stem.pool.bn', pool);
    for (const [s, stage] of stages.entries()) for (const [b, block] of stage.entries()) this.#addBlock(`layer${s + 1}.${b}`, block);
    if (this.biased) this.#fillBiases();
  }

  /** If only some convolutions have biases (MONAI's shortcuts), the others get zeros. */
  #fillBiases(): void {
    for (const [name, { shape }] of [...this.tensors]) {
      const bias = name.replace(/weight$/, 'bias');
      if (shape.length === 4 && !name.includes('.se_layer.') && !this.tensors.has(bias))
        this.tensors.set(bias, constant([shape[0] ?? 0], 0));
    }
  }

  #addBlock(path: string, { main, inner, bare, middle, shortcut, attention }: Block): void {
    const names = unitNames(middle, main.length);
    for (const [i, unit] of [...main, ...inner].entries()) {
      const [conv = '', norm = ''] = names(i);
      if (middle?.type === 'SplitAttention' && i >= main.length)
        this.#addWeighing(`${path}.${conv}`, unit.conv, unit.norm, `${path}.${norm}`);
      else this.#add(`${path}.${conv}`, `${path}.${norm}`, unit);
    }
    if (bare && middle?.type === 'SplitAttention') this.#addWeighing(`${path}.${names(-1)[0]}`, bare);
    else if (bare) this.#set(`${path}.${names(-1)[0]}.weight`, bare, 'weight');
    if (shortcut) this.#add(`${path}.downsample.0`, `${path}.downsample.1`, shortcut);
    attention.forEach((layer, i) => {
      const name = attention.length === 1 ? `${path}.se_layer.conv` : `${path}.se_layer.conv${i + 1}.conv`;
      this.#set(`${name}.weight`, layer, 'weight');
      if (attention.length === 2 && !this.#set(`${name}.bias`, layer, 'bias'))
        this.tensors.set(`${name}.bias`, constant([layer.shape[0] ?? 0], 0));
    });
  }

  /** Layers of split attention, whose convolutions keep their biases. */
  #addWeighing(name: string, conv: Layer, norm?: Layer, normName = ''): void {
    this.#set(`${name}.weight`, conv, 'weight');
    if (!this.#set(`${name}.bias`, conv, 'bias')) this.tensors.set(`${name}.bias`, constant([conv.shape[0] ?? 0], 0));
    if (norm) this.#addNorm(normName, norm, [conv.shape[0] ?? 0]);
  }

  #add(convName: string, normName: string, { conv, norm }: Unit): void {
    this.#set(`${convName}.weight`, conv, 'weight');
    const bias = conv.tensors.get('bias');
    if (bias) this.paths.set(`${convName}.bias`, `${conv.path}.bias`);
    const width = [conv.shape[0] ?? 0];
    if (this.norms === 'none') return;
    if (this.norms === 'affine') {
      if (bias) this.tensors.set(`${convName}.bias`, bias);
      this.biased ||= bias !== undefined;
    }
    if (!norm || this.norms === 'folded') {
      // A norm that only adds the bias: mean 0, and variance plus eps is 1.
      this.tensors.set(`${normName}.weight`, constant(width, 1));
      this.tensors.set(`${normName}.bias`, bias ?? constant(width, 0));
      this.tensors.set(`${normName}.running_mean`, constant(width, 0));
      this.tensors.set(`${normName}.running_var`, constant(width, 1 - 1e-5));
      return;
    }
    this.#addNorm(normName, norm, width);
    const mean = this.tensors.get(`${normName}.running_mean`);
    if (bias && mean) this.tensors.set(`${normName}.running_mean`, difference(mean, bias));
  }

  #addNorm(name: string, norm: Layer, width: number[]): void {
    if (!this.#set(`${name}.weight`, norm, 'weight')) this.tensors.set(`${name}.weight`, constant(width, 1));
    if (!this.#set(`${name}.bias`, norm, 'bias')) this.tensors.set(`${name}.bias`, constant(width, 0));
    for (const statistic of ['running_var', 'running_mean']) {
      this.#set(`${name}.${statistic}`, norm, statistic);
      const tensor = norm.tensors.get(statistic);
      // SplitBatchNorm has statistics for several parts of a batch. When training ends, it takes their mean.
      const parts = (tensor?.shape[0] ?? 0) / (width[0] ?? 1);
      if (!tensor || parts < 2 || !Number.isInteger(parts)) continue;
      this.tensors.set(`${name}.${statistic}`, meanOfParts(tensor, width[0] ?? 1));
      this.splits = parts;
    }
  }

  #set(name: string, layer: Layer, parameter: string): boolean {
    const tensor = layer.tensors.get(parameter);
    if (!tensor) return false;
    this.tensors.set(name, tensor);
    this.paths.set(name, `${layer.path}.${parameter}`);
    return true;
  }
}

/** A graph's names for the units of a block: those of the chain, further ones, and (-1) the last of an attention, which has no norm. */
function unitNames(middle: Block['middle'], count: number): (i: number) => string[] {
  const at = count === 3 ? 1 : 0;
  switch (middle?.type) {
    case 'Res2':
      return (i) => (i === 0 || i === 2 ? [`conv${i + 1}`, `bn${i + 1}`] : [`convs.${Math.max(0, i - 2)}`, `bns.${Math.max(0, i - 2)}`]);
    case 'SplitAttention':
      return (i) =>
        i === 1
          ? ['conv2.conv', 'conv2.bn0']
          : i === 3
            ? ['conv2.fc1', 'conv2.bn1']
            : i < 0
              ? ['conv2.fc2']
              : [`conv${i + 1}`, `bn${i + 1}`];
    case 'SelectiveKernel': {
      const own = `conv${at + 1}`;
      const last = count + middle.paths - 1;
      return (i) => {
        if (i < 0) return [`${own}.attn.fc_select`];
        if (i === last) return [`${own}.attn.fc_reduce`, `${own}.attn.bn`];
        const path = i === at ? 0 : i - count + 1;
        return i === at || i >= count ? [`${own}.paths.${path}.conv`, `${own}.paths.${path}.bn`] : [`conv${i + 1}.conv`, `conv${i + 1}.bn`];
      };
    }
    default:
      return (i) => [`conv${i + 1}`, `bn${i + 1}`];
  }
}
