/** The numbers that the image kernels look up, in one array of int32. Pure. */
import type { Preprocess } from '../api/types.ts';
import { PRECISION_BITS, type Taps } from './resample.ts';

/** Taps that copy: for recipes without a resize. */
export function identityTaps(start: number, count: number): Taps {
  return {
    taps: 1,
    first: Int32Array.from({ length: count }, (_, i) => start + i),
    coefficients: new Int32Array(count).fill(1 << PRECISION_BITS),
  };
}

/** What of an axis of `size` the taps touch. */
export function touched({ first, taps }: Taps, size: number): { from: number; count: number } {
  const from = Math.max(
    0,
    first.reduce((a, b) => Math.min(a, b)),
  );
  const end = Math.min(size, first.reduce((a, b) => Math.max(a, b)) + taps);
  return { from, count: end - from };
}

/** For each output: its first tap, counted from `from`, then its coefficients. */
export function interleave({ first, taps, coefficients }: Taps, from: number): Int32Array {
  const entries = new Int32Array(first.length * (taps + 1));
  first.forEach((value, i) => {
    entries[i * (taps + 1)] = value - from;
    entries.set(coefficients.subarray(i * taps, (i + 1) * taps), i * (taps + 1) + 1);
  });
  return entries;
}

/**
 * Bits of the normalised floats: 256 levels for each channel of the tensor, then the pad value, then what fills a crop for each
 * channel. Each is computed in double precision and rounded once, so it is within 1 ulp of what PyTorch's three roundings give.
 */
export function levelTable({ mean, std, padValue = 0, cropFill }: Preprocess): Int32Array {
  const floats = new Float32Array(mean.length * 257 + 1);
  mean.forEach((m, channel) => {
    for (let level = 0; level < 256; level++) {
      floats[channel * 256 + level] = (level - m) / (std[channel] ?? 1);
    }
  });
  floats[mean.length * 256] = padValue;
  mean.forEach((m, channel) => {
    floats[mean.length * 256 + 1 + channel] = ((cropFill?.[channel] ?? 0) - m) / (std[channel] ?? 1);
  });
  return new Int32Array(floats.buffer);
}

export function concat(parts: Int32Array[]): Int32Array<ArrayBuffer> {
  const whole = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
