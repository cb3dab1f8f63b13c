/**
 * Kernels that read a map at other positions: anti-aliased subsampling, reflected borders, bilinear resizing.
 *
 * Buffers: input (NHWC4), output (NHWC4).
 */
import bilinearShader from '../../../shaders/resample/bilinear.wgsl?raw';
import blurPoolShader from '../../../shaders/resample/blur-pool.wgsl?raw';
import padShader from '../../../shaders/resample/pad.wgsl?raw';
import { type Dispatch, type Precision, rowGrid, type View } from '../lib/kernel.ts';
import { extent, place, requireSameSlices } from '../lib/views.ts';

interface ResampleParams {
  layer: string;
  input: View;
  output: View;
}

/** Binomial filter with `size` taps (up to 8) along each axis, reflected borders, every stride-th pixel. */
export function blurPoolDispatch(
  { size, stride, ...views }: ResampleParams & { size: number; stride: number },
  precision: Precision,
): Dispatch {
  return resample(
    { kernel: 'blur-pool', shader: blurPoolShader },
    `${size}/${stride}`,
    views,
    { SIZE: size, STRIDE: stride },
    {},
    precision,
  );
}

export interface PadParams extends ResampleParams {
  /** Rows above and columns to the left. Those below and to the right follow from the output's size. */
  top: number;
  left: number;
}

/** Mirrors the map without repeating its border pixels. */
export function reflectPadDispatch({ top, left, ...views }: PadParams, precision: Precision): Dispatch {
  return resample({ kernel: 'pad', shader: padShader }, 'reflect', views, { REFLECT: true }, { top, left }, precision);
}

export function zeroPadDispatch({ top, left, ...views }: PadParams, precision: Precision): Dispatch {
  return resample({ kernel: 'pad', shader: padShader }, 'zero', views, { REFLECT: false }, { top, left }, precision);
}

/** Resizes to the output's size, with align_corners false and without antialiasing. */
export function bilinearDispatch(views: ResampleParams, precision: Precision): Dispatch {
  return resample({ kernel: 'bilinear', shader: bilinearShader }, 'map', views, {}, {}, precision);
}

function resample(
  kernel: Pick<Dispatch, 'kernel' | 'shader'>,
  variant: string,
  { layer, input, output }: ResampleParams,
  constants: Dispatch['constants'],
  own: Dispatch['uniforms'],
  precision: Precision,
): Dispatch {
  return {
    ...kernel,
    variant,
    precision,
    constants,
    bindings: ['read', 'write'],
    uniforms: {
      groups: requireSameSlices(layer, input, output),
      ...extent('out', output),
      ...extent('in', input),
      ...own,
      ...place('in', input),
      ...place('out', output),
    },
    workgroups: rowGrid(layer, output),
  };
}
