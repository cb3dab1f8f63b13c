/** Tensors that no file holds: identities, and what is computed from others. */
import { product } from '../graph/shape.ts';
import type { CheckpointTensor } from './types.ts';

export function constant(shape: readonly number[], value: number): CheckpointTensor {
  return { dtype: 'f32', shape, read: async () => ({ data: new Float32Array(product(shape)).fill(value), shape: [...shape] }) };
}

/** Of equally long parts that stand one after another: the mean of each place. */
export function meanOfParts(tensor: CheckpointTensor, length: number): CheckpointTensor {
  const read = async () => {
    const { data } = await tensor.read();
    const parts = data.length / length;
    const mean = Float32Array.from({ length }, (_, i) => {
      let sum = 0;
      for (let at = i; at < data.length; at += length) sum += data[at] ?? 0;
      return sum / parts;
    });
    return { data: mean, shape: [length] };
  };
  return { dtype: 'f32', shape: [length], read };
}

/** a - b, in float32: what a bias before a norm does to the norm's mean. */
export function difference(a: CheckpointTensor, b: CheckpointTensor): CheckpointTensor {
  const read = async () => {
    const [x, y] = await Promise.all([a.read(), b.read()]);
    return { data: x.data.map((value, i) => value - (y.data[i] ?? 0)), shape: [...a.shape] };
  };
  return { dtype: 'f32', shape: a.shape, read };
}
