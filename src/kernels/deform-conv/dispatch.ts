/**
 * Deformable convolution v1 and v2 with bias and activation in its epilogue. Batch norm is folded into the weights.
 *
 * Buffers: input (NHWC4), offsets (NHWC4), masks (NHWC4; any buffer if there is no separate one), weights (pack.ts),
 * output (NHWC4).
 */
import deformConvShader from '../../../shaders/deform-conv/deform-conv.wgsl?raw';
import type { OpAttributes } from '../../graph/types.ts';
import { type Bend, ending } from '../lib/epilogue.ts';
import { type DeviceProfile, type EndedDispatch, grid, type Precision, requireGroups, type View, WORKGROUP } from '../lib/kernel.ts';
import { groupedSlices, groupRange } from '../lib/pack.ts';
import { place, requireSingleSlice } from '../lib/views.ts';
import { windowConstants } from '../lib/window.ts';

export interface DeformConvParams {
  layer: string;
  attributes: OpAttributes['deform_conv2d'];
  input: View;
  inChannels: number;
  offsets: View;
  /** If `attributes.mask` is `tensor`. */
  masks?: View;
  output: View;
  epilogue: Bend;
}

export function deformConvDispatch(params: DeformConvParams, precision: Precision, profile: DeviceProfile): EndedDispatch {
  const { layer, attributes: a, input, inChannels, offsets, masks, output } = params;
  const pixels = output.n * output.h * output.w;
  const inGroups = requireGroups(layer, input);
  const outGroups = requireGroups(layer, output);
  requireSingleSlice(layer, offsets);
  if (masks) requireSingleSlice(layer, masks);
  if (a.deformGroups > 1 || a.groups > 1) requireSingleSlice(layer, input);
  const range = groupRange(layer, { ...a, inChannels, inSlices: input.slices, outSlices: output.slices });
  const slices = a.groups === 1 ? { width: a.outChannels, groups: outGroups } : groupedSlices(layer, output.slices);
  const deformWidth = inChannels / a.deformGroups;
  const tile = tileOf(a, range.count, pixels, outGroups, slices.width === a.outChannels, profile);
  const { constants, ends } = ending(params.epilogue);
  return {
    kernel: 'deform-conv',
    shader: deformConvShader,
    variant: `${tile.PIXELS}x4o${tile.OUT_LANES}`,
    precision,
    constants: {
      ...windowConstants(a),
      ...tile,
      ...constants,
      MASK: masks !== undefined,
      MASK_PACKED: a.mask === 'packed',
      GROUPED: a.groups > 1,
      SPLIT: a.deformGroups > 1 && deformWidth % 4 !== 0,
    },
    ends,
    bindings: ['read', 'read', 'read', 'read', 'write'],
    uniforms: {
      pixels,
      out_height: output.h,
      out_width: output.w,
      height: input.h,
      width: input.w,
      in_groups: range.count,
      ...place('in', input),
      ...place('at', offsets),
      ...place('mask', masks),
      out_groups: outGroups,
      ...place('out', output),
      group_in: inChannels / a.groups,
      group_out: a.outChannels / a.groups,
      last_start: inGroups - range.count,
      slice_groups: slices.groups,
      slice_width: slices.width,
      deform_groups: a.deformGroups,
      // With several slices, padding channels still belong to the single deform group.
      deform_width: a.deformGroups === 1 ? inGroups * 4 : deformWidth,
    },
    workgroups: grid(layer, Math.ceil(pixels / (tile.PIXELS * (WORKGROUP / tile.OUT_LANES))), 1, Math.ceil(outGroups / tile.OUT_LANES)),
  };
}

interface Tile {
  PIXELS: 1 | 2 | 4;
  OUT_LANES: number;
}

/** Output channels of a workgroup must read the same input channels. The more there are, the less often these are sampled. */
function tileOf(
  a: OpAttributes['deform_conv2d'],
  inGroups: number,
  pixels: number,
  outGroups: number,
  oneSlice: boolean,
  profile: DeviceProfile,
): Tile {
  const sharing = a.groups === 1 ? outGroups : oneSlice ? a.outChannels / a.groups / 4 : 1;
  let lanes = 1;
  // 32 lanes are 128 output channels. A chunk has as many groups of input channels, which should not exceed the existing ones.
  while (lanes < 32 && lanes < inGroups && (a.groups === 1 ? lanes < sharing : sharing % (lanes * 2) === 0)) lanes *= 2;
  const workgroups = (perThread: number) => Math.ceil(pixels / (perThread * (WORKGROUP / lanes))) * Math.ceil(outGroups / lanes);
  const fills = (perThread: number) => profile.name === 'software' || workgroups(perThread) >= profile.computeUnits * 4;
  return { PIXELS: fills(4) ? 4 : fills(2) ? 2 : 1, OUT_LANES: lanes };
}
