/** The reference of every operation of the graph. */

import type { Tensor } from '../api/types.ts';
import type { GraphNode, OpName } from '../graph/types.ts';
import { attentionMask, positionEnergy } from './attention/reference.ts';
import { blend } from './blend/reference.ts';
import { channelConv1d } from './channel-conv1d/reference.ts';
import { conv2d } from './conv/reference.ts';
import { curves, prelu } from './curve/reference.ts';
import { deformConv2d } from './deform-conv/reference.ts';
import { add, addBroadcast, batchNorm, relu, scale } from './elementwise/reference.ts';
import { mul, radixApply, radixSoftmax, radixSum } from './gate/reference.ts';
import { generalizedMean } from './gem/reference.ts';
import { globalAveragePool } from './global-pool/reference.ts';
import { shortcutA } from './layout/reference.ts';
import { input, type Reference, type ReferenceWeights } from './lib/reference-common.ts';
import { linear } from './linear/reference.ts';
import { matmul } from './matmul/reference.ts';
import { evoNorm, filterResponseNorm, groupNorm, instanceNorm, layerNorm } from './norm/reference.ts';
import { averagePool, maxPool } from './pool/reference.ts';
import { bilinear, blurPool, reflectPad, zeroPad } from './resample/reference.ts';
import { concat, concatBatch, reshape, slice } from './shape/reference.ts';
import { softmax } from './softmax/reference.ts';
import { channelPool, mulBroadcast } from './spatial-attention/reference.ts';

export const references: { [Op in OpName]: Reference<Op> } = {
  input: (_, inputs) => input(inputs),
  conv2d,
  deform_conv2d: deformConv2d,
  linear,
  batch_norm: batchNorm,
  group_norm: groupNorm,
  instance_norm: instanceNorm,
  layer_norm: layerNorm,
  evo_norm: evoNorm,
  filter_response_norm: filterResponseNorm,
  mul_broadcast: mulBroadcast,
  channel_pool: channelPool,
  relu,
  prelu,
  ...curves,
  add,
  add_broadcast: addBroadcast,
  mul,
  blend,
  scale,
  max_pool2d: maxPool,
  avg_pool2d: averagePool,
  global_avg_pool: globalAveragePool,
  gem: generalizedMean,
  slice,
  concat,
  concat_batch: concatBatch,
  shortcut_a: shortcutA,
  radix_sum: radixSum,
  radix_softmax: radixSoftmax,
  radix_apply: radixApply,
  channel_conv1d: channelConv1d,
  blur_pool: blurPool,
  reflect_pad: reflectPad,
  zero_pad: zeroPad,
  bilinear,
  softmax,
  matmul,
  reshape,
  position_energy: positionEnergy,
  attention_mask: attentionMask,
};

/** Computes a node's operation. Inputs are in the order of the node's, weights by role. */
export function computeNode(node: GraphNode, inputs: Tensor[], weights: ReferenceWeights): Tensor {
  const compute = references[node.op] as Reference<OpName>;
  return compute(node.attributes, inputs, weights);
}
