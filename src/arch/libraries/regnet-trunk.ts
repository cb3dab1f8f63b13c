import { roundHalfEven } from '../../util/round.ts';
import { bottleneck } from '../blocks/bottleneck.ts';
import { squeezeExcite } from '../blocks/channel-attention.ts';
import { preactBottleneck } from '../blocks/preact.ts';
import { conv } from '../layers.ts';
import type { Network } from '../network.ts';
import type { Block, Shortcut } from '../place.ts';
import type { RegNetStage } from '../regnet-widths.ts';
import { projection } from '../shortcut.ts';
import type { Stage } from '../stage.ts';
import { stem } from '../stem.ts';

export interface RegNetOptions {
  /** Norm and activation before each convolution instead of after it. */
  preact?: boolean;
  /** No activation at the end of a block. */
  linear?: boolean;
  shortcut?: Shortcut;
}

/** Stem and stages of a RegNet as in torchvision and timm, with squeeze-and-excitation after conv2. Its size depends on the block's input. */
export function regnetTrunk(
  shapes: RegNetStage[],
  stemWidth: number,
  seRatio: number,
  { preact = false, linear, shortcut = projection() }: RegNetOptions = {},
): Pick<Network, 'stem' | 'stages' | 'structure'> {
  const stages = shapes.map(({ width, blocks, mid, groups }): Stage => {
    const block: Block = (net, x, at) => {
      const squeeze = roundHalfEven(seRatio * net.b.channels(x));
      const after2 = seRatio ? squeezeExcite(() => squeeze) : undefined;
      return (preact ? preactBottleneck : bottleneck)({ mid, groups, after2, linear })(net, x, at);
    };
    return { blocks, stride: 2, dilation: 1, out: width, block, shortcut };
  });
  return {
    stem: preact
      ? (net, input) => conv(net, input, 'conv1', stemWidth, 3, { stride: 2 })
      : stem({ widths: [stemWidth], kernel: 3, stride: 2, pool: 'none' }),
    stages,
    structure: { trunk: 'regnet', avgDown: false },
  };
}
