/**
 * One number a channel: the mean over the map, ResNeSt's mean of summed splits, or the generalized mean.
 *
 * Buffers: input (NHWC4), [exponent (float32 [1]; generalized mean only)], output (NHWC4, 1x1 pixels).
 */
import gemShader from '../../shaders/gem.wgsl?raw';
import globalPoolShader from '../../shaders/global-pool.wgsl?raw';
import type { OpAttributes } from '../graph/types.ts';
import { type Dispatch, floatBits, type Precision, requireGroups, type View, workgroups } from './kernel.ts';
import { place, requireSameSlices, requireSingleSlice, requireSplits } from './views.ts';

export interface GlobalPoolParams {
  layer: string;
  input: View;
  output: View;
  /** Splits of the channels to sum. Default 1. */
  radix?: number;
}

export function globalPoolDispatch({ layer, input, output, radix = 1 }: GlobalPoolParams, precision: Precision): Dispatch {
  const groups = radix === 1 ? requireSameSlices(layer, input, output) : requireSplits(layer, input, radix);
  const lanes = lanesFor(input);
  return {
    kernel: 'global-pool',
    shader: globalPoolShader,
    variant: `${lanes.GROUP_LANES}x${lanes.PIXEL_LANES}`,
    precision,
    constants: { ...lanes, RADIX: radix },
    bindings: ['read', 'write'],
    uniforms: [groups, input.h * input.w, ...place(input), ...place(output)],
    workgroups: workgroups(layer, Math.ceil(requireGroups(layer, output) / lanes.GROUP_LANES), output.n),
  };
}

export interface GemParams {
  layer: string;
  attributes: OpAttributes['gem'];
  input: View;
  output: View;
}

/** The exponent buffer is read only where it is learned; else any buffer can be bound. */
export function gemDispatch({ layer, attributes: a, input, output }: GemParams, precision: Precision): Dispatch {
  const channels = requireSingleSlice(layer, input);
  const groups = requireSameSlices(layer, input, output);
  const lanes = lanesFor(input);
  return {
    kernel: 'gem',
    shader: gemShader,
    variant: `${lanes.GROUP_LANES}x${lanes.PIXEL_LANES}`,
    precision,
    constants: { ...lanes, LEARNED: a.learned, CLAMP: a.clamp },
    bindings: ['read', 'read', 'write'],
    uniforms: [groups, channels, input.h * input.w, ...place(input), ...place(output), floatBits(a.p), floatBits(a.eps)],
    workgroups: workgroups(layer, Math.ceil(groups / lanes.GROUP_LANES), output.n),
  };
}

/** Threads along channels and pixels: 128 contiguous bytes a pixel for the 7x7 of a last stage, more threads a channel for large maps. */
function lanesFor({ h, w }: View): { GROUP_LANES: number; PIXEL_LANES: number } {
  return h * w > 256 ? { GROUP_LANES: 4, PIXEL_LANES: 64 } : { GROUP_LANES: 8, PIXEL_LANES: 8 };
}
