/** How the weights of graph nodes are packed (pack.ts). */
import { size } from '../../graph/shape.ts';
import type { ConvAttributes, GraphNode, WeightRole } from '../../graph/types.ts';
import type { FusedOp } from './fused.ts';
import type { ConvPack, NormFold } from './pack.ts';

export type NormNode = GraphNode<'batch_norm' | 'group_norm' | 'instance_norm' | 'layer_norm'>;
type ConvNode = GraphNode<'conv2d' | 'deform_conv2d'>;

/** The checkpoint's key of a required weight. */
export function keyOf({ name, weights }: GraphNode, role: WeightRole): string {
  const key = weights[role]?.key;
  if (key === undefined) throw new Error(`${name} has no ${role}`);
  return key;
}

/** A learned factor is a norm with a single weight. */
export function normFold(
  norm: GraphNode<'batch_norm' | 'group_norm' | 'instance_norm' | 'layer_norm' | 'evo_norm' | 'filter_response_norm' | 'scale'>,
): NormFold {
  const { weight, bias, running_mean: mean, running_var: variance } = norm.weights;
  return {
    channels: size(norm.shape, 1),
    weight: weight?.key,
    bias: bias?.key,
    mean: mean?.key,
    variance: variance?.key,
    eps: norm.op === 'scale' ? 0 : norm.attributes.eps,
  };
}

export function convPack(
  op: Pick<FusedOp, 'norm'>,
  node: ConvNode,
  inChannels: number,
  inSlices: readonly number[],
  outSlices: readonly number[],
): ConvPack {
  const { bias, gamma, beta, diff } = node.weights;
  const { outChannels, kernel, groups, standardize } = node.attributes;
  return {
    kind: 'conv',
    weight: keyOf(node, 'weight'),
    bias: bias?.key,
    outChannels,
    inChannels,
    kernel,
    groups,
    inSlices,
    outSlices,
    norm: op.norm && normFold(op.norm),
    standardize: standardize && { ...standardize, gamma: gamma?.key, beta: beta?.key },
    difference: diff?.key,
  };
}

/** A linear layer as a 1x1 convolution. */
export function asPointwise(node: GraphNode<'linear'>): GraphNode<'conv2d'> {
  const { outFeatures, bias } = node.attributes;
  const attributes: ConvAttributes = {
    outChannels: outFeatures,
    kernel: [1, 1],
    stride: [1, 1],
    padding: [0, 0, 0, 0],
    dilation: [1, 1],
    groups: 1,
    bias,
  };
  return { ...node, op: 'conv2d', attributes } as GraphNode<'conv2d'>;
}
