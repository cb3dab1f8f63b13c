/**
 * Blends two maps pixel by pixel: switchable atrous convolution (Qiao et al. 2021).
 *
 * Buffers: first, second, shares, output; all NHWC4.
 */
import blendShader from '../../../shaders/blend/blend.wgsl?raw';
import { type Dispatch, elementGrid, type Precision, type View } from '../lib/kernel.ts';
import { place, requireSameMap, requireSameSlices } from '../lib/views.ts';

export interface BlendParams {
  layer: string;
  first: View;
  second: View;
  /** [n, 1, h, w]: the share of the first map. */
  shares: View;
  output: View;
}

export function blendDispatch({ layer, first, second, shares, output }: BlendParams, precision: Precision): Dispatch {
  const groups = requireSameSlices(layer, first, second, output);
  requireSameMap(layer, first, second);
  requireSameMap(layer, first, shares);
  return {
    kernel: 'blend',
    shader: blendShader,
    variant: 'map',
    precision,
    constants: {},
    bindings: ['read', 'read', 'read', 'write'],
    uniforms: {
      groups,
      pixels: first.h * first.w,
      ...place('first', first),
      ...place('second', second),
      ...place('share', shares),
      ...place('out', output),
    },
    workgroups: elementGrid(layer, groups, output),
  };
}
