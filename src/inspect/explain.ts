/** Class activation maps (Zhou et al. 2016) for networks that end in global average pooling and linear layers, possibly with norms. */

import type { Explanation, Tensor } from '../api/types.ts';
import { classActivationMap } from '../classify/cam.ts';
import { arrayInput } from '../gpu/input-writer.ts';
import type { Graph, GraphNode } from '../graph/types.ts';
import { foldNorm, type ReadTensor } from '../kernels/lib/pack.ts';
import { normFold } from '../kernels/lib/pack-recipes.ts';
import { outputsTail, type Session } from '../model/session.ts';
import { ResnetError } from '../util/errors.ts';
import { linearRow } from './head-weights.ts';

/**
 * @param classIndex default: the class with the largest logit
 * @param both whether one logit answers for two classes. Class 0 is what speaks against it, class 1 what speaks for it
 */
export async function explain(session: Session, input: Tensor, classIndex?: number, both = false): Promise<Explanation> {
  const { chain, map, logits, ...head } = findHead(session.graph(input.shape));
  const classes = both ? 2 : head.classes;
  if (classIndex !== undefined && !(Number.isInteger(classIndex) && classIndex >= 0 && classIndex < classes)) {
    throw new ResnetError('usage', `there is no class ${classIndex}.`, {
      layer: 'classIndex',
      hint: `Pass an index from 0 to ${classes - 1}.`,
    });
  }
  const outputs = [map.name, logits];
  const [features = new Float32Array(), scores = new Float32Array()] = await session.run({
    shape: input.shape,
    outputs,
    input: arrayInput(input.data),
    tail: outputsTail,
  });
  if (both) {
    const index = classIndex ?? Number((scores[0] ?? 0) > 0);
    const weights = await classWeights(session, input.shape, outputs, chain, 0);
    const row = index === 1 ? weights : weights.map((weight) => -weight);
    return classActivationMap({ data: features, shape: [...map.shape] }, row, index);
  }
  const index = classIndex ?? scores.indexOf(scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY));
  const weights = await classWeights(session, input.shape, outputs, chain, index);
  return classActivationMap({ data: features, shape: [...map.shape] }, weights, index);
}

/**
 * The weight of each channel's mean for a class. For one linear layer it is read from the GPU: the file may have changed by now, and
 * reading it again would be a second download. For several layers the class's row is propagated back through them.
 */
async function classWeights(
  session: Session,
  shape: readonly number[],
  outputs: readonly string[],
  chain: readonly LinearNode[],
  index: number,
): Promise<Float32Array> {
  const [last] = chain;
  const row = chain.length === 1 && (await linearRow(session, shape, outputs, last?.weights.weight?.key ?? '', index));
  return row || linearWeights(chain, index, await session.reopenTensors());
}

type LinearNode = GraphNode<'linear'> | GraphNode<'batch_norm'>;

/** Shifts do not depend on the image, so they are ignored. @param chain from the last linear layer back */
export async function linearWeights(chain: readonly LinearNode[], index: number, read: ReadTensor): Promise<Float32Array> {
  let row = Float64Array.from({ length: chain.find(({ op }) => op === 'linear')?.shape[1] ?? 0 }, (_, o) => (o === index ? 1 : 0));
  for (const node of chain) {
    if (node.op === 'linear') {
      const weight = await read(node.weights.weight?.key ?? '');
      const columns = weight.length / row.length;
      const next = new Float64Array(columns);
      row.forEach((value, o) => {
        for (let i = 0; value !== 0 && i < columns; i++) next[i] = (next[i] ?? 0) + value * (weight[o * columns + i] ?? 0);
      });
      row = next;
    } else {
      const { scale } = await foldNorm(normFold(node), read);
      row = row.map((value, c) => value * (scale[c] ?? 1));
    }
  }
  return Float32Array.from(row);
}

export interface LinearHead {
  /** From the last layer back to the pooling. */
  chain: LinearNode[];
  /** The map whose mean the first layer reads. */
  map: GraphNode;
  logits: string;
  classes: number;
}

/** Score functions at the end keep the order of the classes. */
const SCORES = ['softmax', 'sigmoid'];

/** @throws ResnetError `usage` that names what is between the pooling and the logits and prevents a map */
export function findHead({ nodes, outputs }: Graph): LinearHead {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const before = (node: GraphNode | undefined) => byName.get(node?.inputs[0] ?? '');
  const logits = outputs.find(({ kind }) => kind === 'logits')?.node ?? '';
  let node = byName.get(logits);
  if (node && SCORES.includes(node.op)) node = before(node);
  const chain: LinearNode[] = [];
  while (node?.op === 'linear' || node?.op === 'batch_norm') {
    chain.push(node);
    node = before(node);
  }
  const map = before(node);
  const classes = chain.find((layer) => layer.op === 'linear')?.shape[1];
  if (node?.op === 'global_avg_pool' && map && classes !== undefined) return { chain, map, logits, classes };
  const why = logits === '' ? 'there is no head' : `${node?.name} (${node?.op}) is neither`;
  throw new ResnetError('usage', `a class activation map needs average pooling and a linear head after it, but ${why}.`, {
    layer: 'explain',
    hint: 'Load the network with GlobalAveragePooling and LinearClsHead, or use run() and embed().',
  });
}
