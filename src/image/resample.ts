/**
 * Resampling taps of Pillow and OpenCV in their own fixed-point numbers, so that sums of integers give their pixels. Pure.
 *
 * Pillow (src/libImaging/Resample.c, 8 bits a channel): the filter grows with the scale (antialiasing); coefficients are
 * normalised in double precision, then rounded to 22 fractional bits; each of the two passes rounds to 8 bits.
 *
 * OpenCV (modules/imgproc/src/resize.cpp, uint8): 2 or 4 taps whatever the scale, positions in single precision,
 * coefficients rounded to 11 fractional bits, no rounding between the passes, the edge pixel repeated.
 */

import { roundHalfEven } from '../round.ts';
import type { Preprocess } from '../types.ts';

export type Filter = NonNullable<Preprocess['resize']>['filter'];
export type Kernel = NonNullable<Preprocess['resize']>['kernel'];

/** Output i is the sum over t of `coefficients[i * taps + t]` times input `first[i] + t`, clamped into the image. */
export interface Taps {
  taps: number;
  first: Int32Array;
  coefficients: Int32Array;
}

/** Fractional bits of Pillow's coefficients, and of the product of OpenCV's two passes. */
export const PRECISION_BITS = 22;

/**
 * Taps of the outputs `start .. start + count` of one axis.
 *
 * @param size the axis before the resize
 * @param resized the whole axis after it
 */
export function filterTaps(kernel: Kernel, filter: Filter, size: number, resized: number, start = 0, count = resized): Taps {
  const rows: { first: number; values: number[] }[] = [];
  const tap = kernel === 'pillow' ? pillowTaps(filter, size, resized) : opencvTaps(filter, size, resized);
  for (let i = 0; i < count; i++) rows.push(tap(start + i));
  const taps = Math.max(...rows.map(({ values }) => values.length));
  const coefficients = new Int32Array(count * taps);
  rows.forEach(({ values }, i) => {
    coefficients.set(values, i * taps);
  });
  return { taps, first: Int32Array.from(rows, ({ first }) => first), coefficients };
}

type TapsOf = (output: number) => { first: number; values: number[] };

function pillowTaps(filter: Filter, size: number, resized: number): TapsOf {
  const scale = size / resized;
  const stretch = Math.max(scale, 1);
  const curve = filter === 'bilinear' ? triangle : (x: number) => cubic(x, -0.5);
  const support = (filter === 'bilinear' ? 1 : 2) * stretch;
  return (output) => {
    const center = (output + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(size, Math.trunc(center + support + 0.5));
    const reals = Array.from({ length: end - first }, (_, t) => curve((first + t - center + 0.5) * (1 / stretch)));
    const sum = reals.reduce((a, b) => a + b, 0);
    const values = reals.map((real) => {
      const fixed = (sum === 0 ? real : real / sum) * 2 ** PRECISION_BITS;
      return Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    });
    return { first, values };
  };
}

function opencvTaps(filter: Filter, size: number, resized: number): TapsOf {
  const f = Math.fround;
  // The reciprocal of a quotient, as OpenCV has it: not always the quotient the other way round.
  const scale = 1 / (resized / size);
  const fixed = (real: number) => roundHalfEven(f(real * 2048));
  return (output) => {
    const position = f((output + 0.5) * scale - 0.5);
    const floor = Math.floor(position);
    const x = f(position - floor);
    if (filter === 'bilinear') return { first: floor, values: [fixed(f(1 - x)), fixed(x)] };
    // Keys' kernel at distances 1 + x, x, 1 - x; the last coefficient is what is missing to 1.
    const a = -0.75;
    const horner = (d: number, c3: number, c2: number, c1: number, c0: number) => f(f(f(f(f(f(c3 * d) + c2) * d) + c1) * d) + c0);
    const c0 = horner(f(x + 1), a, -5 * a, 8 * a, -4 * a);
    const c1 = horner(x, a + 2, -(a + 3), 0, 1);
    const c2 = horner(f(1 - x), a + 2, -(a + 3), 0, 1);
    return { first: floor - 1, values: [c0, c1, c2, f(f(f(1 - c0) - c1) - c2)].map(fixed) };
  };
}

function triangle(x: number): number {
  return Math.max(0, 1 - Math.abs(x));
}

/** Keys' cubic convolution kernel with parameter `a`. */
function cubic(x: number, a: number): number {
  const d = Math.abs(x);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
}
