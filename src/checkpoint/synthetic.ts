/** Tensors that are not in any file: identities, and results computed from other tensors. */
import { product } from '../graph/shape.ts';
import type { CheckpointTensor } from './types.ts';

export function constant(shape: readonly number[], value: number): CheckpointTensor {
  return { dtype: 'f32', shape, read: async () => ({ data: new Float32Array(product(shape)).fill(value), shape: [...shape] }) };
}

/** The mean at each index over several parts of equal length, one after another. */
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

/** a - b, in float32: the effect of a bias before a norm on the norm's mean. */
export function difference(a: CheckpointTensor, b: CheckpointTensor): CheckpointTensor {
  const read = async () => {
    const [x, y] = await Promise.all([a.read(), b.read()]);
    return { data: x.data.map((value, i) => value - (y.data[i] ?? 0)), shape: [...a.shape] };
  };
  return { dtype: 'f32', shape: a.shape, read };
}
