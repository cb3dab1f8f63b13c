/**
 * Attention over positions: its input, and how it scales the map (CBAM, Woo et al. 2018; strip and coordinate attention).
 *
 * Buffers: see each function. All are NHWC4.
 */
import channelPoolShader from '../../../shaders/spatial-attention/channel-pool.wgsl?raw';
import multiplyShader from '../../../shaders/spatial-attention/multiply.wgsl?raw';
import { channelsOf, type Dispatch, elementGrid, grid, type Precision, requireGroups, type View } from '../lib/kernel.ts';
import { lanesFor } from '../lib/lanes.ts';
import { place, requireSameSlices, requireSingleSlice } from '../lib/views.ts';

export interface ChannelPoolParams {
  layer: string;
  /** One channel with the average of mean and maximum, instead of both in two channels. */
  average: boolean;
  input: View;
  output: View;
}

/** Buffers: input, output. */
export function channelPoolDispatch({ layer, average, input, output }: ChannelPoolParams, precision: Precision): Dispatch {
  const groups = requireGroups(layer, input);
  const lanes = lanesFor(groups);
  const pixels = input.n * input.h * input.w;
  return {
    kernel: 'channel-pool',
    shader: channelPoolShader,
    variant: `${lanes}${average ? ' average' : ''}`,
    precision,
    constants: { LANES: lanes, AVERAGE: average },
    bindings: ['read', 'write'],
    uniforms: { groups, channels: requireSingleSlice(layer, input), pixels, ...place('in', input), ...place('out', output) },
    workgroups: grid(layer, pixels * lanes),
  };
}

export interface MultiplyParams {
  layer: string;
  input: View;
  /** With as many channels, rows and columns as the input, or one. */
  factors: View;
  output: View;
}

/** Buffers: input, factors, output. */
export function multiplyDispatch({ layer, input, factors, output }: MultiplyParams, precision: Precision): Dispatch {
  const single = channelsOf(factors.slices) === 1;
  const groups = single ? requireSameSlices(layer, input, output) : requireSameSlices(layer, input, factors, output);
  return {
    kernel: 'multiply',
    shader: multiplyShader,
    variant: `${single ? 'pixels' : `${factors.h > 1 ? 'rows' : ''}${factors.w > 1 ? 'columns' : ''}`}`,
    precision,
    constants: { SINGLE: single },
    bindings: ['read', 'read', 'write'],
    uniforms: {
      groups,
      width: input.w,
      pixels: input.h * input.w,
      ...place('in', input),
      factor_pixels: factors.h * factors.w,
      row_step: factors.h === 1 ? 0 : factors.w,
      column_step: factors.w === 1 ? 0 : 1,
      ...place('factor', factors),
      ...place('out', output),
    },
    workgroups: elementGrid(layer, groups, output),
  };
}
