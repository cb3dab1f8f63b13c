/**
 * Shared by the references. A reference computes a graph operation in plain JavaScript on dense NCHW tensors, with sums in
 * float64, as PyTorch's documentation defines it. References are made for checking kernels, not for speed. Only tests and the
 * self test import them.
 */

import type { Tensor } from '../../api/types.ts';
import { product } from '../../graph/shape.ts';
import type { OpAttributes, OpName, Shape, WeightRole } from '../../graph/types.ts';

/** Weights by role, as in the checkpoint. */
export type ReferenceWeights = Partial<Record<WeightRole, Float32Array>>;

export type Reference<Op extends OpName> = (attributes: OpAttributes[Op], inputs: Tensor[], weights: ReferenceWeights) => Tensor;

/** The number at an index. NaN outside, so that a wrong index is noticed. */
export function at(data: Float32Array | undefined, index: number): number {
  return data?.[index] ?? Number.NaN;
}

export function input(inputs: Tensor[], index = 0): Tensor {
  const tensor = inputs[index];
  if (!tensor) throw new Error(`reference needs input ${index}`);
  return tensor;
}

export function size4(shape: Shape): [number, number, number, number] {
  const [n = 1, c = 1, h = 1, w = 1] = shape;
  return [n, c, h, w];
}

/** A tensor [n, c, h, w] (missing axes are 1) whose values `of` computes from their index. */
export function fill(shape: Shape, of: (n: number, c: number, y: number, x: number) => number): Tensor {
  const [n, c, h, w] = size4(shape);
  const data = new Float32Array(n * c * h * w);
  let to = 0;
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < c; k++) {
      for (let y = 0; y < h; y++) {
        for (let x = 0; x < w; x++) data[to++] = of(i, k, y, x);
      }
    }
  }
  return { data, shape: [...shape] };
}

/** Reads a tensor by index. Missing axes have size 1. */
export function reader(tensor: Tensor): (n: number, c: number, y: number, x: number) => number {
  const [, c, h, w] = size4(tensor.shape);
  return (i, k, y, x) => at(tensor.data, ((i * c + k) * h + y) * w + x);
}

export function map(tensor: Tensor, of: (value: number, index: number) => number): Tensor {
  return { data: tensor.data.map(of), shape: [...tensor.shape] };
}

export function mean(count: number, value: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += value(i);
  return sum / count;
}

/** Sizes before, at and after an axis. */
export function around(shape: Shape, dim: number): { outer: number; size: number; inner: number } {
  return { outer: product(shape.slice(0, dim)), size: shape[dim] ?? 1, inner: product(shape.slice(dim + 1)) };
}
