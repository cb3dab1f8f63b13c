/** Computes a network in plain JavaScript, for golden records and for the error of a narrower number type. */

import type { Tensor } from '../api/types.ts';
import type { Graph, GraphNode, WeightRole } from '../graph/types.ts';
import { compute } from '../inspect/compute.ts';
import type { ReadTensor } from '../kernels/lib/pack.ts';
import type { ReferenceWeights } from '../kernels/lib/reference-common.ts';
import { throwIfAborted } from '../util/errors.ts';

const MAX_BUSY_MS = 50;

export interface ForwardOptions {
  /** Multiply-adds so far, out of `graph.macs`. */
  onProgress?: (macs: number) => void;
  signal?: AbortSignal;
}

/**
 * The values of the nodes in `wanted`.
 * @param read returns the graph's tensors by canonical key
 */
export async function forward(
  graph: Graph,
  read: ReadTensor,
  input: Tensor,
  wanted: readonly string[],
  { onProgress, signal }: ForwardOptions = {},
): Promise<Map<string, Tensor>> {
  const lastUse = new Map(graph.nodes.flatMap(({ inputs }, i) => inputs.map((name) => [name, i] as const)));
  const values = new Map<string, Tensor>();
  let macs = 0;
  let rested = performance.now();
  for (const [i, node] of graph.nodes.entries()) {
    throwIfAborted(signal);
    const inputs = node.inputs.map((name) => values.get(name) ?? { data: new Float32Array(), shape: [] });
    values.set(node.name, node.op === 'input' ? input : compute(node, inputs, await weightsOf(node, read)));
    for (const name of node.inputs) if (lastUse.get(name) === i && !wanted.includes(name)) values.delete(name);
    macs += node.macs;
    if (node.macs > 0) {
      onProgress?.(macs);
      if (performance.now() - rested > MAX_BUSY_MS) {
        // Lets a page draw, and the abort signal fire.
        await new Promise((resolve) => setTimeout(resolve));
        rested = performance.now();
      }
    }
  }
  return new Map([...values].filter(([name]) => wanted.includes(name)));
}

async function weightsOf({ weights }: GraphNode, read: ReadTensor): Promise<ReferenceWeights> {
  const tensors: ReferenceWeights = {};
  for (const role of Object.keys(weights) as WeightRole[]) {
    const key = weights[role]?.key;
    if (key !== undefined) tensors[role] = await read(key);
  }
  return tensors;
}
