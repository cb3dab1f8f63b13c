/** A network's tensors by canonical key, with batch norms folded into the weights. */

import type { Tensor } from '../api/types.ts';
import type { BoundCheckpoint } from '../checkpoint/bind.ts';
import type { FoldedNorm } from '../checkpoint/manifest.ts';
import { storedKey } from '../checkpoint/naming.ts';
import type { Graph, GraphNode, ParameterSpec, WeightRole } from '../graph/types.ts';
import { foldConv, foldedWeights } from '../kernels/lib/pack.ts';
import { normFold } from '../kernels/lib/pack-recipes.ts';

export interface FoldedTensor extends Tensor {
  name: string;
  /** Weights of a convolution or linear layer, [out, …]. Only these are stored in a narrower type. */
  isMatrix: boolean;
}

type Layer = GraphNode<'conv2d' | 'deform_conv2d' | 'linear'>;
type Norm = GraphNode<'batch_norm'>;

export interface Folding {
  /** Folded norms, by the weight key of the layer that takes them in. */
  byLayer: Map<string, Norm>;
  /** What the manifest says about them. */
  norms: Record<string, FoldedNorm>;
  /** Layer paths of norms that were not folded. */
  kept: string[];
}

/**
 * Which batch norms the layer before can take in. Nothing else may read that layer. The norm must have a scale and a shift.
 * The weights must not be standardised at load.
 */
export function planFolding(graph: Graph): Folding {
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  const readers = new Map<string, number>();
  for (const { inputs } of graph.nodes) for (const name of inputs) readers.set(name, (readers.get(name) ?? 0) + 1);
  for (const { node } of graph.outputs) readers.set(node, (readers.get(node) ?? 0) + 1);
  const byLayer = new Map<string, Norm>();
  for (const norm of graph.nodes) {
    const layer = byName.get(norm.inputs[0] ?? '');
    if (norm.op !== 'batch_norm' || !layer || !isLayer(layer) || readers.get(layer.name) !== 1) continue;
    const plain = layer.op === 'linear' || (!layer.attributes.standardize && !layer.weights.diff);
    if (plain && norm.attributes.affine && !layer.weights.weight?.source) byLayer.set(layer.weights.weight?.key ?? '', norm);
  }
  // Layers may share tensors (TridentNet's branches). Then all of them must end in the same norm.
  for (const node of graph.nodes) {
    const key = node.weights.weight?.key ?? '';
    const norm = byLayer.get(key);
    const next = graph.nodes.find(({ inputs }) => inputs[0] === node.name);
    if (norm && isLayer(node) && next?.weights.weight?.key !== norm.weights.weight?.key) byLayer.delete(key);
  }
  const norms: Folding['norms'] = {};
  for (const node of graph.nodes) {
    if (!isLayer(node)) continue;
    const norm = byLayer.get(node.weights.weight?.key ?? '');
    if (!norm) continue;
    const own = node.weights.bias !== undefined;
    norms[pathOf(norm.weights.weight)] = { channels: norm.shape[1] ?? 0, ...(!own && { shift: shiftKey(node) }) };
  }
  const all = graph.nodes.flatMap(({ op, weights }) => (op === 'batch_norm' ? [pathOf(weights.running_mean)] : []));
  return { byLayer, norms, kept: [...new Set(all)].filter((path) => !(path in norms)) };
}

/** Every tensor of a converted model, in the order of the layers, one at a time. */
export async function* foldedTensors(
  graph: Graph,
  bound: BoundCheckpoint,
  whole: (key: string) => Promise<Tensor>,
  folding: Folding,
): AsyncGenerator<FoldedTensor> {
  const done = new Set<string>();
  const folded = new Set([...folding.byLayer.values()].map((norm) => pathOf(norm.weights.weight)));
  const read = async (key: string) => (await bound.get(key).read()).data;
  for (const node of graph.nodes) {
    const norm = folding.byLayer.get(node.weights.weight?.key ?? '');
    if (norm && isLayer(node)) {
      const { weight, bias } = node.weights;
      if (!weight || done.has(weight.key)) continue;
      done.add(weight.key);
      const outChannels = norm.shape[1] ?? 0;
      const fold = await foldConv({ weight: weight.key, bias: bias?.key, outChannels, norm: normFold(norm) }, read);
      yield { name: weight.key, shape: [...weight.shape], data: foldedWeights(fold), isMatrix: true };
      yield { name: shiftKey(node), shape: [outChannels], data: Float32Array.from(fold.bias), isMatrix: false };
      continue;
    }
    for (const role of Object.keys(node.weights) as WeightRole[]) {
      const spec = node.weights[role];
      if (!spec || folded.has(pathOf(spec)) || done.has(storedKey(spec))) continue;
      const name = storedKey(spec);
      done.add(name);
      yield {
        ...(await whole(spec.key)),
        name,
        shape: [...(spec.source?.shape ?? spec.shape)],
        isMatrix: role === 'weight' && isLayer(node),
      };
    }
  }
}

function isLayer(node: GraphNode): node is Layer {
  return node.op === 'conv2d' || node.op === 'deform_conv2d' || node.op === 'linear';
}

function pathOf(spec: ParameterSpec | undefined): string {
  return (spec?.key ?? '').replace(/\.[^.]*$/, '');
}

function shiftKey({ weights }: Layer): string {
  return weights.bias?.key ?? `${pathOf(weights.weight)}.bias`;
}
