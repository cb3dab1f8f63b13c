/**
 * Resampling with the fixed-point coefficients of Pillow and OpenCV, so that integer sums give exactly their pixels. Pure.
 *
 * Pillow (src/libImaging/Resample.c, 8 bits a channel): the filter grows with the scale (antialiasing); coefficients are
 * normalised in double precision, then rounded to 22 fractional bits; each of the two passes rounds to 8 bits. `nearest` is an affine
 * transform (Geometry.c) that adds up positions.
 *
 * PyTorch (aten/src/ATen/native/cpu/UpSampleKernel.cpp, uint8 with antialiasing): Pillow's filters, but coefficients of 16 bits, with as
 * many fractional ones as the largest of an axis leaves room for. Written with 22 here, the lower ones zero, sums and rounding are the same.
 *
 *
 * OpenCV (modules/imgproc/src/resize.cpp, uint8): 2 or 4 taps whatever the scale, positions in single precision,
 * coefficients rounded to 11 fractional bits, no rounding between the passes, the edge pixel repeated.
 */

import type { Preprocess } from '../api/types.ts';
import { roundHalfEven } from '../util/round.ts';

export type Filter = NonNullable<Preprocess['resize']>['filter'];
export type Kernel = NonNullable<Preprocess['resize']>['kernel'];

/** Output i is the sum over t of `coefficients[i * taps + t]` times input `first[i] + t`, with the index clamped to the image. */
export interface Taps {
  taps: number;
  first: Int32Array;
  coefficients: Int32Array;
}

/** Fractional bits of Pillow's coefficients, and of the product of OpenCV's two passes. */
export const PRECISION_BITS = 22;

/**
 * Taps of the outputs `start .. start + count` along one axis.
 *
 * @param size the axis before the resize
 * @param resized the whole axis after it
 */
export function filterTaps(kernel: Kernel, filter: Filter, size: number, resized: number, start = 0, count = resized): Taps {
  const rows: { first: number; values: number[] }[] = [];
  const tap = tapsOf(kernel, filter, size, resized);
  for (let i = 0; i < count; i++) rows.push(tap(start + i));
  const taps = Math.max(...rows.map(({ values }) => values.length));
  const coefficients = new Int32Array(count * taps);
  rows.forEach(({ values }, i) => {
    coefficients.set(values, i * taps);
  });
  return { taps, first: Int32Array.from(rows, ({ first }) => first), coefficients };
}

type TapsOf = (output: number) => { first: number; values: number[] };

function tapsOf(kernel: Kernel, filter: Filter, size: number, resized: number): TapsOf {
  if (kernel === 'opencv') return opencvTaps(filter, size, resized);
  if (filter === 'nearest') return nearestTaps(size, resized);
  const reals = filterReals(filter, size, resized);
  const bits = kernel === 'pillow' ? PRECISION_BITS : torchBits(reals, resized);
  return (output) => {
    const { first, values } = reals(output);
    return { first, values: values.map((real) => fixedPoint(real, bits) * 2 ** (PRECISION_BITS - bits)) };
  };
}

/** Rounds .5 away from zero, like C's casts of a number plus or minus 0.5. */
function fixedPoint(real: number, bits: number): number {
  const fixed = real * 2 ** bits;
  return Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
}

/** The largest number of fractional bits for which the largest coefficient of the whole axis is below 2^15. */
function torchBits(reals: TapsOf, resized: number): number {
  let largest = 0;
  for (let i = 0; i < resized; i++) for (const value of reals(i).values) largest = Math.max(largest, value);
  let bits = 0;
  while (bits < PRECISION_BITS && Math.trunc(0.5 + largest * 2 ** (bits + 1)) < 2 ** 15) bits++;
  return bits;
}

/** One pixel. Positions are added up from the first one, including rounding errors. */
function nearestTaps(size: number, resized: number): TapsOf {
  const step = size / resized;
  const positions: number[] = [];
  for (let i = 0, at = step * 0.5; i < resized; i++, at += step) positions.push(Math.min(size - 1, Math.trunc(at)));
  return (output) => ({ first: positions[output] ?? 0, values: [2 ** PRECISION_BITS] });
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

/** Pillow's filters and their radius. */
const FILTERS: Readonly<Record<Exclude<Filter, 'nearest'>, { support: number; curve: (x: number) => number }>> = {
  box: { support: 0.5, curve: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, curve: triangle },
  hamming: { support: 1, curve: (x) => (Math.abs(x) < 1 ? sinc(x) * (0.54 + 0.46 * Math.cos(x * Math.PI)) : 0) },
  bicubic: { support: 2, curve: (x) => cubic(x, -0.5) },
  lanczos: { support: 3, curve: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Coefficients in double precision, with a sum of 1. */
function filterReals(filter: Exclude<Filter, 'nearest'>, size: number, resized: number): TapsOf {
  const scale = size / resized;
  const stretch = Math.max(scale, 1);
  const { curve, support: reach } = FILTERS[filter];
  const support = reach * stretch;
  return (output) => {
    const center = (output + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(size, Math.trunc(center + support + 0.5));
    const reals = Array.from({ length: end - first }, (_, t) => curve((first + t - center + 0.5) * (1 / stretch)));
    const sum = reals.reduce((a, b) => a + b, 0);
    return { first, values: reals.map((real) => (sum === 0 ? real : real / sum)) };
  };
}

function opencvTaps(filter: Filter, size: number, resized: number): TapsOf {
  const f = Math.fround;
  // OpenCV uses the reciprocal of a quotient, which may differ from the inverse quotient.
  const scale = 1 / (resized / size);
  const fixed = (real: number) => roundHalfEven(f(real * 2048));
  return (output) => {
    const position = f((output + 0.5) * scale - 0.5);
    const floor = Math.floor(position);
    const x = f(position - floor);
    if (filter === 'bilinear') return { first: floor, values: [fixed(f(1 - x)), fixed(x)] };
    // Keys' kernel at distances 1 + x, x, 1 - x. The last coefficient makes the sum 1.
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
