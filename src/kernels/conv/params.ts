/** What the dispatches of a convolution have in common. */
import type { ConvParams } from '../lib/conv-params.ts';
import { type Dispatch, requireGroups } from '../lib/kernel.ts';
import { type GroupRange, groupRange } from '../lib/pack.ts';
import { pixelsOf, requireSingleSlice } from '../lib/views.ts';

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

export function convRange({ layer, attributes, inChannels, input, output }: ConvParams): GroupRange {
  return groupRange(layer, { ...attributes, inChannels, inSlices: input.slices, outSlices: output.slices });
}

/** `Params` of lib/conv-params.wgsl; `ranges` are for conv-grouped.wgsl. */
export function convUniforms(params: ConvParams, { channelTiles = 1, share = 0, ranges = [0, 0, 0] }): number[] {
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
