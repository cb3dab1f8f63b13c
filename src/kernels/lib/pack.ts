/**
 * Packs weights into the form that kernels read. Done once, when the checkpoint is uploaded.
 *
 * Convolutions and linear layers: shaders/lib/weights.wgsl. Norms that cannot be folded: float32 pairs (scale, shift)
 * of vec4, one pair for each group of 4 channels. All other small tensors: unchanged float32.
 */

import { ResnetError } from '../../util/errors.ts';
import * as lazy from '../lazy.ts';
import { halfBits, MAX_HALF } from './half.ts';
import { channelMap, groupsOf, type Precision } from './kernel.ts';
import type { Standardize } from './standardize.ts';
import { mergeSlices } from './views.ts';

/**
 * Batch norm to fold: y = (x - mean) / sqrt(var + eps) * weight + bias. Keys are canonical. An absent weight is 1, an absent bias 0.
 * A weight with a single value applies to all channels.
 */
export interface NormFold {
  channels: number;
  weight?: string;
  bias?: string;
  mean?: string;
  variance?: string;
  eps: number;
}

export interface ConvPack {
  kind: 'conv';
  weight: string;
  bias?: string;
  outChannels: number;
  /** Channels of the whole input, all groups together. */
  inChannels: number;
  kernel: readonly [number, number];
  groups: number;
  inSlices: readonly number[];
  outSlices: readonly number[];
  norm?: NormFold;
  standardize?: Standardize;
  /** Added to the weight after standardisation (SAC). */
  difference?: string;
}

export type PackRecipe =
  | ConvPack
  /** A separate batch norm, or the affine part of another norm (no mean and variance): (scale, shift). */
  | { kind: 'affine'; norm: NormFold; slices: readonly number[] }
  /** One or several small tensors, concatenated as float32 and padded to a multiple of 4 values. */
  | { kind: 'raw'; keys: readonly string[]; lengths: readonly number[] }
  /** Table of position codes (position-table.ts): frequencies, then the weights [channels, features / 2] of two linear layers. */
  | { kind: 'codes'; weights: readonly [x: string, y: string]; channels: number; features: number; magnitude: number };

const BUG = 'This is a bug in the reader of checkpoints; please report it.';

export type ReadTensor = (key: string) => Promise<Float32Array>;

/** For each group of 4 output channels: the first group of 4 input channels that it needs. */
export interface GroupRange {
  /** Number of input groups that every output group sums over. */
  count: number;
  start(outGroup: number): number;
}

/** Slices of a grouped convolution's output: channels of each, and the groups of 4 that they take. */
export interface GroupedSlices {
  width: number;
  groups: number;
}

/** All slices of a grouped convolution's output have the same width, so a kernel can compute which channels are in a group of 4. */
export function groupedSlices(layer: string, outSlices: readonly number[]): GroupedSlices {
  const slices = mergeSlices(outSlices);
  const [width = 0] = slices;
  if (slices.some((slice) => slice !== width)) {
    throw new ResnetError('unsupported', `a grouped convolution cannot write slices of different widths, [${outSlices.join(', ')}].`, {
      layer,
      hint: 'Choose widths that are multiples of 4, or report the network.',
    });
  }
  return { width, groups: Math.ceil(width / 4) };
}

/**
 * Which input groups an output group reads. Must equal `first_group_of` of shaders/lib/channel_groups.wgsl and `first_group`
 * of conv.wgsl, conv-tiled.wgsl and conv-serial.wgsl. Counts logical channels, because slices with odd widths have gaps after them. A
 * grouped input is one slice.
 */
export function groupRange(
  layer: string,
  pack: Pick<ConvPack, 'groups' | 'inChannels' | 'outChannels' | 'inSlices' | 'outSlices'>,
): GroupRange {
  const inGroups = groupsOf(pack.inSlices);
  if (pack.groups === 1) return { count: inGroups, start: () => 0 };
  if (mergeSlices(pack.inSlices).length > 1) {
    throw new ResnetError('unsupported', `a grouped convolution cannot read the slices [${pack.inSlices.join(', ')}].`, {
      layer,
      hint: 'Choose widths that are multiples of 4, or report the network.',
    });
  }
  const slices = groupedSlices(layer, pack.outSlices);
  const groupIn = pack.inChannels / pack.groups;
  const groupOut = pack.outChannels / pack.groups;
  const channel = (o: number) => Math.floor(o / slices.groups) * slices.width + (o % slices.groups) * 4;
  const first = (o: number) => Math.floor((Math.floor(channel(o) / groupOut) * groupIn) / 4);
  let count = 1;
  for (let o = 0; o < groupsOf(pack.outSlices); o++) {
    const end = (Math.floor(o / slices.groups) + 1) * slices.width;
    const last = Math.floor((Math.min(channel(o) + 4, end) - 1) / groupOut);
    count = Math.max(count, Math.ceil(((last + 1) * groupIn) / 4) - first(o));
  }
  return { count, start: (o) => Math.min(first(o), inGroups - count) };
}

export function packedBytes(recipe: PackRecipe, precision: Precision): number {
  switch (recipe.kind) {
    case 'conv': {
      const outGroups = groupsOf(recipe.outSlices);
      const columns = outGroups * recipe.kernel[0] * recipe.kernel[1] * groupRange(recipe.weight, recipe).count * 4;
      return outGroups * 16 + columns * (precision === 'f16' ? 8 : 16);
    }
    case 'affine':
      return groupsOf(recipe.slices) * 32;
    case 'raw':
      return Math.ceil(recipe.lengths.reduce((sum, length) => sum + length, 0) / 4) * 16;
    case 'codes':
      return Math.ceil((recipe.features / 4 + recipe.channels * recipe.features) / 4) * 16;
  }
}

export async function packWeights(recipe: PackRecipe, precision: Precision, read: ReadTensor): Promise<ArrayBuffer> {
  const bytes = new ArrayBuffer(packedBytes(recipe, precision));
  switch (recipe.kind) {
    case 'conv':
      await packConv(recipe, precision, read, bytes);
      break;
    case 'affine': {
      const { scale, shift } = await foldNorm(recipe.norm, read);
      const out = new Float32Array(bytes);
      channelMap(recipe.slices).forEach((at, c) => {
        const item = (at >> 2) * 8 + (at & 3);
        out[item] = scale[c] ?? 1;
        out[item + 4] = shift[c] ?? 0;
      });
      break;
    }
    case 'raw': {
      const out = new Float32Array(bytes);
      let at = 0;
      for (const key of recipe.keys) {
        const values = await read(key);
        out.set(values, at);
        at += values.length;
      }
      break;
    }
    case 'codes': {
      const [x, y] = recipe.weights;
      const { positionTable } = await lazy.positionTables();
      new Float32Array(bytes).set(positionTable(await read(x), await read(y), recipe));
    }
  }
  return bytes;
}

/** Otherwise the missing end of a short tensor would count as zeros. */
async function readAll(read: ReadTensor, key: string, fewest: number): Promise<Float32Array> {
  const values = await read(key);
  if (values.length < fewest)
    throw new ResnetError('shape', `has ${values.length} values, but needs ${fewest}.`, { layer: key, hint: BUG });
  return values;
}

/** Scale and shift of a norm in float64. In float32, folding would lose a digit if the variance is small. */
export async function foldNorm(norm: NormFold, read: ReadTensor): Promise<{ scale: Float64Array; shift: Float64Array }> {
  const part = async (key: string | undefined, fewest = norm.channels) => (key === undefined ? undefined : readAll(read, key, fewest));
  const [weight, bias, mean, variance] = [
    await part(norm.weight, 1),
    await part(norm.bias),
    await part(norm.mean),
    await part(norm.variance),
  ];
  const scale = new Float64Array(norm.channels).map((_, c) => {
    const deviation = variance ? Math.sqrt((variance[c] ?? 0) + norm.eps) : 1;
    return (weight?.[weight.length === 1 ? 0 : c] ?? 1) / deviation;
  });
  const shift = scale.map((s, c) => (bias?.[c] ?? 0) - (mean?.[c] ?? 0) * s);
  return { scale, shift };
}

/** All weights [o, i, kh, kw] in float32. */
export function foldedWeights({ row, bias }: FoldedConv): Float32Array {
  const size = row(0).length;
  const all = new Float32Array(bias.length * size);
  for (let o = 0; o < bias.length; o++) all.set(row(o), o * size);
  return all;
}

/** A convolution's tensors with the following norm and its weight standardisation folded in, in float64. */
export interface FoldedConv {
  /** Weights [i, kh, kw] of output channel `o`. The next call overwrites them. */
  row(o: number): Float64Array;
  bias: Float64Array;
}

export type ConvFold = Pick<ConvPack, 'weight' | 'bias' | 'outChannels' | 'norm' | 'standardize' | 'difference'>;

export async function foldConv(recipe: ConvFold, read: ReadTensor): Promise<FoldedConv> {
  const fold = recipe.norm && (await foldNorm(recipe.norm, read));
  const bias = recipe.bias === undefined ? undefined : await readAll(read, recipe.bias, recipe.outChannels);
  const weight = await read(recipe.weight);
  const standard =
    recipe.standardize && (await (await lazy.standardizing()).standardization(recipe.standardize, recipe.outChannels, weight, read));
  const difference = recipe.difference === undefined ? undefined : await read(recipe.difference);
  const perChannel = (value: (o: number) => number) => Float64Array.from({ length: recipe.outChannels }, (_, o) => value(o));
  const gain = perChannel((o) => fold?.scale[o] ?? 1);
  const scale = perChannel((o) => (standard?.scale[o] ?? 1) * (gain[o] ?? 1));
  const shift = perChannel((o) => (standard?.shift[o] ?? 0) * (gain[o] ?? 1));
  const size = weight.length / recipe.outChannels;
  const row = new Float64Array(size);
  return {
    bias: perChannel((o) => (fold?.shift[o] ?? 0) + (bias?.[o] ?? 0) * (gain[o] ?? 1)),
    // Plain loops, because the 25 million weights of a ResNet-50 pass through here while it loads.
    row: (o) => {
      const [first, times, plus, more] = [o * size, scale[o] ?? 1, shift[o] ?? 0, gain[o] ?? 1];
      for (let k = 0; k < size; k++) row[k] = (weight[first + k] as number) * times + plus;
      if (difference) for (let k = 0; k < size; k++) row[k] = (row[k] as number) + (difference[first + k] as number) * more;
      return row;
    },
  };
}

async function packConv(recipe: ConvPack, precision: Precision, read: ReadTensor, bytes: ArrayBuffer): Promise<void> {
  const { outChannels, groups } = recipe;
  const outGroups = groupsOf(recipe.outSlices);
  const outMap = channelMap(recipe.outSlices);
  const inMap = channelMap(recipe.inSlices);
  const folded = await foldConv(recipe, read);
  const biasItems = new Float32Array(bytes, 0, outGroups * 4);
  outMap.forEach((at, o) => {
    biasItems[at] = folded.bias[o] ?? 0;
  });
  const taps = recipe.kernel[0] * recipe.kernel[1];
  const groupIn = recipe.inChannels / groups;
  const groupOut = outChannels / groups;
  const range = groupRange(recipe.weight, recipe);
  const out = precision === 'f32' ? new Float32Array(bytes, outGroups * 16) : new Uint16Array(bytes, outGroups * 16);
  for (let o = 0; o < outChannels; o++) {
    const to = outMap[o] ?? 0;
    const outGroup = to >> 2;
    const start = range.start(outGroup) * 4;
    const firstIn = Math.floor(o / groupOut) * groupIn;
    const row = folded.row(o);
    if (precision === 'f16') toHalves(row, recipe.weight);
    for (let tap = 0; tap < taps; tap++) {
      const first = ((outGroup * taps + tap) * range.count * 4 - start) * 4 + (to & 3);
      for (let i = 0; i < groupIn; i++) out[first + (inMap[firstIn + i] as number) * 4] = row[i * taps + tap] as number;
    }
  }
}

/** Replaces values by the bits of their f16 values, in place. */
function toHalves(values: Float64Array, key: string): void {
  for (let k = 0; k < values.length; k++) {
    const value = values[k] as number;
    if (Math.abs(value) > MAX_HALF) {
      throw new ResnetError('f16-overflow', `a folded weight is ${value}, beyond the ${MAX_HALF} of f16.`, {
        layer: key,
        hint: "Pass precision: 'f32'.",
      });
    }
    values[k] = halfBits(value);
  }
}
