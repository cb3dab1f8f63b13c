/** The numbers that the image kernels look up, in one int32 array. Pure. */
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

/** The part of an axis of length `size` that the taps read. */
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
 * Bits of the normalised floats: 256 levels for each channel of the tensor, then the pad value, then the crop's fill value for each channel.
 * Each is computed in double precision and rounded once, so it is within 1 ulp of PyTorch's result, which is rounded three times.
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
