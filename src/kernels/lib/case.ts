/**
 * What a kernel's case is. Each `x.cases.ts` exports `cases`, one list for tests and benchmarks: a case is run on a device,
 * its output compared with the reference (test/support/kernel-cases.ts). Only tests and benchmarks import these files.
 */

import type { Tensor } from '../../api/types.ts';
import { product } from '../../graph/shape.ts';
import type { Shape } from '../../graph/types.ts';
import { type Dispatch, groupsOf, type Precision, type View } from './kernel.ts';

export interface CaseBuffer {
  shape: Shape;
  /** Absent: dense float32. */
  view?: View;
  /** Dense NCHW; absent: a dispatch writes it. */
  data?: Float32Array;
  /** Takes the place of view and data where a buffer is neither: packed weights. */
  bytes?: (precision: Precision) => Promise<ArrayBuffer>;
}

export interface CaseStep {
  dispatch: Dispatch;
  /** Names of buffers, in the order of the dispatch's bindings. */
  operands: string[];
}

export interface KernelCase {
  name: string;
  buffers: Record<string, CaseBuffer>;
  steps: (precision: Precision) => CaseStep[];
  /** The buffer to compare. */
  output: string;
  /** What the device must have (`quads`: gpu/device.ts); the case is left out elsewhere. */
  feature?: GPUFeatureName | 'quads';
  /** From the inputs as the kernel sees them: views rounded to f16 where that is the precision. */
  expected: (inputs: Record<string, Tensor>) => Tensor;
  /** Default both. */
  precisions?: readonly Precision[];
  /** Relative L2 error allowed; default DEFAULT_TOLERANCE. */
  tolerance?: Partial<Record<Precision, number>>;
}

/** A few roundings of float32; half the last digit of f16 is 4.9e-4. */
export const DEFAULT_TOLERANCE: Record<Precision, number> = { f32: 2e-6, f16: 5e-4 };

/** Reproducible numbers, uniform in offset +- scale. */
export function noise(shape: Shape, seed: number, scale = 1, offset = 0): Float32Array {
  let state = (seed * 2654435761) >>> 0 || 1;
  return new Float32Array(product(shape)).map(() => {
    // xorshift32 (Marsaglia 2003)
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) / 2 ** 31 - 1) * scale + offset;
  });
}

export interface ViewOptions {
  slices?: readonly number[];
  /** A part of a wider buffer: other channels before and after. */
  placed?: boolean;
}

/** A buffer in the kernels' layout, with data if a seed is given. */
export function viewBuffer(
  shape: Shape,
  { slices, placed, ...data }: ViewOptions & { seed?: number; scale?: number; offset?: number } = {},
): CaseBuffer {
  const [n = 1, c = 1, h = 1, w = 1] = shape;
  const parts = slices ?? [c];
  const groups = groupsOf(parts);
  // Inputs and outputs lie differently, so that a kernel that mixes them up is noticed.
  const [before, after] = data.seed === undefined ? [1, 1] : [2, 3];
  const view: View = { n, h, w, slices: parts, stride: placed ? before + groups + after : groups, offset: placed ? before : 0 };
  return { shape, view, ...(data.seed !== undefined && { data: noise(shape, data.seed, data.scale, data.offset) }) };
}

export function denseBuffer(shape: Shape, seed?: number, scale?: number, offset?: number): CaseBuffer {
  return { shape, ...(seed !== undefined && { data: noise(shape, seed, scale, offset) }) };
}

/** Pairs (first, second) for each group of 4 channels, as the pack recipe `affine` lays them out; no data in padding. */
export function pairsBuffer(first: Float32Array, second: Float32Array): CaseBuffer {
  const groups = Math.ceil(first.length / 4);
  const data = new Float32Array(groups * 8);
  first.forEach((value, c) => {
    data[(c >> 2) * 8 + (c & 3)] = value;
    data[(c >> 2) * 8 + 4 + (c & 3)] = second[c] ?? 0;
  });
  return { shape: [groups, 2, 4], data };
}

/** The view of a buffer that has one. */
export function viewOf(buffer: CaseBuffer | undefined): View {
  if (!buffer?.view) throw new Error('the case has no such view');
  return buffer.view;
}

export function tensorOf(tensors: Record<string, Tensor>, name: string): Tensor {
  const tensor = tensors[name];
  if (!tensor) throw new Error(`the case has no input ${name}`);
  return tensor;
}
