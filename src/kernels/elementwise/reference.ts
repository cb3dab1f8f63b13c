import { inferShape } from '../../graph/ops.ts';
import { product } from '../../graph/shape.ts';
import type { Shape } from '../../graph/types.ts';
import { at, input, map, type Reference, size4 } from '../lib/reference-common.ts';

export const relu: Reference<'relu'> = (_, inputs) => map(input(inputs), (x) => Math.max(x, 0));

export const add: Reference<'add'> = (_, inputs) => {
  const other = input(inputs, 1);
  return map(input(inputs), (x, i) => x + at(other.data, i));
};

export const batchNorm: Reference<'batch_norm'> = (a, inputs, weights) => {
  const x = input(inputs);
  const [, c, h, w] = size4(x.shape);
  return map(x, (value, i) => {
    const k = Math.floor(i / (h * w)) % c;
    const normal = (value - at(weights.running_mean, k)) / Math.sqrt(at(weights.running_var, k) + a.eps);
    return a.affine ? normal * at(weights.weight, k) + at(weights.bias, k) : normal;
  });
};

export const addBroadcast: Reference<'add_broadcast'> = (a, inputs) => {
  const [left, right] = [input(inputs), input(inputs, 1)];
  const shape = inferShape.add_broadcast(a, [left.shape, right.shape], 'reference');
  /** Stride of an operand along each axis. 0 along repeated axes. */
  const steps = (operand: Shape) => operand.map((size, i) => (size === 1 ? 0 : product(operand.slice(i + 1))));
  const place = (index: number, step: number[]) =>
    shape.reduce((sum, size, i) => sum + (Math.floor(index / product(shape.slice(i + 1))) % size) * (step[i] ?? 0), 0);
  const [leftSteps, rightSteps] = [steps(left.shape), steps(right.shape)];
  const data = new Float32Array(product(shape));
  return { data: data.map((_, i) => at(left.data, place(i, leftSteps)) + at(right.data, place(i, rightSteps))), shape };
};

export const scale: Reference<'scale'> = (_, inputs, weights) => map(input(inputs), (value) => value * at(weights.weight, 0));
