/**
 * The position of every pixel of the input tensor in the source, in integers. Pure.
 *
 * The rules are those of Python 3, which both torchvision and OpenMMLab follow: `int()` truncates the long edge, and `round()` rounds half of an
 * odd crop margin to the even neighbour. They differ if the crop is larger than the image: torchvision pads with zeros before it crops, OpenMMLab's
 * crop ends at the image's edge. Hugging Face transformers rounds the crop's offset down, and pads like torchvision, but with the odd pixel
 * on the other side.
 */

import type { Preprocess } from '../api/types.ts';
import { ResnetError } from '../util/errors.ts';
import { isEdges, LIMITS } from '../util/limits.ts';
import { roundHalfEven } from '../util/round.ts';

export interface Geometry {
  /** [h, w] of the whole image after the resize. Only the window below is computed. */
  resized: [number, number];
  /** The part of the resized image that is kept, [y, x, h, w]. */
  window: [number, number, number, number];
  /** [top, left]: fill before the window, if the crop is larger than the image. */
  inset: [number, number];
  /** [h, w] after the crop. */
  cropped: [number, number];
  /** [h, w] of the tensor. */
  output: [number, number];
}

export function geometry(width: number, height: number, preprocess: Preprocess): Geometry {
  checkSize(width, height);
  const resized = resizedSize(width, height, preprocess.resize);
  const crop = preprocess.crop == null ? resized : pair(preprocess.crop);
  const axes = [0, 1].map((i) => cropAxis(resized[i] ?? 0, crop[i] ?? 0, preprocess.cropRounding));
  const [y, x] = axes as [Axis, Axis];
  const divisor = preprocess.padDivisor ?? 1;
  const pad = (size: number) => Math.ceil(size / divisor) * divisor;
  // The whole long edge of a narrow image may be longer. Only the window is computed.
  const output: [number, number] = [pad(y.cropped), pad(x.cropped)];
  if (!isEdges(output)) {
    throw new ResnetError('image', `The image of ${width}x${height} would become an input of ${output[1]}x${output[0]}.`, {
      layer: 'image',
      hint: `Crop it: inputs have at most ${LIMITS.edge} pixels along an edge.`,
    });
  }
  return {
    resized,
    window: [y.start, x.start, y.size, x.size],
    inset: [y.inset, x.inset],
    cropped: [y.cropped, x.cropped],
    output,
  };
}

/** Throws if an image has no pixel. */
export function checkSize(width: number, height: number): void {
  if (Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0) return;
  throw new ResnetError('image', `The image is ${width}x${height}.`, {
    layer: 'image',
    hint: 'Pass an image of at least one pixel that was not closed.',
  });
}

/** [h, w] of the tensor that an image becomes. */
export function outputSize(width: number, height: number, preprocess: Preprocess): [number, number] {
  return geometry(width, height, preprocess).output;
}

function resizedSize(width: number, height: number, resize: Preprocess['resize']): [number, number] {
  if (!resize) return [height, width];
  if (resize.edge === 'exact') return pair(resize.size);
  if (resize.edge !== 'short') {
    const [h, w] = pair(resize.size);
    const ratio = (resize.edge === 'cover' ? Math.min : Math.max)(height / h, width / w);
    return [roundHalfEven(height / ratio), roundHalfEven(width / ratio)].map((size) => Math.max(1, size)) as [number, number];
  }
  const short = pair(resize.size)[0];
  const long = Math.trunc((short * Math.max(width, height)) / Math.min(width, height));
  return width <= height ? [long, short] : [short, long];
}

interface Axis {
  start: number;
  size: number;
  inset: number;
  cropped: number;
}

function cropAxis(size: number, crop: number, rounding: Preprocess['cropRounding']): Axis {
  const margin = (size - crop) / 2;
  const start = rounding === 'transformers' ? Math.floor(margin) : roundHalfEven(margin);
  if (crop <= size) return { start, size: crop, inset: 0, cropped: crop };
  if (rounding === 'openmmlab') return { start: 0, size, inset: 0, cropped: size };
  return { start: 0, size, inset: rounding === 'transformers' ? -start : (crop - size) >> 1, cropped: crop };
}

function pair(size: number | [number, number]): [number, number] {
  return typeof size === 'number' ? [size, size] : size;
}
