/**
 * The type of a kernel's cases. Each `x.cases.ts` exports `cases`, one list for tests and benchmarks. A case runs on a device and its
 * output is compared with the reference (test/support/kernel-cases.ts). Only tests and benchmarks import these files.
 */

import type { Tensor } from '../../api/types.ts';
import { product } from '../../graph/shape.ts';
import type { Shape } from '../../graph/types.ts';
import { type Dispatch, groupsOf, type Precision, type View } from './kernel.ts';

export interface CaseBuffer {
  shape: Shape;
  /** Absent means dense float32. */
  view?: View;
  /** Dense NCHW. Absent if a dispatch writes it. */
  data?: Float32Array;
  /** Replaces view and data if a buffer has neither: packed weights. */
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
  /** The buffer to compare with the reference. */
  output: string;
  /** Required device features (`quads`: gpu/device.ts). On other devices the case is left out. */
  feature?: GPUFeatureName | 'quads';
  /** Computed from the inputs as the kernel sees them: in f16 models, views are rounded to f16. */
  expected: (inputs: Record<string, Tensor>) => Tensor;
  /** Default: both. */
  precisions?: readonly Precision[];
  /** Allowed relative L2 error. Default: DEFAULT_TOLERANCE. */
  tolerance?: Partial<Record<Precision, number>>;
}

/** A few roundings in float32. In f16, half a unit in the last place is 4.9e-4. */
export const DEFAULT_TOLERANCE: Record<Precision, number> = { f32: 2e-6, f16: 5e-4 };

/** Reproducible random numbers, uniform in offset +- scale. */
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
  /** A part of a wider buffer, with other channels before and after. */
  placed?: boolean;
}

/** A buffer in the kernels' layout. If there is a seed, it has data. */
export function viewBuffer(
  shape: Shape,
  { slices, placed, ...data }: ViewOptions & { seed?: number; scale?: number; offset?: number } = {},
): CaseBuffer {
  const [n = 1, c = 1, h = 1, w = 1] = shape;
  const parts = slices ?? [c];
  const groups = groupsOf(parts);
  // Inputs and outputs have different layouts, so that a kernel that mixes them up fails.
  const [before, after] = data.seed === undefined ? [1, 1] : [2, 3];
  const view: View = { n, h, w, slices: parts, stride: placed ? before + groups + after : groups, offset: placed ? before : 0 };
  return { shape, view, ...(data.seed !== undefined && { data: noise(shape, data.seed, data.scale, data.offset) }) };
}

export function denseBuffer(shape: Shape, seed?: number, scale?: number, offset?: number): CaseBuffer {
  return { shape, ...(seed !== undefined && { data: noise(shape, seed, scale, offset) }) };
}

/** Pairs (first, second) for each group of 4 channels, in the layout of the pack recipe `affine`. Padding has no data. */
export function pairsBuffer(first: Float32Array, second: Float32Array): CaseBuffer {
  const groups = Math.ceil(first.length / 4);
  const data = new Float32Array(groups * 8);
  first.forEach((value, c) => {
    data[(c >> 2) * 8 + (c & 3)] = value;
    data[(c >> 2) * 8 + 4 + (c & 3)] = second[c] ?? 0;
  });
  return { shape: [groups, 2, 4], data };
}

/** The view of a buffer that must have one. */
export function viewOf(buffer: CaseBuffer | undefined): View {
  if (!buffer?.view) throw new Error('the case has no such view');
  return buffer.view;
}

export function tensorOf(tensors: Record<string, Tensor>, name: string): Tensor {
  const tensor = tensors[name];
  if (!tensor) throw new Error(`the case has no input ${name}`);
  return tensor;
}
