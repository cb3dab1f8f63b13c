/** Whatever gives tensors by canonical key, as what the folding reads. */

import type { Tensor } from '../api/types.ts';
import { type BoundCheckpoint, bindCheckpoint } from '../checkpoint/bind.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import type { Graph } from '../graph/types.ts';
import type { ReadTensor } from '../kernels/lib/pack.ts';

/**
 * A checkpoint as `readCheckpoint` gives it, in any naming scheme that the library knows; or a function that gives tensors
 * by the keys of the graph's nodes (`node.weights[role].key`), in the shapes that these have.
 */
export type ExportWeights = Checkpoint | Pick<BoundCheckpoint, 'get'> | ((key: string) => Promise<Tensor>);

export async function weightReader(graph: Graph, weights: ExportWeights, strict: boolean | undefined): Promise<ReadTensor> {
  if (typeof weights === 'function') return async (key) => (await weights(key)).data;
  const bound = 'get' in weights ? weights : await bindCheckpoint(graph, weights, { strict, arch: 'the graph' });
  return async (key) => (await bound.get(key).read()).data;
}
