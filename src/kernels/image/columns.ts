/**
 * Second of two passes from an image to a tensor: filters along the columns, rounds to bytes, normalises and pads.
 * See the shader of the same name.
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
  /** [h, w] of what is filtered. */
  window: [number, number];
  sourceHeight: number;
  /** Where in the tables the taps and the levels begin. */
  entries: number;
  taps: number;
  levels: number;
  reverse: boolean;
  /** OpenCV's bilinear filter, which drops bits of every product. */
  truncate: boolean;
}

/** The first uniform is `base`, 0 here: an image goes into any slot of a batch. */
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
