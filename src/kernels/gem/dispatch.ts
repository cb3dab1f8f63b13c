/**
 * Generalized mean of every channel over the map (Radenovic et al. 2018).
 *
 * Buffers: input (NHWC4), exponent (float32 [1]), output (NHWC4, 1x1 pixels).
 */
import gemShader from '../../../shaders/gem/gem.wgsl?raw';
import type { OpAttributes } from '../../graph/types.ts';
import { type Dispatch, floatBits, type Precision, type View, workgroups } from '../lib/kernel.ts';
import { mapLanes } from '../lib/lanes.ts';
import { place, requireSameSlices, requireSingleSlice } from '../lib/views.ts';

export interface GemParams {
  layer: string;
  attributes: OpAttributes['gem'];
  input: View;
  output: View;
}

/** The exponent buffer is only read if the exponent is learned. Otherwise any buffer can be bound. */
export function gemDispatch({ layer, attributes: a, input, output }: GemParams, precision: Precision): Dispatch {
  const channels = requireSingleSlice(layer, input);
  const groups = requireSameSlices(layer, input, output);
  const lanes = mapLanes(input);
  return {
    kernel: 'gem',
    shader: gemShader,
    variant: `${lanes.GROUP_LANES}x${lanes.PIXEL_LANES}`,
    precision,
    constants: { ...lanes, LEARNED: a.learned, CLAMP: a.clamp },
    bindings: ['read', 'read', 'write'],
    uniforms: {
      groups,
      channels,
      pixels: input.h * input.w,
      ...place('in', input),
      ...place('out', output),
      p: floatBits(a.p),
      eps: floatBits(a.eps),
    },
    workgroups: workgroups(layer, Math.ceil(groups / lanes.GROUP_LANES), output.n),
  };
}
