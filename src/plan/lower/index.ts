/** Which lowering each operation has. */
import type { GraphNode, OpName } from '../../graph/types.ts';
import type { FusedOp } from '../fuse.ts';
import { lowerAttentionMask, lowerBroadcastAdd, lowerPositionEnergy } from './attention.ts';
import type { LowerContext } from './context.ts';
import { lowerConv, lowerDeformConv, lowerLinear } from './conv.ts';
import { lowerMatmul, lowerReshape, lowerSoftmax } from './dense.ts';
import {
  lowerActivation,
  lowerAdd,
  lowerBatchNorm,
  lowerBlend,
  lowerChannelConv1d,
  lowerGroupNorm,
  lowerLayerNorm,
  lowerMul,
} from './pointwise.ts';
import { lowerConcat, lowerSlice } from './shape.ts';
import {
  lowerBilinear,
  lowerBlurPool,
  lowerConcatBatch,
  lowerGem,
  lowerGlobalPool,
  lowerPool,
  lowerRadixApply,
  lowerRadixSoftmax,
  lowerRadixSum,
  lowerReflectPad,
  lowerShortcutA,
  lowerZeroPad,
} from './spatial.ts';

type Lower<Op extends OpName> = (ctx: LowerContext, op: FusedOp, node: GraphNode<Op>, isOutput: boolean) => void;

/** Inputs are the plan's. */
type LoweredOp = Exclude<OpName, 'input'>;

const LOWERINGS: { [Op in LoweredOp]: Lower<Op> } = {
  conv2d: lowerConv,
  deform_conv2d: lowerDeformConv,
  linear: lowerLinear,
  batch_norm: lowerBatchNorm,
  group_norm: (ctx, op, node) => lowerGroupNorm(ctx, op, node, node.attributes.groups),
  instance_norm: (ctx, op, node) => lowerGroupNorm(ctx, op, node, node.shape[1] ?? 1),
  layer_norm: lowerLayerNorm,
  relu: lowerActivation,
  sigmoid: lowerActivation,
  silu: lowerActivation,
  add: lowerAdd,
  add_broadcast: lowerBroadcastAdd,
  mul: lowerMul,
  blend: lowerBlend,
  scale: lowerBatchNorm,
  max_pool2d: lowerPool,
  avg_pool2d: lowerPool,
  global_avg_pool: lowerGlobalPool,
  gem: lowerGem,
  slice: lowerSlice,
  concat: lowerConcat,
  concat_batch: lowerConcatBatch,
  shortcut_a: lowerShortcutA,
  radix_sum: lowerRadixSum,
  radix_softmax: lowerRadixSoftmax,
  radix_apply: lowerRadixApply,
  channel_conv1d: lowerChannelConv1d,
  blur_pool: lowerBlurPool,
  reflect_pad: lowerReflectPad,
  zero_pad: lowerZeroPad,
  bilinear: lowerBilinear,
  softmax: lowerSoftmax,
  matmul: lowerMatmul,
  reshape: lowerReshape,
  position_energy: lowerPositionEnergy,
  attention_mask: lowerAttentionMask,
};

export function lowerOp(ctx: LowerContext, op: FusedOp, isOutput: boolean): void {
  const lower = LOWERINGS[op.node.op as LoweredOp] as Lower<OpName>;
  lower(ctx, op, op.node, isOutput);
}
