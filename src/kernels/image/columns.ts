/**
 * The second of two passes from an image to a tensor: filters along the columns, rounds to bytes, normalises and pads. The shader
 * has the same name.
 *
 * Buffers: source (result of image-rows), tables (image/tables.ts), result (dense float32 NCHW, from element `base`).
 */
import imageColumnsShader from '../../../shaders/image/image-columns.wgsl?raw';
import { type Dispatch, grid } from '../lib/kernel.ts';

export interface ImageColumnsParams {
  channels: number;
  /** [h, w] of the result. */
  output: [number, number];
  cropped: [number, number];
  inset: [number, number];
  /** [h, w] of the filtered image. */
  window: [number, number];
  sourceHeight: number;
  /** Where the taps and levels start in the tables. */
  entries: number;
  taps: number;
  levels: number;
  reverse: boolean;
  /** OpenCV's bilinear filter, which truncates every product. */
  truncate: boolean;
}

/** The first uniform is `base`. It is 0 here, because an image can go into any slot of a batch. */
export function imageColumnsDispatch(params: ImageColumnsParams): Dispatch {
  const { channels, output, cropped, inset, window, sourceHeight, entries, taps, levels, reverse, truncate } = params;
  return {
    kernel: 'image-columns',
    shader: imageColumnsShader,
    variant: truncate ? 'truncate' : 'round',
    precision: 'f32',
    constants: { TRUNCATE: truncate },
    bindings: ['read', 'read', 'write'],
    uniforms: {
      base: 0,
      channels,
      height: output[0],
      width: output[1],
      cropHeight: cropped[0],
      cropWidth: cropped[1],
      top: inset[0],
      left: inset[1],
      windowHeight: window[0],
      windowWidth: window[1],
      sourceHeight,
      entries,
      taps,
      levels,
      reverse: reverse ? channels - 1 : 0,
    },
    workgroups: grid('image', channels * output[0] * output[1]),
  };
}
