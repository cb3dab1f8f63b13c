/** Gives the folding code tensors by canonical key, from any source. */

import type { Tensor } from '../api/types.ts';
import { type BoundCheckpoint, bindCheckpoint } from '../checkpoint/bind.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import type { Graph } from '../graph/types.ts';
import type { ReadTensor } from '../kernels/lib/pack.ts';

/**
 * A checkpoint from `readCheckpoint`, in any naming scheme that the library knows. Or a function that returns tensors by the
 * keys of the graph's nodes (`node.weights[role].key`), in their shapes.
 */
export type ExportWeights = Checkpoint | Pick<BoundCheckpoint, 'get'> | ((key: string) => Promise<Tensor>);

export async function weightReader(graph: Graph, weights: ExportWeights, strict: boolean | undefined): Promise<ReadTensor> {
  if (typeof weights === 'function') return async (key) => (await weights(key)).data;
  const bound = 'get' in weights ? weights : await bindCheckpoint(graph, weights, { strict, arch: 'the graph' });
  return async (key) => (await bound.get(key).read()).data;
}
