/** Walks a graph and makes a target write every operation that the wanted outputs need. */

import type { Graph, GraphNode } from '../graph/types.ts';
import type { Takes } from '../kernels/lib/epilogue.ts';
import type { ReadTensor } from '../kernels/lib/pack.ts';
import { fuseGraph } from '../plan/fuse.ts';
import { ResnetError } from '../util/errors.ts';
import { LOWERINGS, type Lowered } from './lower.ts';
import type { Target, Value } from './target.ts';

/** A stage's feature map, the image itself, the pooled vector, or the logits. */
export type ExportOutput = number | 'img' | 'pooled' | 'logits';

/** Merges what runtimes merge, too: a norm and a ReLU right after a convolution. Everything else is a separate operation. */
const RUNTIMES_FOLD: Takes = { norm: true, activation: ({ activation }) => activation === 'relu' };

export async function translate(
  graph: Graph,
  target: Target,
  read: ReadTensor,
  outputs: readonly ExportOutput[] | undefined,
): Promise<void> {
  const wanted = chooseOutputs(graph, outputs);
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const values = new Map<string, Value>();
  const takes = { conv2d: RUNTIMES_FOLD, linear: RUNTIMES_FOLD };
  for (const { node, norm, epilogue, nodes: path } of fuseGraph(graph, new Set(wanted.map((output) => output.node)), { takes })) {
    const joined = { norm, relu: epilogue.activation === 'relu' };
    for (const name of path) {
      const one = nodes.get(name);
      if (!one) continue;
      const skip = one !== node && (one === joined.norm || (one.op === 'relu' && joined.relu));
      const inputs = one.inputs.flatMap((input) => values.get(input) ?? []);
      const step = { target, read, inputs, norm: one === node ? joined.norm : undefined, relu: one === node && joined.relu };
      target.layer = name;
      values.set(name, skip && inputs[0] ? inputs[0] : await lowerNode(one, step));
    }
  }
  for (const { name, node } of wanted) {
    const value = values.get(node);
    target.layer = name;
    if (value) target.output(name, value);
  }
}

async function lowerNode(node: GraphNode, step: Lowered): Promise<Value> {
  if (node.op === 'input') return step.target.input(node.name, node.shape);
  const lower = LOWERINGS[node.op] as (node: GraphNode, x: Value, step: Lowered) => Value | Promise<Value>;
  const [x] = step.inputs;
  if (x) return lower(node, x, step);
  throw new Error(`${node.name} has no input`);
}

/** Default: the logits, or the last feature map of a bare backbone. */
function chooseOutputs(graph: Graph, asked: readonly ExportOutput[] | undefined): { name: string; node: string }[] {
  const known = new Map<ExportOutput, string>();
  for (const { kind, stage, node } of graph.outputs) known.set(kind === 'feature' ? (stage ?? 0) : kind, node);
  const stages = [...known.keys()].filter((key) => typeof key === 'number');
  const chosen: readonly ExportOutput[] = asked?.length ? asked : [known.has('logits') ? 'logits' : Math.max(...stages)];
  return [...new Set(chosen)].map((output) => {
    const node = known.get(output);
    if (node !== undefined) return { name: typeof output === 'number' ? `stage${output}` : output, node };
    throw new ResnetError('usage', `the graph has no output ${output}; it has ${[...known.keys()].join(', ')}.`, {
      layer: 'outputs',
      hint: 'Ask for one of these.',
    });
  });
}
