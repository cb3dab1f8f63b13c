/** The lowerings that only some networks need, in a file that is fetched for them (index.ts). */
import { planConcats, planSlices } from '../concat.ts';
import { gateFinder } from '../gates.ts';
import { lowerAttentionMask, lowerBroadcastAdd, lowerPositionEnergy } from './attention.ts';
import { lowerChannelConv1d, lowerChannelPool, lowerGroupNorm, lowerLayerNorm, lowerMultiply, lowerNormAct } from './channels.ts';
import { commonOps } from './common.ts';
import { lowerCurve } from './curve.ts';
import { lowerBlend, lowerDeformConv } from './deform.ts';
import { lowerMatmul, lowerReshape, lowerSoftmax } from './dense.ts';
import { lowerMul, lowerRadixApply } from './gate.ts';
import type { Lowerings, OpSet } from './ops.ts';
import { lowerActivation } from './pointwise.ts';
import { lowerRadixSoftmax, lowerRadixSum } from './radix.ts';
import { lowerBilinear, lowerBlurPool, lowerConcatBatch, lowerGem, lowerReflectPad, lowerZeroPad } from './resample.ts';
import { lowerConcat, lowerSlice } from './shape.ts';

const lowerings: Lowerings = {
  ...commonOps.lowerings,
  deform_conv2d: lowerDeformConv,
  group_norm: (ctx, op, node) => lowerGroupNorm(ctx, op, node, node.attributes.groups),
  instance_norm: (ctx, op, node) => lowerGroupNorm(ctx, op, node, node.shape[1] ?? 1),
  layer_norm: lowerLayerNorm,
  leaky_relu: lowerCurve,
  prelu: lowerCurve,
  elu: lowerCurve,
  gelu: lowerCurve,
  tanh: lowerCurve,
  evo_norm: lowerNormAct,
  filter_response_norm: lowerNormAct,
  hard_sigmoid: lowerActivation,
  hard_swish: lowerActivation,
  mul_broadcast: lowerMultiply,
  channel_pool: lowerChannelPool,
  gelu_tanh: lowerCurve,
  quick_gelu: lowerCurve,
  relu6: lowerCurve,
  mish: lowerCurve,
  add_broadcast: lowerBroadcastAdd,
  mul: lowerMul,
  blend: lowerBlend,
  gem: lowerGem,
  slice: lowerSlice,
  concat: lowerConcat,
  concat_batch: lowerConcatBatch,
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

/** Of every operation. */
export const allOps: OpSet = {
  lowerings,
  findGates: gateFinder,
  arrange(ctx, ops, wanted) {
    planSlices(ctx, ops);
    planConcats(ctx, ops, wanted);
  },
};
