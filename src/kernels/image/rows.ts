/**
 * The first of two passes from an image to a tensor: filters along the rows. The shader has the same name.
 *
 * Buffers: source (texture with the needed part of the image), tables (image/tables.ts), result (int32,
 * [channels][height][width]).
 */
import imageRowsShader from '../../../shaders/image/image-rows.wgsl?raw';
import { type Dispatch, grid } from '../lib/kernel.ts';

export interface ImageRowsParams {
  channels: number;
  /** Of the result: width after filtering, height of the source. */
  width: number;
  height: number;
  taps: number;
  /** Whether to round to bytes between the passes, as Pillow does and OpenCV does not. */
  pillow: boolean;
}

export function imageRowsDispatch({ channels, width, height, taps, pillow }: ImageRowsParams): Dispatch {
  return {
    kernel: 'image-rows',
    shader: imageRowsShader,
    variant: `${pillow ? 'pillow' : 'opencv'}${channels}`,
    precision: 'f32',
    constants: { LUMA: channels === 1, PILLOW: pillow },
    bindings: ['texture', 'read', 'write'],
    uniforms: { width, height, taps },
    workgroups: grid('image', width * height),
  };
}
