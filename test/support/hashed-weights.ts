/** Weights that need no file: computed from the names of their tensors, as in test/conv-cfg/generate.py. */

import type { Tensor } from '../../src/api/types.ts';
import { storedKey } from '../../src/checkpoint/naming.ts';
import type { Checkpoint, CheckpointTensor } from '../../src/checkpoint/types.ts';
import { product } from '../../src/graph/shape.ts';
import type { Graph } from '../../src/graph/types.ts';

/** In [-1, 1), depending only on key and index. */
export function hashed(key: string, size: number): Float32Array {
  let state = 2166136261;
  for (let i = 0; i < key.length; i++) state = Math.imul(state ^ key.charCodeAt(i), 16777619);
  return Float32Array.from({ length: size }, (_, i) => {
    let x = (Math.imul(i, 0x9e3779b9) + state) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return ((x ^ (x >>> 16)) >>> 8) / 2 ** 23 - 1;
  });
}

/** Norms around 1, convolutions that preserve the variance, everything else small. */
function fill(key: string, shape: readonly number[]): Float32Array {
  const values = hashed(key, product(shape));
  const weight = key.endsWith('weight');
  if (/(running_var|weight_gamma)$/.test(key) || (weight && shape.length === 1)) return values.map((u) => 1 + u / 2);
  if (weight) return values.map((u) => u * Math.sqrt(3 / product(shape.slice(1))));
  return values.map((u) => u / 10);
}

export function hashedCheckpoint(graph: Graph): Checkpoint {
  const tensors = new Map<string, CheckpointTensor>();
  for (const { weights } of graph.nodes) {
    for (const spec of Object.values(weights)) {
      const key = storedKey(spec);
      const shape = [...(spec.source?.shape ?? spec.shape)];
      tensors.set(key, { dtype: 'f32', shape, read: async () => ({ data: fill(key, shape), shape }) });
    }
  }
  return { format: 'memory', scheme: 'mmpretrain', metadata: {}, tensors };
}

/** The same as tensors in memory. */
export async function hashedTensors(graph: Graph): Promise<Record<string, Tensor>> {
  const tensors = [...hashedCheckpoint(graph).tensors].map(async ([key, tensor]) => [key, await tensor.read()] as const);
  return Object.fromEntries(await Promise.all(tensors));
}
