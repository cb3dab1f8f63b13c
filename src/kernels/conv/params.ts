/** Shared by the dispatches of a convolution. */
import type { ConvParams } from '../lib/conv-params.ts';
import { ending, keepsZero } from '../lib/epilogue.ts';
import { type Dispatch, type Ends, requireGroups } from '../lib/kernel.ts';
import { type GroupedSlices, type GroupRange, groupRange } from '../lib/pack.ts';
import { pixelsOf, place, requireSingleSlice } from '../lib/views.ts';

/** What a step binds: an operand of the convolution, or intermediate values. */
export type ConvOperand = 'input' | 'weights' | 'transformed' | 'residual' | 'output' | 'tiles' | 'parts';

/** The dispatches of one convolution. */
export interface ConvProgram {
  /** One of them does the multiply-adds. Auxiliary dispatches come before or after it. */
  steps: { dispatch: Dispatch; operands: ConvOperand[]; auxiliary?: boolean }[];
  /** Bytes of intermediate values. */
  scratch: Partial<Record<ConvOperand, number>>;
  /** How to make the weights `transformed` from `weights`. */
  transform?: { dispatch: Dispatch; byteLength: number };
}

export function convRange({ layer, attributes, inChannels, input, output }: ConvParams): GroupRange {
  return groupRange(layer, { ...attributes, inChannels, inSlices: input.slices, outSlices: output.slices });
}

/** The last dispatch's. ReLU is a parameter, so that layers share pipelines. */
export function convEnding({ epilogue }: Pick<ConvParams, 'epilogue'>): { constants: Dispatch['constants']; ends: Ends } {
  const { constants, ends } = ending(epilogue);
  return { constants: { ...constants, ...(epilogue.activation === 'relu' && { ACTIVATION: 0 }), MASKED: !keepsZero(epilogue) }, ends };
}

interface OwnUniforms {
  channelTiles?: number;
  share?: number;
  /** Parameters of conv-grouped.wgsl. */
  lastStart?: number;
  slices?: GroupedSlices;
}

/** `Params` of shaders/conv/lib/params.wgsl. Fields that a shader does not read are zero. */
export function convUniforms(
  params: ConvParams,
  { channelTiles = 1, share = 0, lastStart = 0, slices = { groups: 0, width: 0 } }: OwnUniforms,
): Dispatch['uniforms'] {
  const { layer, attributes: a, inChannels, input, output, epilogue } = params;
  const { residual, activation } = epilogue;
  return {
    pixels: pixelsOf(output),
    out_height: output.h,
    out_width: output.w,
    height: input.h,
    width: input.w,
    in_groups: convRange(params).count,
    ...place('in', input),
    out_groups: requireGroups(layer, output),
    ...place('out', output),
    ...place('residual', residual),
    share,
    channel_tiles: channelTiles,
    out_channels: keepsZero(epilogue) ? 0 : requireSingleSlice(layer, output),
    group_in: inChannels / a.groups,
    // With one group, padding channels belong to it, too.
    group_out: a.groups === 1 ? 0xffffffff : a.outChannels / a.groups,
    last_start: lastStart,
    slice_groups: slices.groups,
    slice_width: slices.width,
    kernel_h: a.kernel[0],
    kernel_w: a.kernel[1],
    stride_h: a.stride[0],
    stride_w: a.stride[1],
    dilation_h: a.dilation[0],
    dilation_w: a.dilation[1],
    pad_top: a.padding[0],
    pad_left: a.padding[1],
    epilogue: (residual ? 1 : 0) + (activation === 'relu' ? 2 : 0),
  };
}
