/**
 * Recognises residual blocks by their convolutions: 3x3 and 3x3, or 1x1, 3x3 (or what middles.ts knows) and 1x1, whose channels
 * chain. There may be one more convolution from the first one's input to the last one's output, norms as wide as the convolution
 * before, and squeeze-and-excitation. Names only decide where shapes leave a choice.
 */

import { type Chain, chains } from './middles.ts';
import { commonPrefix, type Layer } from './tree-layers.ts';

export interface Unit {
  conv: Layer;
  norm?: Layer;
}

export interface Block {
  main: Unit[];
  /** If several convolutions replace the 3x3 of a bottleneck: their kind, and all of them but the first. */
  middle?: Chain['middle'];
  inner: Unit[];
  /** The last convolution of split attention, which has no norm. */
  bare?: Layer;
  shortcut?: Unit;
  /** The two layers of squeeze-and-excitation, or ECA's single one. */
  attention: Layer[];
  inChannels: number;
  out: number;
  /** Output channels of the first convolution, and of the last but one. */
  first: number;
  mid: number;
  groups: number;
  /** The common prefix of all its layers' names. */
  path: readonly string[];
  order: number;
}

/** All convolutions that a norm can follow. */
export function unitsOf({ main, inner, shortcut }: Block): Unit[] {
  return shortcut ? [...main, ...inner, shortcut] : [...main, ...inner];
}

const kernel = ({ shape }: Layer) => shape[2] ?? 0;
const inOf = ({ shape }: Layer) => shape[1] ?? 0;
const outOf = ({ shape }: Layer) => shape[0] ?? 0;
const template = (tokens: readonly string[]) => tokens.map((token) => (/^\d/.test(token) || token.length === 1 ? '#' : token)).join();

export function parseBlock(layers: readonly Layer[]): Block | undefined {
  const convs = layers.filter(({ kind }) => kind === 'conv');
  const path = commonPrefix(layers.map(({ tokens }) => tokens));
  const extras = layers.filter(({ kind }) => kind === 'linear' || kind === 'other');
  const norms = layers.filter(({ kind }) => kind === 'norm');
  let best: { block: Block; cost: number } | undefined;
  for (const { main, inner, bare, middle, groups, from } of chains(convs)) {
    const own = [...main, ...inner];
    const rest = convs.filter((conv) => !own.includes(conv) && conv !== bare);
    const [first, last] = [main[0], main.at(-1)];
    if (!first || !last) continue;
    const given = from ?? inOf(first);
    for (const shortcut of [undefined, ...rest]) {
      if (shortcut && (inOf(shortcut) !== given || outOf(shortcut) !== outOf(last) || kernel(shortcut) > 3)) continue;
      // Without a projection, only equal widths tell how much of the input it reads.
      if (from !== undefined && !shortcut && from !== outOf(last)) continue;
      const attention = [...rest.filter((conv) => conv !== shortcut), ...extras];
      if (!isAttention(attention, outOf(last))) continue;
      const units = pairNorms(shortcut ? [...own, shortcut] : own, norms);
      if (!units) continue;
      const cost = disorder(main) + (attention.length ? unlike(main, attention) : 0) - units.score / 100;
      if (best && best.cost <= cost) continue;
      // Input channels of the last convolution. Split attention gives it one of its maps.
      const mid = main.length === 3 ? inOf(last) : outOf(first);
      const block: Block = {
        main: units.units.slice(0, main.length),
        ...(middle && { middle }),
        inner: units.units.slice(main.length, own.length),
        ...(bare && { bare }),
        ...(shortcut && { shortcut: units.units[own.length] }),
        attention,
        inChannels: given,
        out: outOf(last),
        first: outOf(first),
        mid,
        groups,
        path,
        order: Math.min(...layers.map(({ order }) => order)),
      };
      best = { block, cost };
    }
  }
  return best?.block;
}

/** How much the order of names or of the file differs from the chain's, and how different the names are. */
function disorder(main: readonly Layer[]): number {
  const turns = main.filter((layer, i) => i > 0 && layer.order < (main[i - 1]?.order ?? 0)).length;
  return turns + 2 * (new Set(main.map(({ tokens }) => template(tokens))).size - 1);
}

/** The two matrices of a gate are in another module than the convolutions, or differ from them in having biases. */
function unlike(main: readonly Layer[], attention: readonly Layer[]): number {
  const biased = (layer: Layer) => layer.tensors.has('bias');
  return attention.every((layer) => layer.kind !== 'conv' || biased(layer) !== main.some(biased)) ? 0 : 1;
}

function isAttention(layers: readonly Layer[], out: number): boolean {
  if (!layers.length) return true;
  const [a, b] = layers;
  if (layers.length === 1) return a?.shape.length === 3 && a.shape[0] === 1 && a.shape[1] === 1;
  if (layers.length !== 2 || !a || !b) return false;
  const matrix = ({ shape, kind }: Layer) => kind === 'linear' || (kind === 'conv' && shape[2] === 1 && shape[3] === 1);
  return matrix(a) && matrix(b) && outOf(a) === inOf(b) && inOf(a) === outOf(b) && outOf(b) === out;
}

/** Pairs norms with convolutions of the same width before them. Undefined if norms are left, or none fits. */
function pairNorms(convs: readonly Layer[], norms: readonly Layer[]): { units: Unit[]; score: number } | undefined {
  if (!norms.length) return { units: convs.map((conv) => ({ conv })), score: 0 };
  if (norms.length > convs.length) return undefined;
  if (convs.length > SEARCHED) return pairNearest(convs, norms);
  let best: { units: Unit[]; score: number } | undefined;
  const place = (i: number, units: Unit[], score: number, free: readonly Layer[]): void => {
    const conv = convs[i];
    if (!conv) {
      if (!free.length && score > (best?.score ?? -1)) best = { units, score };
      return;
    }
    for (const norm of free) {
      if (norm.shape[0] !== outOf(conv)) continue;
      const rest = free.filter((one) => one !== norm);
      place(i + 1, [...units, { conv, norm }], score + likeness(conv, norm), rest);
    }
    // A projection may have no norm.
    if (free.length < convs.length - i && i === convs.length - 1) place(i + 1, [...units, { conv }], score, free);
  };
  place(0, [], 0, norms);
  return best;
}

/** For more convolutions, trying all pairings would take too long. */
const SEARCHED = 6;

/** Pairs each convolution with the norm whose name is most similar. */
function pairNearest(convs: readonly Layer[], norms: readonly Layer[]): { units: Unit[]; score: number } | undefined {
  const free = new Set(norms);
  let score = 0;
  const units = convs.map((conv): Unit => {
    let best: { norm: Layer; score: number } | undefined;
    for (const norm of free) {
      const own = norm.shape[0] === outOf(conv) ? likeness(conv, norm) : -1;
      if (own > (best?.score ?? -1)) best = { norm, score: own };
    }
    if (!best) return { conv };
    free.delete(best.norm);
    score += best.score;
    return { conv, norm: best.norm };
  });
  const bare = units.filter(({ norm }) => !norm);
  return free.size || bare.length > 1 || (bare[0] && bare[0] !== units.at(-1)) ? undefined : { units, score };
}

/** Similarity of a convolution's name and a norm's: `conv1` and `bn1`, `0` and `1`, `conv1` and `conv1.norm`, `shortcut_conv` and `shortcut_bn`. */
export function likeness(conv: Layer, norm: Layer): number {
  const common = commonPrefix([conv.tokens, norm.tokens]).length;
  const [a, b] = [conv.tokens.slice(common), norm.tokens.slice(common)];
  let score = 4 * common;
  if (!a.length) score += 8;
  const [x, y] = [a.at(-1) ?? '', b.at(-1) ?? ''];
  if (a.length === 1 && b.length === 1 && /^\d+$/.test(x) && Number(y) - Number(x) === 1) score += 4;
  else if (x === y) score += 3;
  score += 2 * a.slice(0, -1).filter((token) => b.includes(token)).length;
  if (norm.order === conv.order + 1) score += 1;
  return score;
}
