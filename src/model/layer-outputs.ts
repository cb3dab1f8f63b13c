/** `run(input, { layers })`: the outputs of layers by name. Fetched when requested. */

import type { Tensor } from '../api/types.ts';
import type { Graph, GraphNode } from '../graph/types.ts';
import { compute } from '../inspect/compute.ts';
import { ResnetError } from '../util/errors.ts';
import { show } from '../util/show.ts';
import { distance } from '../util/spelling.ts';
import type { Session } from './session.ts';

export interface NamedLayers {
  /** What a run must return in addition to its outputs. */
  nodes: string[];
  /** @param tensors values of the run's nodes, including outputs */
  values(nodes: readonly string[], tensors: readonly Tensor[]): Promise<Record<string, Tensor>>;
}

/**
 * Most values exist when the step that computes them keeps its output. Values inside a step (a convolution's sum before the norm that is folded
 * into its weights) do not exist on the GPU, and would need other weights. These are computed here, from the layer's input.
 * @param outputs nodes that the run returns anyway
 * @throws ResnetError `usage` for a name that no layer has
 */
export function namedLayers(session: Session, graph: Graph, names: unknown, outputs: readonly string[]): NamedLayers {
  if (!Array.isArray(names)) {
    throw new ResnetError('usage', `layers is ${show(names)}.`, { layer: 'layers', hint: "Pass a list of names, such as ['layer3.0']." });
  }
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  const wanted = new Map(names.map((name) => [name, findLayer(graph, name)]));
  const asked = new Set<string>();
  const computed = new Set<GraphNode>();
  const ask = (node: GraphNode | undefined) => {
    if (!node || asked.has(node.name) || computed.has(node) || outputs.includes(node.name)) return;
    if (hasWeights(session, graph, [...outputs, ...asked, node.name])) asked.add(node.name);
    else {
      computed.add(node);
      for (const name of node.inputs) ask(byName.get(name));
    }
  };
  for (const node of wanted.values()) ask(node);
  return {
    nodes: [...asked],
    async values(nodes, tensors) {
      const known = new Map(nodes.flatMap((node, i) => (tensors[i] ? [[node, tensors[i]] as const] : [])));
      if (computed.size > 0) {
        const read = await session.reopenTensors();
        for (const node of graph.nodes) {
          if (!computed.has(node)) continue;
          const weights: Record<string, Float32Array> = {};
          for (const [role, { key }] of Object.entries(node.weights)) weights[role] = await read(key);
          known.set(
            node.name,
            compute(
              node,
              node.inputs.flatMap((name) => known.get(name) ?? []),
              weights,
            ),
          );
        }
      }
      return Object.fromEntries(
        [...wanted].map(([name, { name: node, shape }]) => [name, known.get(node) ?? { data: new Float32Array(), shape }]),
      );
    },
  };
}

/** Whether the GPU has all weights that a plan with these outputs needs. */
function hasWeights(session: Session, graph: Graph, outputs: readonly string[]): boolean {
  return session.plan(graph, outputs).weights.every(({ key }) => isThere(session, key));
}

function isThere({ weights }: Session, key: string): boolean {
  try {
    return weights.get(key) !== undefined;
  } catch {
    return false;
  }
}

/** By its full name, by the name of a block or stage (its last value), or by an ending that only one layer has (`fc` for `head.fc`). */
function findLayer({ nodes }: Graph, name: unknown): GraphNode {
  const found =
    nodes.find((node) => node.name === name) ?? nodes.findLast((node) => node.name.startsWith(`${name}.`)) ?? onlyEnding(nodes, `.${name}`);
  if (found) return found;
  const near = nodes
    .map((node) => node.name)
    .sort((a, b) => distance(a, String(name)) - distance(b, String(name)))
    .slice(0, 3);
  throw new ResnetError('usage', `The network has no layer ${show(name)}.`, {
    layer: 'layers',
    hint: `Did you mean ${near.join(', ')}? model.graph() lists all.`,
  });
}

function onlyEnding(nodes: readonly GraphNode[], end: string): GraphNode | undefined {
  const [first, ...more] = nodes.filter(({ name }) => name.endsWith(end));
  return more.length === 0 ? first : undefined;
}
