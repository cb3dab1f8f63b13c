/** Preprocessing in plain loops over whole images, for tests. */
import type { Preprocess, RawImage, Tensor } from '../api/types.ts';
import { geometry } from './geometry.ts';
import { type Filter, filterTaps, type Kernel } from './resample.ts';

/** Bytes, row-major, `channels` a pixel. */
export interface Bytes {
  data: Uint8Array;
  width: number;
  height: number;
  channels: number;
}

const clampByte = (x: number) => Math.min(255, Math.max(0, x));

/** Both passes in doubles that hold whole numbers, each pass over the whole image. */
export function resizeReference(image: Bytes, [height, width]: [number, number], filter: Filter, kernel: Kernel): Bytes {
  const { channels } = image;
  const opencv = kernel === 'opencv';
  const across = filterTaps(kernel, filter, image.width, width);
  const rows = new Float64Array(image.height * width * channels);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let t = 0; t < across.taps; t++) {
          const from = Math.min(Math.max((across.first[x] ?? 0) + t, 0), image.width - 1);
          sum += (across.coefficients[x * across.taps + t] ?? 0) * (image.data[(y * image.width + from) * channels + c] ?? 0);
        }
        rows[(y * width + x) * channels + c] = opencv ? sum : clampByte(Math.floor((sum + 2 ** 21) / 2 ** 22));
      }
    }
  }
  const down = filterTaps(kernel, filter, image.height, height);
  const data = new Uint8Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < width * channels; i++) {
      let sum = 0;
      for (let t = 0; t < down.taps; t++) {
        const from = Math.min(Math.max((down.first[y] ?? 0) + t, 0), image.height - 1);
        const coefficient = down.coefficients[y * down.taps + t] ?? 0;
        const value = rows[from * width * channels + i] ?? 0;
        // https://github.com/opencv/opencv/blob/4.x/modules/imgproc/src/resize.cpp, VResizeLinear for uchar
        sum += opencv && filter === 'bilinear' ? Math.floor((coefficient * Math.floor(value / 16)) / 65536) : coefficient * value;
      }
      const rounded = opencv && filter === 'bilinear' ? Math.floor((sum + 2) / 4) : Math.floor((sum + 2 ** 21) / 2 ** 22);
      data[y * width * channels + i] = clampByte(rounded);
    }
  }
  return { data, width, height, channels };
}

/** RGB of a RawImage; alpha is dropped. */
export function rgbOf({ data, width, height }: RawImage): Bytes {
  const stride = data.length / (width * height);
  return {
    data: Uint8Array.from({ length: width * height * 3 }, (_, i) => data[Math.floor(i / 3) * stride + (i % 3)] ?? 0),
    width,
    height,
    channels: 3,
  };
}

/** Pillow's convert('L'). */
export function lumaOf({ data, width, height }: Bytes): Bytes {
  const at = (i: number) => data[i] ?? 0;
  const luma = (i: number) => (at(i) * 19595 + at(i + 1) * 38470 + at(i + 2) * 7471 + 0x8000) >> 16;
  return { data: Uint8Array.from({ length: width * height }, (_, i) => luma(i * 3)), width, height, channels: 1 };
}

/** The bytes after resize and crop, in RGB order. */
export function croppedReference(image: RawImage, preprocess: Preprocess): Bytes {
  const source = preprocess.mean.length === 1 ? lumaOf(rgbOf(image)) : rgbOf(image);
  const { resized, window, inset, cropped } = geometry(image.width, image.height, preprocess);
  const { resize } = preprocess;
  const whole = resize ? resizeReference(source, resized, resize.filter, resize.kernel) : source;
  const [top, left, h, w] = window;
  const { channels } = source;
  const data = new Uint8Array(cropped[0] * cropped[1] * channels);
  const fill = preprocess.cropFill ?? [];
  // Levels are in the tensor's order, bytes here are RGB.
  const channelOf = (c: number) => (preprocess.order === 'bgr' ? channels - 1 - c : c);
  for (let i = 0; i < data.length; i++) data[i] = fill[channelOf(i % channels)] ?? 0;
  for (let y = 0; y < h; y++) {
    const from = ((top + y) * whole.width + left) * channels;
    data.set(whole.data.subarray(from, from + w * channels), ((inset[0] + y) * cropped[1] + inset[1]) * channels);
  }
  return { data, width: cropped[1], height: cropped[0], channels };
}

/** The tensor, [1, c, h, w]. */
export function preprocessReference(image: RawImage, preprocess: Preprocess): Tensor {
  const bytes = croppedReference(image, preprocess);
  const [h, w] = geometry(image.width, image.height, preprocess).output;
  const { channels } = bytes;
  const data = new Float32Array(channels * h * w).fill(preprocess.padValue ?? 0);
  for (let c = 0; c < channels; c++) {
    const from = preprocess.order === 'bgr' ? channels - 1 - c : c;
    const mean = preprocess.mean[c] ?? Number.NaN;
    const std = preprocess.std[c] ?? Number.NaN;
    for (let y = 0; y < bytes.height; y++) {
      for (let x = 0; x < bytes.width; x++) {
        const byte = bytes.data[(y * bytes.width + x) * channels + from] ?? 0;
        data[(c * h + y) * w + x] = (byte - mean) / std;
      }
    }
  }
  return { data, shape: [1, channels, h, w] };
}
