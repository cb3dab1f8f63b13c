/**
 * Shared by the formats: a dozen operations on tensors whose shapes are NCHW, whatever the layout in the file. lower.ts
 * expresses the graph's operations by these, and onnx.ts, tfjs.ts and tflite.ts write them.
 */
import type { Padding, Pair, Shape } from '../graph/types.ts';

/** A tensor of the model being written. */
export interface Value {
  readonly name: string;
  /** The same as in the graph: maps are [n, c, h, w]. */
  readonly shape: Shape;
}

export interface Window {
  kernel: Pair;
  stride: Pair;
  padding: Padding;
}

export interface Convolution extends Window {
  dilation: Pair;
  groups: number;
  /** [o, i / groups, kh, kw] */
  weight: Float32Array;
  bias: Float32Array;
}

export type Unary = 'relu' | 'sigmoid' | 'sqrt' | 'tanh' | 'exp' | 'log';
export type Binary = 'add' | 'sub' | 'mul' | 'div' | 'max' | 'pow';

export interface Target {
  /** Layer path that starts the names of the next operations. */
  layer: string;
  input(name: string, shape: Shape): Value;
  /** A tensor of the same rank that is broadcast, or a scalar: shape []. */
  constant(data: Float32Array, shape: Shape): Value;
  conv(x: Value, convolution: Convolution, relu: boolean): Value;
  /** [n, c] or [n, c, 1, 1] times weight [o, c] transposed, plus bias. */
  linear(x: Value, weight: Float32Array, bias: Float32Array, relu: boolean): Value;
  unary(kind: Unary, x: Value): Value;
  binary(kind: Binary, a: Value, b: Value): Value;
  maxPool(x: Value, window: Window): Value;
  /** Every sum is divided by the size of the window, so padding counts. */
  averagePool(x: Value, window: Window): Value;
  /** Over the given axes, which keep size 1. */
  mean(x: Value, axes: readonly number[]): Value;
  /** Zeros or mirrored values around a map. `channels`: zeros before and after. */
  pad(x: Value, padding: Padding, mode: 'zero' | 'reflect', channels?: Pair): Value;
  /** Elements start, start + step, … before `end` of an axis. */
  slice(x: Value, axis: number, start: number, end: number, step?: number): Value;
  concat(parts: Value[], axis: number): Value;
  /** Row-major as NCHW. The first axis takes what the others leave, because it grows with the batch. */
  reshape(x: Value, shape: Shape): Value;
  transpose(x: Value, order: readonly number[]): Value;
  softmax(x: Value, axis: number): Value;
  matmul(a: Value, b: Value, transposeA: boolean, transposeB: boolean): Value;
  /** Bilinear, align_corners false. */
  resize(x: Value, size: Pair): Value;
  output(name: string, value: Value): void;
}

/** Makes names unique. */
export class Names {
  readonly #taken = new Map<string, number>();

  unique(name: string): string {
    const count = this.#taken.get(name) ?? 0;
    this.#taken.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  }
}

export function windowed(x: Value, { kernel, stride, padding }: Window, channels: number, dilation: Pair = [1, 1]): number[] {
  const [n = 1, , h = 1, w = 1] = x.shape;
  const [top, left, bottom, right] = padding;
  const size = (whole: number, axis: 0 | 1) => Math.floor((whole - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis]) + 1;
  return [n, channels, size(h + top + bottom, 0), size(w + left + right, 1)];
}

/** Shape of an elementwise result. Scalars fit everything. */
export function broadcast(a: Shape, b: Shape): number[] {
  return (a.length >= b.length ? a : b).map((size, i) => Math.max(size, (a.length >= b.length ? b : a)[i] ?? 1));
}

export function replaced(shape: Shape, axis: number, size: number): number[] {
  return shape.map((old, i) => (i === axis ? size : old));
}

export function matmulShape(a: Shape, b: Shape, transposeA: boolean, transposeB: boolean): number[] {
  return [...a.slice(0, -2), a.at(transposeA ? -1 : -2) ?? 1, b.at(transposeB ? -2 : -1) ?? 1];
}

/** Permutes the axes of row-major data. Axis i of the result is axis order[i] of the source. */
export function permute(data: Float32Array, shape: Shape, order: readonly number[]): Float32Array {
  const steps = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const sizes = order.map((axis) => shape[axis] ?? 1);
  const strides = order.map((axis) => steps[axis] ?? 0);
  const out = new Float32Array(data.length);
  const index = new Array<number>(sizes.length).fill(0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from] ?? 0;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      from += strides[axis] ?? 0;
      if (next < (sizes[axis] ?? 1)) {
        index[axis] = next;
        break;
      }
      index[axis] = 0;
      from -= next * (strides[axis] ?? 0);
    }
  }
  return out;
}
