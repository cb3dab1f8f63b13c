/**
 * Copies without arithmetic. Between dense float32 NCHW and the kernels' layout: the inputs and outputs of a plan, and operations
 * on dense tensors. From view to view: parts of a concat that could not be written in place, slices that start within a group,
 * stacked batches, subsampled maps, and the CIFAR shortcut "A".
 *
 * Buffers: input, output. Both are views, or one is dense float32 [n, c, h, w] if the name says so.
 */
import copyShader from '../../../shaders/layout/copy.wgsl?raw';
import fromNchwShader from '../../../shaders/layout/from-nchw.wgsl?raw';
import toNchwShader from '../../../shaders/layout/to-nchw.wgsl?raw';
import type { Pair } from '../../graph/types.ts';
import { ResnetError } from '../../util/errors.ts';
import { channelsOf, type Dispatch, grid, type Precision, requireGroups, rowGrid, type View, WORKGROUP } from '../lib/kernel.ts';
import type { CopyParams, FromNchwParams, LayoutKernels, ToNchwParams } from '../lib/layout.ts';
import { extent, mergeSlices, place, requireSingleSlice } from '../lib/views.ts';

const BUG = 'This is a bug in the planner; please report it.';

export function fromNchwDispatch({ layer, shape, output }: FromNchwParams, precision: Precision): Dispatch {
  const size = [output.n, channelsOf(output.slices), output.h, output.w];
  if (size.join() !== shape.join()) {
    throw new ResnetError('shape', `cannot write [${shape.join(', ')}] into a view of [${size.join(', ')}].`, { layer, hint: BUG });
  }
  return layoutDispatch({ kernel: 'from-nchw', shader: fromNchwShader }, layer, 'out', output, precision);
}

export function toNchwDispatch({ layer, input }: ToNchwParams, precision: Precision): Dispatch {
  return layoutDispatch({ kernel: 'to-nchw', shader: toNchwShader }, layer, 'in', input, precision);
}

function layoutDispatch(
  kernel: Pick<Dispatch, 'kernel' | 'shader'>,
  layer: string,
  end: 'in' | 'out',
  view: View,
  precision: Precision,
): Dispatch {
  const groups = requireGroups(layer, view);
  const slices = mergeSlices(view.slices);
  const [width = 0] = slices;
  if (slices.some((slice) => slice !== width)) {
    throw new ResnetError('unsupported', `slices of different widths, [${slices.join(', ')}], have no dense form.`, {
      layer,
      hint: 'Copy them into one slice first.',
    });
  }
  const groupTile = groups < 8 ? 1 : 8;
  const groupTiles = Math.ceil(groups / groupTile);
  const pixels = view.h * view.w;
  return {
    ...kernel,
    variant: `${groupTile}x${WORKGROUP / groupTile}`,
    precision,
    constants: { GROUP_TILE: groupTile },
    bindings: ['read', 'write'],
    uniforms: {
      pixels,
      channels: channelsOf(slices),
      groups,
      group_tiles: groupTiles,
      slice_groups: Math.ceil(width / 4),
      slice_channels: width,
      ...place(end, view),
    },
    workgroups: grid(layer, pixels, WORKGROUP / groupTile, view.n * groupTiles),
  };
}

export function copyDispatch(params: CopyParams, precision: Precision): Dispatch {
  const { layer, input, output, stride = [1, 1], firstChannel = 0, firstImage = 0 } = params;
  if ((output.h - 1) * stride[0] >= input.h || (output.w - 1) * stride[1] >= input.w || output.n > input.n) {
    throw new ResnetError('shape', `cannot take ${output.n}x${output.h}x${output.w} pixels out of ${input.n}x${input.h}x${input.w}.`, {
      layer,
      hint: BUG,
    });
  }
  const aligned = isAligned(input, output, firstChannel);
  const inChannels = aligned ? 0 : requireSingleSlice(layer, input);
  const outChannels = aligned ? 0 : requireSingleSlice(layer, output);
  return {
    kernel: 'copy',
    shader: copyShader,
    variant: aligned ? 'groups' : 'channels',
    precision,
    constants: { STRIDE_H: stride[0], STRIDE_W: stride[1], ALIGNED: aligned },
    bindings: ['read', 'write'],
    uniforms: {
      out_groups: requireGroups(layer, output),
      out_channels: outChannels,
      ...extent('out', output),
      in_groups: requireGroups(layer, input),
      in_channels: inChannels,
      ...extent('in', input),
      first_channel: firstChannel >>> 0,
      first_image: firstImage,
      ...place('in', input),
      ...place('out', output),
    },
    workgroups: rowGrid(layer, output),
  };
}

/** Whether groups of 4 channels stay together, including padding. */
function isAligned(input: View, output: View, firstChannel: number): boolean {
  const from = mergeSlices(input.slices);
  const to = mergeSlices(output.slices);
  if (firstChannel === 0 && from.join() === to.join()) return true;
  const outChannels = channelsOf(to);
  const end = firstChannel + outChannels;
  // The last output group must not read channels beyond the last output channel.
  const whole = outChannels % 4 === 0 || end >= channelsOf(from);
  return from.length === 1 && to.length === 1 && firstChannel % 4 === 0 && whole;
}

export interface ShortcutAParams {
  layer: string;
  input: View;
  output: View;
  stride: Pair;
  /** Zero channels in front. Default: half of them. */
  before?: number;
}

/** Parameter-free shortcut of CIFAR ResNets (He et al. 2015, option A): subsampled, with zero channels on both sides. */
export function shortcutADispatch({ layer, input, output, stride, before: given }: ShortcutAParams, precision: Precision): Dispatch {
  const padding = channelsOf(output.slices) - channelsOf(input.slices);
  const before = given ?? Math.floor(padding / 2);
  // A reader would see -0 as another number, although the GPU does not.
  return copyDispatch({ layer, input, output, stride, firstChannel: before === 0 ? 0 : -before }, precision);
}

export const layoutKernels: LayoutKernels = { fromNchw: fromNchwDispatch, toNchw: toNchwDispatch, copy: copyDispatch };
