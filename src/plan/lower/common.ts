/** The lowerings of plain networks: ResNet, ResNeXt, RegNetX, those for CIFAR. */
import { lowerConv, lowerLinear } from './conv.ts';
import type { OpSet } from './ops.ts';
import { lowerActivation, lowerAdd, lowerBatchNorm } from './pointwise.ts';
import { lowerGlobalPool, lowerPool, lowerShortcutA } from './spatial.ts';

export const commonOps = {
  lowerings: {
    conv2d: lowerConv,
    linear: lowerLinear,
    batch_norm: lowerBatchNorm,
    relu: lowerActivation,
    sigmoid: lowerActivation,
    silu: lowerActivation,
    add: lowerAdd,
    scale: lowerBatchNorm,
    max_pool2d: lowerPool,
    avg_pool2d: lowerPool,
    global_avg_pool: lowerGlobalPool,
    shortcut_a: lowerShortcutA,
  },
} satisfies OpSet;
