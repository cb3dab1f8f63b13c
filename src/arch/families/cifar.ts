/** The 6n+2 layer networks for 32x32 images of "Deep Residual Learning", section 4.2. */
import { LIMITS } from '../../util/limits.ts';
import type { Arguments } from '../arguments.ts';
import { basic } from '../blocks/basic.ts';
import { batchNorm } from '../layers.ts';
import type { Network } from '../network.ts';
import { projection, shortcutA } from '../shortcut.ts';
import { stem } from '../stem.ts';

/** `shortcut`: A pads with zeros and has no weights, B projects. */
export function cifarResnet(a: Arguments): Network {
  const depth = a.integer('depth', undefined, { min: 8, max: 6 * LIMITS.blocks + 2 });
  if (depth % 6 !== 2) a.fail('depth', `is ${depth}.`, 'It must be 6n + 2: 20, 32, 44, 56, 110, …');
  const shortcut = a.choice('shortcut', ['A', 'B'], 'A') === 'A' ? shortcutA : projection();
  const stages = [16, 32, 64].map((out, stage) => ({
    blocks: (depth - 2) / 6,
    stride: stage ? 2 : 1,
    dilation: 1,
    out,
    block: basic(),
    shortcut,
  }));
  return {
    inChannels: a.integer('in_channels', 3),
    conv: undefined,
    norm: batchNorm,
    stem: stem({ widths: [16], kernel: 3, stride: 1, pool: 'none' }),
    stages,
    outIndices: [0, 1, 2],
    structure: { trunk: 'resnet', avgDown: false },
    zeroInitResidual: false,
  };
}
