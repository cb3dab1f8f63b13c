/**
 * Chooses the form of the convolution kernel for a layer on a device: the one that is fastest according to a small model of the
 * device. Pure.
 *
 * The model: a dispatch starts, then takes the longest of three times. First, the work of the busiest compute unit (workgroups are
 * not divided). Second, the steps of one workgroup in sequence. Third, writing and reading intermediate values. Its constants are
 * fitted to estimates for compiled code (tools/gpu-stats, docs/performance.md), with errors of about a fifth.
 */
import type { ConvParams, ConvVariant, WinogradTile } from '../lib/conv-params.ts';
import { showsOverflow } from '../lib/epilogue.ts';
import { type DeviceProfile, groupsOf } from '../lib/kernel.ts';
import { MAX_TILED_SIDE, parseVariant, tilesOf, variantName } from './variant.ts';
import { winogradPositions, winogradTiles, winogradWeightBytes } from './winograd-tiles.ts';

interface ConvModel {
  /** Peak multiply-adds of one compute unit in a microsecond. */
  rate: number;
  /** Microseconds to start a dispatch after another one. */
  launch: number;
  /** Bytes in a microsecond of the memory between dispatches: a discrete GPU's cache, an integrated GPU's DRAM. */
  bandwidth: readonly [integrated: number, discrete: number];
  /** Possible numbers of workgroups that share a sum. */
  splits: readonly number[];
  winograd: readonly WinogradTile[];
  /** Name, share of the peak that it reaches, microseconds of a step when nothing else runs. */
  variants: readonly (readonly [name: string, efficiency: number, step: number])[];
}

const SPLITS = [1, 2, 4, 8, 16];

const TILED: ConvModel = {
  rate: 315e3,
  launch: 3,
  bandwidth: [80e3, 1.2e6],
  splits: SPLITS,
  winograd: [2, 4],
  variants: [
    ['tiled-8x4-16', 0.58, 0.62],
    ['tiled-4x4-32', 0.55, 0.64],
  ],
};

const MODELS: Record<DeviceProfile['name'], ConvModel> = {
  // A CPU computes one thread after the other, so it matters how often a loaded value is used. Measured on SwiftShader:
  // F(2x2) saves 5 to 20 % of a layer's time, but takes three more pipelines and a tenth more memory.
  software: {
    rate: 300,
    launch: 20,
    bandwidth: [2e3, 2e3],
    splits: [1],
    winograd: [],
    variants: [
      ['serial-7x32-4', 1, 0],
      ['serial-7x16-4', 0.85, 0],
    ],
  },
  amd: {
    rate: 134e3,
    launch: 4,
    bandwidth: [80e3, 1.2e6],
    splits: SPLITS,
    winograd: [2, 4],
    variants: [
      ['direct-1x16-16-64', 0.82, 0.38],
      ['direct-1x8-16-64', 0.76, 0.25],
    ],
  },
  intel: {
    rate: 180e3,
    launch: 5,
    bandwidth: [80e3, 1e6],
    splits: SPLITS,
    winograd: [2, 4],
    variants: [
      ['tiled-8x4-16', 0.48, 2.5],
      ['tiled-4x4-32', 0.4, 3],
    ],
  },
  nvidia: TILED,
  apple: TILED,
  unknown: TILED,
  // On Mali, workgroup memory is no faster than the cache, and there are few registers.
  mobile: { ...TILED, rate: 60e3, launch: 20, bandwidth: [30e3, 30e3], splits: [1], variants: [['direct-2x8-4-16', 0.3, 1]] },
};

/** Speed-up of conv.wgsl in f16. On AMD, a step of 1x16 takes 162 vector instructions instead of 258. */
const F16_GAIN = 1.5;

/** Limit of transformed weights for one layer. More is not worth the memory. */
const MAX_TRANSFORMED_BYTES = 6 * 2 ** 20;

/** Limit of intermediate values. More may exceed what devices can bind (128 MiB), even if the layer's input and output do not. */
const MAX_BETWEEN_BYTES = 64 * 2 ** 20;

/** GPUs with at least this many units are assumed to have their own memory. */
const DISCRETE_UNITS = 16;

export function chooseVariant(params: ConvParams, profile: DeviceProfile): ConvVariant {
  let best: { variant?: ConvVariant; cost: number } = { cost: Number.POSITIVE_INFINITY };
  for (const variant of convCandidates(params, profile)) {
    const cost = convCost(params, variant, profile);
    if (cost < best.cost) best = { variant, cost };
  }
  if (!best.variant) throw new Error(`no convolution kernel for ${params.layer}`);
  return best.variant;
}

/** The variants that can compute the layer, among those that may pay on such a device. */
export function convCandidates(params: ConvParams, profile: Omit<DeviceProfile, 'computeUnits'>): ConvVariant[] {
  const { name, lean, f16Arithmetic, f16ByName, avoid } = profile;
  const { splits, winograd, variants } = MODELS[name];
  const arithmetic = f16Arithmetic && !f16ByName ? 'f16 ' : '';
  const names = variants.flatMap(([name]) => [
    ...splits.map((split) => `${name[0] === 'd' ? arithmetic : ''}${name}${split > 1 ? `/${split}` : ''}`),
    ...(lean ? [] : winograd.map((tile) => `winograd${tile} ${name}`)),
  ]);
  const found = (names: readonly string[]) => names.flatMap((candidate) => suited(params, candidate, profile) ?? []);
  const candidates = found(names);
  return candidates.length > 0 ? candidates : found(avoid?.spare ?? [`${arithmetic}direct-2x16-16-64`]);
}

/** The variant with that name, adapted to the layer. `undefined` if it does not suit the layer or the device. */
export function suited(
  params: ConvParams,
  name: string,
  { processor, f16Arithmetic, avoid }: Pick<DeviceProfile, 'processor' | 'f16Arithmetic' | 'avoid'>,
): ConvVariant | undefined {
  const { attributes: a, output } = params;
  const variant = parseVariant(name);
  const inGroups = reducedGroups(params);
  if (!variant || (a.groups > 1 && variant.split > 1 && variant.kernel !== 'conv-tiled')) return undefined;
  if (variant.kernel === 'conv-serial' && !processor) return undefined;
  if (variant.split > 1 && variant.split * variant.depth > inGroups) return undefined;
  // All channels of a thread must read the same input.
  if (a.groups > 1 && variant.kernel !== 'conv-tiled' && (a.outChannels / a.groups) % (variant.groups * 4) > 0) return undefined;
  if (variant.kernel === 'conv-tiled' && Math.max(params.input.h, params.input.w) > MAX_TILED_SIDE) return undefined;
  // The sums of groups are short, and the tile with long steps spills on NVIDIA.
  if (variant.kernel === 'conv-tiled' && a.groups > 1 && variant.depth > 4) return undefined;
  if (variant.winograd) {
    if (variant.split > 1 || variant.kernel === 'conv-serial') return undefined;
    const is3x3 = a.kernel.every((size) => size === 3) && a.stride.every((step) => step === 1) && a.dilation.every((step) => step === 1);
    const bytes = winogradWeightBytes(variant.winograd, inGroups, groupsOf(output.slices));
    if (!is3x3 || a.groups > 1 || inGroups < 4 || bytes > MAX_TRANSFORMED_BYTES) return undefined;
  }
  const { parts, pixels } = partsOf(variant, output);
  if (parts > 1 && parts * pixels * Math.max(variant.winograd ? inGroups : 0, groupsOf(output.slices)) * 16 > MAX_BETWEEN_BYTES)
    return undefined;
  if (variant.kernel !== 'conv-tiled') while (inGroups % variant.depth > 0) variant.depth--;
  // Computes two groups of channels at a time. Some activations would hide that a sum left the range of f16.
  if (variant.f16) variant.f16 = f16Arithmetic !== undefined && variant.depth % 2 === 0 && showsOverflow(params.epilogue);
  return avoid?.isOut(variantName(variant)) ? undefined : variant;
}

/** Groups of 4 input channels that each output sums over. */
function reducedGroups({ attributes: { groups }, inChannels, input }: ConvParams): number {
  return groups > 1 ? inChannels / groups / 4 : groupsOf(input.slices);
}

/** The intermediate values of a split sum or a Winograd convolution: the number of parts, and the pixels of each. */
function partsOf({ winograd, split }: ConvVariant, output: ConvParams['output']): { parts: number; pixels: number } {
  if (winograd) return { parts: winogradPositions(winograd), pixels: winogradTiles(winograd, output).tiles };
  return { parts: split, pixels: output.n * output.h * output.w };
}

/** Estimated time in microseconds. */
export function convCost(params: ConvParams, variant: ConvVariant, { name, computeUnits, ...profile }: DeviceProfile): number {
  const { attributes: a, output } = params;
  const model = MODELS[name];
  const { split, winograd } = variant;
  const base = variantName({ ...variant, split: 1, winograd: undefined, f16: false });
  const [, efficiency, step] = model.variants.find(([name]) => name === base) ?? model.variants[0] ?? ['', 1, 0];
  const outGroups = groupsOf(output.slices);
  const inGroups = reducedGroups(params);
  const { parts, pixels } = partsOf(variant, output);
  const rate = (profile.rate ?? model.rate) * (variant.f16 ? F16_GAIN : 1);
  const taps = winograd ? 1 : a.kernel[0] * a.kernel[1];
  const [x, z] = tilesOf(variant, pixels, outGroups, a.groups);
  const steps = taps * Math.ceil(inGroups / variant.depth / split);
  const threadMacs = variant.pixels * variant.groups * 16 * variant.depth * steps;
  const busiest = Math.ceil((x * z * parts) / computeUnits) * 64 * threadMacs;
  const between = winograd ? parts * pixels * (inGroups + outGroups) : split > 1 ? split * pixels * outGroups : 0;
  const traffic = (between * 16 * 2) / model.bandwidth[computeUnits < DISCRETE_UNITS ? 0 : 1];
  const dispatches = winograd ? 3 : split > 1 ? 2 : 1;
  return dispatches * model.launch + Math.max(busiest / rate / efficiency, steps * step) + traffic;
}
