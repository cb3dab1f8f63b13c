/** Class activation maps (Zhou et al. 2016) for networks that end in global average pooling and one linear layer. */
import { classActivationMap } from '../classify/cam.ts';
import { ResnetError } from '../errors.ts';
import type { Graph, GraphNode } from '../graph/types.ts';
import type { Session } from '../session.ts';
import type { Explanation, Tensor } from '../types.ts';
import { linearRow } from './head-weights.ts';

/**
 * @param classIndex default: the class with the largest logit
 * @param both of one logit that answers for two classes: 0 is what speaks against it, 1 what speaks for it
 */
export async function explain(session: Session, input: Tensor, classIndex?: number, both = false): Promise<Explanation> {
  const { head, map, logits } = findHead(session.graph(input.shape));
  const classes = both ? 2 : head.attributes.outFeatures;
  if (classIndex !== undefined && !(Number.isInteger(classIndex) && classIndex >= 0 && classIndex < classes)) {
    throw new ResnetError('usage', `there is no class ${classIndex}.`, {
      layer: 'classIndex',
      hint: `Pass an index from 0 to ${classes - 1}.`,
    });
  }
  const outputs = [map.name, logits];
  const [features = new Float32Array(), scores = new Float32Array()] = await session.run(input.shape, outputs, ({ device }) => {
    return ({ buffer, byteOffset }) => device.queue.writeBuffer(buffer, byteOffset, input.data as Float32Array<ArrayBuffer>);
  });
  if (both) {
    const index = classIndex ?? Number((scores[0] ?? 0) > 0);
    const weights = await classWeights(session, input.shape, outputs, head, 0);
    const row = index === 1 ? weights : weights.map((weight) => -weight);
    return classActivationMap({ data: features, shape: [...map.shape] }, row, index);
  }
  const index = classIndex ?? scores.indexOf(scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY));
  const weights = await classWeights(session, input.shape, outputs, head, index);
  return classActivationMap({ data: features, shape: [...map.shape] }, weights, index);
}

/** What the GPU has of them: the file may be another one by now, and to read it again would be a second download. */
async function classWeights(
  session: Session,
  shape: readonly number[],
  outputs: readonly string[],
  { weights, attributes }: GraphNode<'linear'>,
  index: number,
): Promise<Float32Array> {
  const key = weights.weight?.key ?? '';
  const row = await linearRow(session, shape, outputs, key, index);
  if (row) return row;
  const read = await session.openTensors();
  const all = await read(key);
  const size = all.length / attributes.outFeatures;
  return all.slice(index * size, (index + 1) * size);
}

/** The linear layer and the map whose mean it reads. */
function findHead({ nodes, outputs }: Graph): { head: GraphNode<'linear'>; map: GraphNode; logits: string } {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const logits = outputs.find(({ kind }) => kind === 'logits')?.node ?? '';
  const head = byName.get(logits);
  const pool = byName.get(head?.inputs[0] ?? '');
  const map = byName.get(pool?.inputs[0] ?? '');
  if (head?.op !== 'linear' || pool?.op !== 'global_avg_pool' || !map) {
    throw new ResnetError('usage', 'class activation maps need a head of global average pooling and one linear layer.', {
      layer: 'explain',
      hint: 'Load the network with GlobalAveragePooling and LinearClsHead.',
    });
  }
  return { head, map, logits };
}
