/**
 * Convolution with bias, residual add and ReLU or sigmoid in its epilogue; batch norm is folded into the weights.
 *
 * Two kernels share buffers and parameters: `conv` (16 output channels a thread, all from the same input channels) and
 * `conv-grouped` (4 output channels a thread, for groups narrower than that). See the shaders of the same names.
 *
 * Buffers: input (NHWC4), weights (pack.ts), residual (NHWC4; any buffer where there is none), output (NHWC4).
 */
import type { ConvAttributes } from '../graph/types.ts';
import { type DeviceProfile, type Dispatch, grid, type Precision, requireGroups, type View, WORKGROUP } from './kernel.ts';
import { groupedSlices, groupRange } from './pack.ts';
import { requireSingleSlice } from './views.ts';

export interface ConvParams {
  layer: string;
  attributes: ConvAttributes;
  input: View;
  output: View;
  inChannels: number;
  residual?: View;
  relu: boolean;
  /** Needs an output of one slice. */
  sigmoid?: boolean;
}

/** Output channels of a thread. */
const TILE_CHANNELS = 16;

export function convDispatch(params: ConvParams, precision: Precision, profile: DeviceProfile): Dispatch {
  const { attributes: a, input, output, residual } = params;
  const groupIn = params.inChannels / a.groups;
  const groupOut = a.outChannels / a.groups;
  const slices = a.groups === 1 ? { width: 0, groups: 0 } : groupedSlices(params.layer, output.slices);
  const shared = a.groups === 1 || (groupIn % 4 === 0 && groupOut % TILE_CHANNELS === 0 && slices.width === a.outChannels);
  const pixels = output.n * output.h * output.w;
  const outGroups = requireGroups(params.layer, output);
  const inGroups = requireGroups(params.layer, input);
  const range = groupRange(params.layer, { ...a, inChannels: params.inChannels, inSlices: input.slices, outSlices: output.slices });
  const tile = shared ? convTile(pixels, outGroups, profile) : { pixels: 4, pixelThreads: WORKGROUP, channelTiles: outGroups };
  const uniforms = [
    pixels,
    output.h,
    output.w,
    input.h,
    input.w,
    range.count,
    input.stride,
    input.offset,
    outGroups,
    output.stride,
    output.offset,
    residual?.stride ?? 0,
    residual?.offset ?? 0,
    groupIn,
    groupOut,
    params.sigmoid ? requireSingleSlice(params.layer, output) : 0,
  ];
  if (!shared) uniforms.push(inGroups - range.count, slices.groups, slices.width);
  return {
    kernel: shared ? 'conv' : 'conv-grouped',
    variant: shared ? `${tile.pixels}x${TILE_CHANNELS}p${tile.pixelThreads}` : '4x4',
    precision,
    constants: {
      ...windowConstants(a),
      PADDED: isPadded(a),
      RELU: params.relu,
      SIGMOID: params.sigmoid ?? false,
      RESIDUAL: residual !== undefined,
      ...(shared && {
        GROUPED: a.groups > 1,
        PIXELS: tile.pixels,
        PIXEL_THREADS: tile.pixelThreads,
      }),
    },
    bindings: ['read', 'read', 'read', 'write'],
    uniforms,
    workgroups: grid(params.layer, Math.ceil(pixels / tile.pixels), tile.pixelThreads, tile.channelTiles),
  };
}

/** Constants of the sliding window, shared by all kernels that have one. */
export function windowConstants(a: Pick<ConvAttributes, 'kernel' | 'stride' | 'dilation' | 'padding'>): Dispatch['constants'] {
  return {
    KERNEL_H: a.kernel[0],
    KERNEL_W: a.kernel[1],
    STRIDE_H: a.stride[0],
    STRIDE_W: a.stride[1],
    DILATION_H: a.dilation[0],
    DILATION_W: a.dilation[1],
    PAD_TOP: a.padding[0],
    PAD_LEFT: a.padding[1],
  };
}

function isPadded({ padding }: Pick<ConvAttributes, 'padding'>): boolean {
  return padding.some((size) => size > 0);
}

interface Tile {
  /** Output pixels of a thread. */
  pixels: 1 | 2 | 4;
  /** Threads of a workgroup side by side along the pixels; the others are along the channels. */
  pixelThreads: number;
  /** Workgroups along the channels. */
  channelTiles: number;
}

/** Table of tiles, largest first: the first that leaves every compute unit a few workgroups wins. */
const TILES: readonly [pixels: 1 | 2 | 4, pixelThreads: number][] = [
  [4, 64],
  [4, 16],
  [2, 32],
  [1, 64],
  [1, 16],
];

/** A GPU hides latency with several workgroups a unit; fewer than this and it idles. */
const WORKGROUPS_PER_UNIT = 4;

function convTile(pixels: number, outGroups: number, profile: DeviceProfile): Tile {
  const channelThreads = Math.ceil((outGroups * 4) / TILE_CHANNELS);
  let best: Tile | undefined;
  let bestGroups = 0;
  for (const [perThread, pixelThreads] of TILES) {
    const channelTiles = Math.ceil(channelThreads / (WORKGROUP / pixelThreads));
    const groups = Math.ceil(pixels / perThread / pixelThreads) * channelTiles;
    if (!best || groups > bestGroups) {
      best = { pixels: perThread, pixelThreads, channelTiles };
      bestGroups = groups;
    }
    // A processor computes each thread in turn: what counts is reuse in registers, so the first tile stands.
    if (profile.name === 'software' || groups >= profile.computeUnits * WORKGROUPS_PER_UNIT) break;
  }
  return best ?? { pixels: 4, pixelThreads: WORKGROUP, channelTiles: channelThreads };
}

/** Convolution of the caller's dense float32 NCHW tensor; buffers: input, weights, output. */
export function stemDispatch(
  params: Omit<ConvParams, 'residual' | 'input' | 'sigmoid'> & { height: number; width: number },
  precision: Precision,
): Dispatch {
  const { attributes: a, output } = params;
  const pixels = output.n * output.h * output.w;
  const outGroups = requireGroups(params.layer, output);
  return {
    kernel: 'stem',
    variant: '4x16',
    precision,
    constants: { ...windowConstants(a), PADDED: isPadded(a), CHANNELS: params.inChannels, RELU: params.relu },
    bindings: ['read', 'read', 'write'],
    uniforms: [pixels, output.h, output.w, params.height, params.width, outGroups, output.stride, output.offset],
    workgroups: grid(params.layer, Math.ceil(pixels / 4), WORKGROUP, Math.ceil((outGroups * 4) / TILE_CHANNELS)),
  };
}
