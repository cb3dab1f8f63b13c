/** A layer's channels as grey pictures with a common scale. Pure. */
import type { Tensor } from '../library.ts';

export interface Scale {
  low: number;
  high: number;
}

/** Range of the finite values: black and white for all channels, so that they can be compared. */
export function scaleOf({ data }: Tensor): Scale {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of data) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low > high ? { low: 0, high: 0 } : { low, high };
}

/** RGBA of one channel of the first image. NaN is red. */
export function channelPixels({ data, shape }: Tensor, channel: number, { low, high }: Scale): Uint8ClampedArray<ArrayBuffer> {
  const [, , h = 1, w = 1] = shape;
  const pixels = new Uint8ClampedArray(h * w * 4);
  const range = high - low || 1;
  for (let at = 0; at < h * w; at++) {
    const value = data[channel * h * w + at] ?? Number.NaN;
    if (Number.isFinite(value)) pixels.fill(((value - low) / range) * 255, at * 4, at * 4 + 3);
    else pixels[at * 4] = 200;
    pixels[at * 4 + 3] = 255;
  }
  return pixels;
}

/** Three digits, whatever the magnitude. */
export function shortNumber(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 1e4 || size < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}
