/**
 * Finds trunks in a tree of layers, whatever their names and position: sequences of residual blocks whose channels chain, after one
 * convolution of the image, or the three of a deep stem.
 */
import { type Block, likeness, parseBlock, type Unit, unitsOf } from './blocks.ts';
import { commonPrefix, type Layer } from './tree-layers.ts';

export interface Trunk {
  stem: Unit[];
  /** A convolution that replaces the stem's pooling. */
  pool?: Unit;
  stages: Block[][];
  /** The common prefix of its names, as tokens and as written in the file. */
  tokens: readonly string[];
  path: string;
  layers: ReadonlySet<Layer>;
  width: number;
}

interface Node {
  token: string;
  children: Map<string, Node>;
  /** All layers of the subtree. */
  layers: Layer[];
}

/** At least two stages, and wider at the end. A single sequence of equal blocks is a part of something else (HRNet, decoders). */
export function findTrunks(layers: readonly Layer[]): Trunk[] {
  const root = treeOf(layers);
  const runs: Block[][] = [];
  for (const block of blocksOf(root)) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run && last && last.out === block.inChannels && last.main.length === block.main.length && signature(last) === signature(block))
      run.push(block);
    else runs.push([block]);
  }
  const inBlocks = new Set(runs.flat().flatMap(layersIn));
  const found = runs.flatMap((run) => {
    const trunk = trunkOf(run, layers, inBlocks);
    return trunk ? [{ run, trunk }] : [];
  });
  const rest = runs.filter((run) => !found.some((one) => one.run === run));
  return found.flatMap(({ run, trunk }) => (rest.some((other) => isPartOf(other, run, trunk)) ? [] : [trunk]));
}

function trunkOf(run: readonly Block[], layers: readonly Layer[], inBlocks: ReadonlySet<Layer>): Trunk | undefined {
  const stages = stagesOf(run);
  const [first] = run;
  if (!first || stages.length < 2 || (run.at(-1)?.out ?? 0) <= first.inChannels) return undefined;
  const stem = findStem(layers, run, inBlocks);
  if (!stem) return undefined;
  const inner = run.flatMap(unitsOf);
  const pool = findPool(layers, run, inBlocks, stem);
  const before = pool ? [...stem, pool] : stem;
  pairDistant([...before, ...inner], layers, inBlocks);
  const used = new Set([...run.flatMap(layersIn), ...before.flatMap(({ conv, norm }) => (norm ? [conv, norm] : [conv]))]);
  if (layers.some((layer) => !used.has(layer) && isAmid(layer, run, stem))) return undefined;
  // If blocks have norms, a stem without a norm is not understood.
  if (before.some(({ norm }) => !norm) && inner.some(({ norm }) => norm)) return undefined;
  const tokens = commonPrefix([...used].map((layer) => layer.tokens));
  return { stem, ...(pool && { pool }), stages, tokens, path: pathOf([...used]), layers: used, width: run.at(-1)?.out ?? 0 };
}

/** Blocks among those of a trunk that look like them, but chain with none. Then the trunk is incomplete. */
function isPartOf(other: readonly Block[], run: readonly Block[], trunk: Trunk): boolean {
  const [a, b] = [other[0], run[0]];
  if (!a || !b || signature(a) !== signature(b)) return false;
  return layersIn(a).some(({ path }) => trunk.path === '' || path.startsWith(`${trunk.path}.`));
}

export function layersIn(block: Block): Layer[] {
  return [
    ...unitsOf(block).flatMap(({ conv, norm }) => (norm ? [conv, norm] : [conv])),
    ...(block.bare ? [block.bare] : []),
    ...block.attention,
  ];
}

function treeOf(layers: readonly Layer[]): Node {
  const root: Node = { token: '', children: new Map(), layers: [] };
  for (const layer of layers) {
    let node = root;
    node.layers.push(layer);
    for (const token of layer.tokens) {
      const next: Node = node.children.get(token) ?? { token, children: new Map(), layers: [] };
      node.children.set(token, next);
      next.layers.push(layer);
      node = next;
    }
  }
  return root;
}

/** The largest subtrees that are one block each, in order. The recursion is as deep as a path has tokens, which the readers limit. */
function* blocksOf(node: Node): Generator<Block> {
  const block = parseBlock(node.layers);
  if (block) yield block;
  else for (const child of node.children.values()) if (child.layers.length > 1) yield* blocksOf(child);
}

/** Names of a block's convolutions within it. They are equal in all blocks of a trunk. */
function signature({ main }: Block): string {
  const common = commonPrefix(main.map(({ conv }) => conv.tokens)).length;
  return main
    .map(({ conv }) =>
      conv.tokens
        .slice(common)
        .map((token) => token.replace(/^\d+$/, '#'))
        .join(),
    )
    .join(';');
}

/** Divides blocks into stages by their parent modules. If those do not differ, where the width changes or the shortcut has a projection. */
function stagesOf(run: readonly Block[]): Block[][] {
  const holders = run.map(({ path }) => path.slice(0, path.findLastIndex(isNumber)).join());
  const distinct = new Set(holders).size;
  const byHolder = distinct > 1 && (distinct < run.length || distinct <= 4) && isGrouped(holders);
  const divided = divide(run, (block, i) => (byHolder ? holders[i] !== holders[i - 1] : isChange(block)));
  const even = divided.every((stage) => stage.every(({ out }) => out === stage[0]?.out));
  return even ? divided : divide(run, isChange);
}

const isChange = ({ inChannels, out, shortcut }: Block) => inChannels !== out || shortcut !== undefined;

function isGrouped(holders: readonly string[]): boolean {
  return holders.every((holder, i) => i === 0 || holder === holders[i - 1] || holders.indexOf(holder) === i);
}

function divide(run: readonly Block[], begins: (block: Block, i: number) => boolean): Block[][] {
  const stages: Block[][] = [];
  run.forEach((block, i) => {
    const stage = stages.at(-1);
    if (stage && !begins(block, i)) stage.push(block);
    else stages.push([block]);
  });
  return stages;
}

/** Images have few channels, satellite images a dozen, spectra some hundreds. For many channels, the kernel size decides. */
const FEW_CHANNELS = 16;

/** The convolutions before the first block. Searches next to the blocks, then next to the modules that contain them. */
function findStem(layers: readonly Layer[], run: readonly Block[], inBlocks: ReadonlySet<Layer>): Unit[] | undefined {
  const [first] = run;
  if (!first) return undefined;
  const blocks = commonPrefix(run.flatMap(layersIn).map(({ path }) => path.split('.')));
  for (let depth = blocks.length; depth >= 0; depth--) {
    const near = layers.filter((layer) => layer.kind === 'conv' && !inBlocks.has(layer) && isUnder(layer, blocks.slice(0, depth)));
    const last = near.filter(({ shape }) => shape[0] === first.inChannels && (shape[2] ?? 0) >= 3);
    for (const c of last) {
      // The nearest match, because all three may have the same width.
      const b = near.findLast((one) => one !== c && isBefore(one, c));
      const a = b && near.findLast((one) => one !== b && one !== c && isBefore(one, b) && (one.shape[1] ?? 0) <= FEW_CHANNELS);
      if (a && b) return [a, b, c].map((conv) => ({ conv }));
    }
    const before = last.filter(({ shape: [, channels = 0, size = 0] }) => channels <= FEW_CHANNELS || size > 3);
    before.sort((a, b) => (b.shape[2] ?? 0) - (a.shape[2] ?? 0) || (a.shape[1] ?? 0) - (b.shape[1] ?? 0) || a.order - b.order);
    if (before[0]) return [{ conv: before[0] }];
  }
  return undefined;
}

/**
 * A 3x3 convolution between stem and blocks that keeps the width: after three convolutions (ResNet-RS), its names or its position say that
 * it replaces the pooling. After a single one, it could as well be the stem's second convolution.
 */
function findPool(layers: readonly Layer[], run: readonly Block[], inBlocks: ReadonlySet<Layer>, stem: readonly Unit[]): Unit | undefined {
  const [first] = run;
  const last = stem.at(-1)?.conv;
  if (!first || !last) return undefined;
  const holder = commonPrefix([last.path, ...first.main.map(({ conv }) => conv.path)].map((path) => path.split('.').slice(0, -1)));
  const fitting = layers.filter(
    (layer) =>
      layer.kind === 'conv' &&
      !inBlocks.has(layer) &&
      stem.every(({ conv }) => conv !== layer) &&
      layer.shape.join() === `${first.inChannels},${first.inChannels},3,3` &&
      isUnder(layer, holder) &&
      (layer.path.slice(holder.join('.').length).toLowerCase().includes('pool') ||
        (stem.length === 3 && last.order < layer.order && layer.order < first.order)),
  );
  return fitting.length === 1 && fitting[0] ? { conv: fitting[0] } : undefined;
}

/** Whether a 3x3 convolution can come before another one in a deep stem: next to it, with a similar name, and of matching width. */
function isBefore(a: Layer, b: Layer): boolean {
  const alike = a.tokens.length === b.tokens.length && a.tokens.filter((token, i) => token !== b.tokens[i]).length === 1;
  return alike && a.shape[0] === b.shape[1] && a.shape[2] === 3 && b.shape[2] === 3 && a.order < b.order;
}

/** Whether an unknown layer is inside a block, or next to the blocks of a stage. Then the blocks are of another kind, or incomplete. */
function isAmid(layer: Layer, run: readonly Block[], stem: readonly Unit[]): boolean {
  return run.some(({ path }) => {
    const block = path.slice(0, path.findLastIndex(isNumber) + 1);
    const stage = block.slice(0, -1);
    const holdsMore = !stage.some(isNumber) || stem.some(({ conv }) => isBelow(conv, stage));
    return block.length > 0 && isBelow(layer, holdsMore ? block : stage);
  });
}

const isNumber = (token: string) => /^\d+$/.test(token);

function isBelow({ tokens }: Layer, path: readonly string[]): boolean {
  return path.every((token, i) => tokens[i] === token);
}

/** Norms outside of the modules of their convolutions (`bn2a_branch2a` and `res2a_branch2a`, the stem's): matched by width and similar names. */
function pairDistant(units: Unit[], layers: readonly Layer[], inBlocks: ReadonlySet<Layer>): void {
  const free = new Set(layers.filter((layer) => layer.kind === 'norm' && !inBlocks.has(layer)));
  for (const unit of units) {
    if (unit.norm) continue;
    let best: { norm: Layer; score: number } | undefined;
    for (const norm of free) {
      if (norm.shape[0] !== unit.conv.shape[0]) continue;
      const score = closeness(unit.conv, norm);
      if (score > (best?.score ?? 0)) best = { norm, score };
    }
    if (!best) continue;
    unit.norm = best.norm;
    free.delete(best.norm);
  }
}

/** Zero if only the width suggests that two layers belong together. Otherwise they are in the same module, or one is inside the other. */
function closeness(conv: Layer, norm: Layer): number {
  const parent = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf('.')));
  const holder = parent(conv.path);
  // The last norm of a deep stem may be outside of the Sequential with the others.
  if (![conv.path, holder, parent(holder)].includes(parent(norm.path))) return 0;
  let same = 0;
  while (same < conv.tokens.length && conv.tokens.at(-1 - same) === norm.tokens.at(-1 - same)) same++;
  return likeness(conv, norm) + 4 * same + 1;
}

function isUnder({ path }: Layer, segments: readonly string[]): boolean {
  return !segments.length || path.startsWith(`${segments.join('.')}.`);
}

/** The longest common path of layers, in whole segments. */
export function pathOf(layers: readonly Layer[]): string {
  return commonPrefix(layers.map(({ path }) => path.split('.').slice(0, -1))).join('.');
}
