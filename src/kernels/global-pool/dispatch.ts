/**
 * One number for each channel: the mean over the map, or ResNeSt's mean of summed splits. Generalized mean: ../gem/dispatch.ts.
 *
 * Buffers: input (NHWC4), output (NHWC4, 1x1 pixels).
 */
import globalPoolShader from '../../../shaders/global-pool/global-pool.wgsl?raw';
import { type Dispatch, type Precision, requireGroups, type View, workgroups } from '../lib/kernel.ts';
import { mapLanes } from '../lib/lanes.ts';
import { place, requireSameSlices, requireSplits } from '../lib/views.ts';

export interface GlobalPoolParams {
  layer: string;
  input: View;
  output: View;
  /** Splits of the channels to sum. Default 1. */
  radix?: number;
}

export function globalPoolDispatch({ layer, input, output, radix = 1 }: GlobalPoolParams, precision: Precision): Dispatch {
  const groups = radix === 1 ? requireSameSlices(layer, input, output) : requireSplits(layer, input, radix);
  const lanes = mapLanes(input);
  return {
    kernel: 'global-pool',
    shader: globalPoolShader,
    variant: `${lanes.GROUP_LANES}x${lanes.PIXEL_LANES}`,
    precision,
    constants: { ...lanes, RADIX: radix },
    bindings: ['read', 'write'],
    uniforms: { groups, pixels: input.h * input.w, ...place('in', input), ...place('out', output) },
    workgroups: workgroups(layer, Math.ceil(requireGroups(layer, output) / lanes.GROUP_LANES), output.n),
  };
}
