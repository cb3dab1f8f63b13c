/** Tensors that no file holds: identities, and what is computed from others. */
import { product } from '../graph/product.ts';
import type { CheckpointTensor } from './types.ts';

export function constant(shape: readonly number[], value: number): CheckpointTensor {
  return { dtype: 'f32', shape, read: async () => ({ data: new Float32Array(product(shape)).fill(value), shape: [...shape] }) };
}

/** a - b, in float32: what a bias before a norm does to the norm's mean. */
export function difference(a: CheckpointTensor, b: CheckpointTensor): CheckpointTensor {
  const read = async () => {
    const [x, y] = await Promise.all([a.read(), b.read()]);
    return { data: x.data.map((value, i) => value - (y.data[i] ?? 0)), shape: [...a.shape] };
  };
  return { dtype: 'f32', shape: a.shape, read };
}
