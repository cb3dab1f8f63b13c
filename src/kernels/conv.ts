/**
 * Convolution with bias, residual add and ReLU or sigmoid in its epilogue; batch norm is folded into the weights.
 *
 * Kernels that share buffers and parameters: `conv`, `conv-tiled` and `conv-serial`, whose variants conv-variant.ts lists and conv-select.ts
 * chooses from, and `conv-grouped` (4 output channels a thread) for groups that fill no tile. See the shaders of the
 * same names.
 *
 * Buffers: input (NHWC4), weights (pack.ts), residual (NHWC4; any buffer where there is none), output (NHWC4).
 */

import convShader from '../../shaders/conv.wgsl?raw';
import convGroupedShader from '../../shaders/conv-grouped.wgsl?raw';
import convSumShader from '../../shaders/conv-sum.wgsl?raw';
import convTiledShader from '../../shaders/conv-tiled.wgsl?raw';
import stemShader from '../../shaders/stem.wgsl?raw';
import stemTiledShader from '../../shaders/stem-tiled.wgsl?raw';
import winogradOutputShader from '../../shaders/winograd-output.wgsl?raw';
import type { ConvAttributes } from '../graph/types.ts';
import { chooseVariant } from './conv-select.ts';
import { type ConvVariant, MAX_TILED_SIDE, tilesOf, variantConstants, variantName, type WinogradTile } from './conv-variant.ts';
import { type DeviceProfile, type Dispatch, grid, type Precision, requireGroups, type View, WORKGROUP } from './kernel.ts';
import { type GroupRange, groupedSlices, groupRange } from './pack.ts';
import { requireSingleSlice } from './views.ts';
import {
  winogradConstants,
  winogradInputDispatch,
  winogradPositions,
  winogradTiles,
  winogradWeightBytes,
  winogradWeightsDispatch,
} from './winograd.ts';

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

/** What a step binds: an operand of the convolution, or values in between. */
export type ConvOperand = 'input' | 'weights' | 'transformed' | 'residual' | 'output' | 'tiles' | 'parts';

/** The dispatches of one convolution. */
export interface ConvProgram {
  /** One of them does the multiply-adds; what is auxiliary goes before or behind it. */
  steps: { dispatch: Dispatch; operands: ConvOperand[]; auxiliary?: boolean }[];
  /** Bytes of the values in between. */
  scratch: Partial<Record<ConvOperand, number>>;
  /** How the weights `transformed` are made of `weights`. */
  transform?: { dispatch: Dispatch; byteLength: number };
}

/**
 * @param variant by name (conv-variant.ts), instead of what the device profile would choose; must suit the layer
 */
export function convProgram(params: ConvParams, precision: Precision, profile: DeviceProfile, variant?: string): ConvProgram {
  const { layer, attributes: a, output, residual } = params;
  const outGroups = requireGroups(layer, output);
  const operands: ConvOperand[] = ['weights', residual ? 'residual' : 'input', 'output'];
  if (!isShared(params, profile))
    return { steps: [{ dispatch: groupedDispatch(params, precision, profile), operands: ['input', ...operands] }], scratch: {} };

  const chosen = chooseVariant(params, profile, variant);
  const { winograd, split } = chosen;
  const inGroups = convRange(params).count;
  if (winograd) {
    const { tiles } = winogradTiles(winograd, output);
    const positions = winogradPositions(winograd);
    const flat: View = { n: 1, h: 1, w: tiles, slices: [inGroups * 4], stride: inGroups, offset: 0 };
    const gemm = sharedDispatch(
      { ...params, attributes: { ...a, ...POINTWISE }, input: flat, output: { ...flat, slices: [outGroups * 4], stride: outGroups } },
      'f32',
      chosen,
      profile,
    );
    return {
      steps: [
        { dispatch: winogradInputDispatch(winograd, params, precision), operands: ['input', 'tiles'], auxiliary: true },
        { dispatch: gemm, operands: ['tiles', 'transformed', 'parts'] },
        {
          dispatch: outputDispatch(params, precision, winograd),
          operands: ['parts', 'transformed', residual ? 'residual' : 'parts', 'output'],
          auxiliary: true,
        },
      ],
      scratch: { tiles: positions * tiles * inGroups * 16, parts: positions * tiles * outGroups * 16 },
      transform: {
        dispatch: winogradWeightsDispatch(winograd, { layer, inGroups, outGroups }, precision),
        byteLength: winogradWeightBytes(winograd, inGroups, outGroups),
      },
    };
  }
  const packed = sharedDispatch(params, precision, chosen, profile);
  // A sigmoid would hide that a sum left the range of halves.
  const dispatch = precision === 'f16' && !params.sigmoid ? (profile.halves?.(packed) ?? packed) : packed;
  const step = (bound: ConvOperand[]) => ({ dispatch, operands: dispatch.bindings.map((_, i) => bound[i] ?? 'weights') });
  if (split === 1) return { steps: [step(['input', ...operands])], scratch: {} };
  return {
    steps: [
      step(['input', 'weights', 'parts']),
      {
        dispatch: sumDispatch(params, precision, split),
        operands: ['parts', 'weights', residual ? 'residual' : 'parts', 'output'],
        auxiliary: true,
      },
    ],
    scratch: { parts: split * pixelsOf(output) * outGroups * 16 },
  };
}

const POINTWISE = { kernel: [1, 1], padding: [0, 0, 0, 0] } as const;

/**
 * Whether the convolution's groups are wide enough for a tile: then all output channels of a thread sum over the same input
 * channels. Tiles through workgroup memory are 32 channels wide and may be half empty; of others, a thread's 16 channels must be of
 * one group.
 */
function isShared({ layer, attributes: a, inChannels, input, output }: ConvParams, { name }: DeviceProfile): boolean {
  if (a.groups === 1) return true;
  if (name === 'mobile') return false;
  const width = a.outChannels / a.groups;
  const isTiled = name !== 'amd' && name !== 'software' && Math.max(input.h, input.w) <= MAX_TILED_SIDE;
  const isWide = isTiled ? width > 32 && width % 4 === 0 : width % 16 === 0;
  return isWide && (inChannels / a.groups) % 4 === 0 && groupedSlices(layer, output.slices).width === a.outChannels;
}

function convRange({ layer, attributes, inChannels, input, output }: ConvParams): GroupRange {
  return groupRange(layer, { ...attributes, inChannels, inSlices: input.slices, outSlices: output.slices });
}

function pixelsOf({ n, h, w }: View): number {
  return n * h * w;
}

/** The convolution itself, or with `split` or Winograd the parts of its sum. */
function sharedDispatch(params: ConvParams, precision: Precision, variant: ConvVariant, { serial }: DeviceProfile): Dispatch {
  const { layer, attributes: a, output, sigmoid = false } = params;
  const [x, z] = tilesOf(variant, pixelsOf(output), requireGroups(layer, output), a.groups);
  const isPart = variant.winograd !== undefined || variant.split > 1;
  const parts = variant.winograd ? winogradPositions(variant.winograd) : variant.split;
  return {
    kernel: variant.kernel,
    shader: { conv: convShader, 'conv-tiled': convTiledShader, 'conv-serial': serial?.conv ?? '' }[variant.kernel],
    variant: variantName(variant),
    precision,
    constants: {
      ...variantConstants(variant),
      ...(!isPart && { SIGMOID: sigmoid }),
      ...(variant.kernel === 'conv-serial'
        ? // Compiling it without a window takes a processor longer than running it with one.
          { PADDED: true, SUBGROUPS: serial?.quads ?? false, PROCESSOR: true }
        : {
            PADDED: hasWindow(a),
            PARTIAL: isPart,
            BATCHED: variant.winograd !== undefined,
            WIDE: variant.winograd !== undefined,
            GROUPED: a.groups > 1,
          }),
    },
    bindings: isPart ? ['read', 'read', 'write'] : ['read', 'read', 'read', 'write'],
    uniforms: convUniforms(params, {
      channelTiles: z,
      share: Math.ceil(convRange(params).count / variant.depth / variant.split) * variant.depth,
    }),
    workgroups: grid(layer, x, 1, z * parts),
  };
}

/** What adds up the parts of a split sum. */
function sumDispatch(params: ConvParams, precision: Precision, split: number): Dispatch {
  return {
    kernel: 'conv-sum',
    shader: convSumShader,
    variant: `${split} parts`,
    precision,
    constants: { WIDE: true, SIGMOID: params.sigmoid ?? false },
    bindings: ['read', 'read', 'read', 'write'],
    uniforms: convUniforms(params, { share: split }),
    workgroups: grid(params.layer, pixelsOf(params.output) * requireGroups(params.layer, params.output)),
  };
}

function outputDispatch(params: ConvParams, precision: Precision, tile: WinogradTile): Dispatch {
  const { tiles } = winogradTiles(tile, params.output);
  return {
    kernel: 'winograd-output',
    shader: winogradOutputShader,
    variant: `${tile}x${tile}`,
    precision,
    constants: { WIDE: true, SIGMOID: params.sigmoid ?? false, ...winogradConstants(tile) },
    bindings: ['read', 'read', 'read', 'write'],
    uniforms: convUniforms(params, {}),
    workgroups: grid(params.layer, tiles * requireGroups(params.layer, params.output), WORKGROUP, tile),
  };
}

function groupedDispatch(params: ConvParams, precision: Precision, profile: DeviceProfile): Dispatch {
  const pixels = profile.name === 'software' ? 4 : 2;
  const { layer, attributes: a, input, output } = params;
  const slices = groupedSlices(layer, output.slices);
  const outGroups = requireGroups(layer, output);
  const lastStart = requireGroups(layer, input) - convRange(params).count;
  return {
    kernel: 'conv-grouped',
    shader: convGroupedShader,
    variant: `${pixels}x4`,
    precision,
    constants: {
      PADDED: hasWindow(a),
      PIXELS: pixels,
      SUBGROUPS: profile.serial?.quads ?? false,
      PROCESSOR: profile.serial !== undefined,
      SIGMOID: params.sigmoid ?? false,
    },
    bindings: ['read', 'read', 'read', 'write'],
    uniforms: convUniforms(params, { channelTiles: outGroups, ranges: [lastStart, slices.groups, slices.width] }),
    workgroups: grid(layer, Math.ceil(pixelsOf(output) / pixels), WORKGROUP, outGroups),
  };
}

/** `Params` of lib/conv-params.wgsl; `ranges` are for conv-grouped.wgsl. */
function convUniforms(params: ConvParams, { channelTiles = 1, share = 0, ranges = [0, 0, 0] }): number[] {
  const { layer, attributes: a, inChannels, input, output, residual } = params;
  return [
    pixelsOf(output),
    output.h,
    output.w,
    input.h,
    input.w,
    convRange(params).count,
    input.stride,
    input.offset,
    requireGroups(layer, output),
    output.stride,
    output.offset,
    residual?.stride ?? 0,
    residual?.offset ?? 0,
    share,
    channelTiles,
    params.sigmoid ? requireSingleSlice(layer, output) : 0,
    inChannels / a.groups,
    // Padding channels belong to the only group, too.
    a.groups === 1 ? 0xffffffff : a.outChannels / a.groups,
    ...ranges,
    ...a.kernel,
    ...a.stride,
    ...a.dilation,
    a.padding[0],
    a.padding[1],
    (residual ? 1 : 0) + (params.relu ? 2 : 0),
  ];
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

/** Whether there is more to a pixel than one address. */
function hasWindow({ kernel, padding }: Pick<ConvAttributes, 'kernel' | 'padding'>): boolean {
  return kernel.some((size) => size > 1) || isPadded({ padding });
}

function isPadded({ padding }: Pick<ConvAttributes, 'padding'>): boolean {
  return padding.some((size) => size > 0);
}

/** Register tiles of stem.wgsl; `tiled` goes through workgroup memory instead, `serial` is for processors. */
type StemForm = 'direct' | 'tiled' | 'serial';

/** A step of the tiled kernel is a row of the window, which must fit 16 KiB; a serial one all channels of a tap, written out. */
function stemForm({ name, serial }: DeviceProfile, row: number, channels: number): [form: StemForm, pixels: number, groups: number] {
  if (name === 'amd') return ['direct', 1, 8];
  if (serial && channels <= 4) return ['serial', 7, 4];
  return row <= 36 ? ['tiled', 8, 8] : ['direct', 1, 2];
}

/** Convolution of the caller's dense float32 NCHW tensor; buffers: input, weights, output. */
export function stemDispatch(
  params: Omit<ConvParams, 'residual' | 'input' | 'sigmoid'> & { height: number; width: number },
  precision: Precision,
  profile: DeviceProfile,
): Dispatch {
  const { layer, attributes: a, output, inChannels } = params;
  const outGroups = requireGroups(layer, output);
  const rows = a.kernel[1] * inChannels;
  const [form, pixels, groups] = stemForm(profile, rows, inChannels);
  const own = {
    direct: { PIXELS: pixels, GROUPS: groups, SUMS: pixels * groups },
    tiled: { ROWS: rows, A_ROUNDS: Math.ceil(rows / 4), B_ROUNDS: Math.ceil(rows / 8) },
    serial: {
      PIXELS: pixels,
      GROUPS: groups,
      SUMS: pixels * groups,
      QUARTERS: groups / 4,
      LOADS: pixels * inChannels,
      SUBGROUPS: profile.serial?.quads ?? false,
    },
  };
  return {
    kernel: form === 'direct' ? 'stem' : `stem-${form}`,
    shader: { direct: stemShader, tiled: stemTiledShader, serial: profile.serial?.stem ?? '' }[form],
    variant: form === 'tiled' ? '8x4' : `${pixels}x${groups * 4}`,
    precision,
    constants: { ...windowConstants(a), PADDED: isPadded(a), CHANNELS: inChannels, RELU: params.relu, ...own[form] },
    bindings: ['read', 'read', 'write'],
    uniforms: [pixelsOf(output), output.h, output.w, params.height, params.width, outGroups, output.stride, output.offset],
    workgroups: grid(layer, Math.ceil(pixelsOf(output) / pixels), form === 'tiled' ? 8 : WORKGROUP, Math.ceil(outGroups / groups)),
  };
}
