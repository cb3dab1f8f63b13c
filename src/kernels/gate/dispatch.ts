/**
 * Gates: two small matrices turn the mean of a map into factors that scale the map's channels. This is squeeze-and-excitation, or
 * split attention, whose factors are a softmax over the splits of the map. There are two dispatches. The work is divided so that
 * neither waits for a single workgroup.
 *
 * Buffers of `squeeze`: input (NHWC4, radix splits), weights (pack.ts), sums (float32).
 * Buffers of `excite`: input, sums, weights (pack.ts), residual (NHWC4; any buffer if there is none), output (NHWC4).
 */
import exciteShader from '../../../shaders/gate/excite.wgsl?raw';
import squeezeShader from '../../../shaders/gate/squeeze.wgsl?raw';
import { type Epilogue, ending } from '../lib/epilogue.ts';
import {
  channelsOf,
  type DeviceProfile,
  type Dispatch,
  type EndedDispatch,
  groupsOf,
  type Precision,
  requireGroups,
  type View,
  workgroups,
} from '../lib/kernel.ts';
import { type GroupRange, groupedSlices, groupRange } from '../lib/pack.ts';
import { mergeSlices, place, requireSameMap, requireSameSlices, requireSplits } from '../lib/views.ts';

export interface GateParams {
  layer: string;
  /** Splits of the channels, one after the other. 1 means squeeze-and-excitation. */
  radix: number;
  /** Cardinal groups. Rows of the second matrix are ordered by them first, then by splits. If there are several, each has a multiple of 4 channels. */
  cardinals: number;
  /** Channels between the two matrices. */
  hidden: number;
  /** Convolution groups of each matrix. */
  groups: readonly [squeeze: number, excite: number];
  silu: boolean;
  input: View;
  output: View;
  epilogue: Epilogue<View>;
}

export interface GateProgram {
  squeeze: Dispatch;
  excite: EndedDispatch;
  /** Bytes of `sums`. */
  byteLength: number;
}

/** Groups of 4 channels that a workgroup of either shader computes. */
const SLAB = 16;
/** Groups of 4 hidden channels that fit into half of the guaranteed workgroup memory, or less. There are two sizes, so layers share pipelines. */
const [FEW_HIDDEN, MAX_HIDDEN] = [64, 512];

/** Slices of the mean, which is the first matrix's input, and of the second matrix's rows. */
export function gateSlices({ radix, cardinals, input }: Pick<GateParams, 'radix' | 'cardinals' | 'input'>): {
  mean: readonly number[];
  rows: readonly number[];
} {
  if (radix * cardinals === 1) return { mean: input.slices, rows: input.slices };
  const channels = channelsOf(input.slices) / radix;
  return { mean: [channels], rows: mergeSlices(Array.from({ length: radix * cardinals }, () => channels / cardinals)) };
}

export function gateProgram(params: GateParams, precision: Precision, profile: DeviceProfile): GateProgram {
  const { layer, radix, cardinals, hidden, groups, input, output, epilogue } = params;
  const { residual, activation } = epilogue;
  const { constants, ends } = ending(epilogue);
  const splitGroups = radix === 1 ? requireSameSlices(layer, input, residual, output) : requireSplits(layer, input, radix);
  if (residual) requireSameMap(layer, input, residual);
  const { mean, rows } = gateSlices(params);
  const channels = channelsOf(mean);
  const pixels = input.h * input.w;
  const threads = threadsFor(radix, profile);
  const work = divide({ n: input.n, pixels, groups: splitGroups }, profile);
  const hiddenGroups = Math.ceil(hidden / 4);
  const slabs = Math.ceil(splitGroups / SLAB);
  const squeezeRange = { groups: groups[0], inChannels: channels, outChannels: hidden, inSlices: mean, outSlices: [hidden] };
  const exciteRange = { groups: groups[1], inChannels: hidden, outChannels: channels * radix, inSlices: [hidden], outSlices: rows };
  return {
    squeeze: {
      kernel: 'squeeze',
      shader: squeezeShader,
      variant: `${radix}`,
      precision,
      constants: { THREADS: threads, RADIX: radix, GROUPED: groups[0] > 1 },
      bindings: ['read', 'read', 'write'],
      uniforms: {
        groups: splitGroups,
        pixels,
        share: work.pooled,
        ...place('in', input),
        parts: work.parts,
        lane_bits: Math.log2(lanesFor(threads, hiddenGroups)),
        ...matrixUniforms(layer, squeezeRange),
      },
      workgroups: workgroups(layer, slabs, Math.ceil(pixels / work.pooled), input.n),
    },
    excite: {
      kernel: 'excite',
      shader: exciteShader,
      variant: `${radix}`,
      precision,
      constants: {
        THREADS: threads,
        RADIX: radix,
        LANES: lanesFor(threads, SLAB * radix),
        GROUPED: cardinals > 1 || groups[1] > 1,
        HIDDEN: hiddenGroups > FEW_HIDDEN ? MAX_HIDDEN : FEW_HIDDEN,
        SILU: params.silu,
        ...constants,
        // A parameter, so that layers share pipelines.
        ...(activation === 'relu' && { ACTIVATION: 0 }),
      },
      ends,
      bindings: ['read', 'read', 'read', 'read', 'write'],
      uniforms: {
        groups: splitGroups,
        // Channels of several slices have gaps between them. Their padding must not be scaled.
        channels: mergeSlices(mean).length === 1 ? channels : splitGroups * 4,
        pixels,
        share: work.scaled,
        ...place('in', input),
        ...place('residual', residual),
        ...place('out', output),
        hidden_groups: hiddenGroups,
        parts: work.parts,
        lane_bits: Math.log2(lanesFor(threads, hiddenGroups, work.parts)),
        row_groups: splitGroups / cardinals,
        ...matrixUniforms(layer, exciteRange),
        epilogue: (residual ? 1 : 0) + (activation === 'relu' ? 2 : 0),
      },
      workgroups: workgroups(layer, Math.ceil(requireGroups(layer, output) / SLAB), Math.ceil(pixels / work.scaled), output.n),
    },
    byteLength: input.n * hiddenGroups * work.parts * 16,
  };
}

/** The uniforms that both shaders have for their matrix, from `out_groups` on. */
function matrixUniforms(layer: string, range: Parameters<typeof groupRange>[1]): Dispatch['uniforms'] {
  const { count }: GroupRange = groupRange(layer, range);
  const slices = groupedSlices(layer, range.groups > 1 ? range.outSlices : [channelsOf(range.outSlices)]);
  return {
    out_groups: groupsOf(range.outSlices),
    in_groups: count,
    group_in: range.inChannels / range.groups,
    group_out: range.outChannels / range.groups,
    last_start: groupsOf(range.inSlices) - count,
    slice_groups: slices.groups,
    slice_width: slices.width,
  };
}

/** Threads of a workgroup, at least one for each row of the second matrix. On a CPU, fewer threads are faster, because switching threads at a barrier is slow. */
function threadsFor(radix: number, { name }: DeviceProfile): number {
  return Math.max(name === 'software' ? 64 : 256, 2 ** Math.ceil(Math.log2(SLAB * radix)));
}

/** Threads that share a row: a power of 2 up to 16, as many as there are for this many rows. */
function lanesFor(threads: number, rows: number, limit = SLAB): number {
  let lanes = 1;
  while (lanes * 2 <= Math.min(limit, SLAB) && lanes * 2 * rows <= threads) lanes *= 2;
  return lanes;
}

export interface GateSize {
  n: number;
  pixels: number;
  /** Groups of 4 channels in a split. */
  groups: number;
  hidden: number;
  radix: number;
}

interface GateWork {
  /** Pixels of a workgroup of `squeeze`, and the number of workgroups for an image. */
  pooled: number;
  parts: number;
  /** Pixels of a workgroup of `excite`. */
  scaled: number;
}

/**
 * Limit in bytes for each compute unit that workgroups of `excite` may read repeatedly. Reading them takes as long as starting the
 * dispatches that a gate saves: two of 4 µs each, at 60 bytes in a nanosecond, which the caches of all classes give a unit.
 */
const MAX_REPEATED_BYTES = 480e3;

/** Whether two dispatches are faster than four or five that read nothing repeatedly. */
export function gatePays(size: GateSize, profile: DeviceProfile): boolean {
  const { n, pixels, groups, hidden, radix } = size;
  const { parts, scaled } = divide(size, profile);
  const slabs = Math.ceil(groups / SLAB);
  const weights = SLAB * radix * hidden;
  const repeated = n * slabs * Math.ceil(pixels / scaled) * (parts * Math.ceil(hidden / 4) + weights) - slabs * weights;
  return hidden <= MAX_HIDDEN * 4 && radix <= SLAB && repeated * 16 < MAX_REPEATED_BYTES * profile.computeUnits;
}

function divide({ n, pixels, groups }: Pick<GateSize, 'n' | 'pixels' | 'groups'>, { computeUnits }: DeviceProfile): GateWork {
  const slabs = Math.ceil(groups / SLAB);
  /** Pixels for each workgroup, such that every unit gets a few workgroups, but at least enough to keep the threads busy. */
  const share = (perUnit: number) => Math.min(pixels, Math.max(64, Math.ceil((pixels * slabs * n) / (perUnit * computeUnits))));
  const pooled = share(2);
  return { pooled, parts: slabs * Math.ceil(pixels / pooled), scaled: share(4) };
}
