/** Runs a graph in plain JavaScript, node by node, with the kernels' references. This tests graphs, names and binding without a GPU. */

import type { Tensor } from '../../src/api/types.ts';
import type { BoundCheckpoint } from '../../src/checkpoint/bind.ts';
import type { Graph, WeightRole } from '../../src/graph/types.ts';
import type { ReferenceWeights } from '../../src/kernels/lib/reference-common.ts';
import { computeNode } from '../../src/kernels/references.ts';

/** The value of every node, by name. `compute` computes one node; default: the references. */
export async function runGraph(
  graph: Graph,
  weights: Pick<BoundCheckpoint, 'get'>,
  input: Tensor,
  compute: typeof computeNode = computeNode,
): Promise<Map<string, Tensor>> {
  const values = new Map<string, Tensor>();
  for (const node of graph.nodes) {
    if (node.op === 'input') {
      values.set(node.name, input);
      continue;
    }
    const tensors: ReferenceWeights = {};
    for (const role of Object.keys(node.weights) as WeightRole[]) {
      const key = node.weights[role]?.key;
      if (key !== undefined) tensors[role] = (await weights.get(key).read()).data;
    }
    const inputs = node.inputs.map((name) => {
      const value = values.get(name);
      if (!value) throw new Error(`${node.name} runs before ${name}`);
      return value;
    });
    const output = compute(node, inputs, tensors);
    if (output.shape.join() !== node.shape.join()) throw new Error(`${node.name} is [${output.shape}], inferred [${node.shape}]`);
    values.set(node.name, output);
  }
  return values;
}
