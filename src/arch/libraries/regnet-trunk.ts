import { roundHalfEven } from '../../round.ts';
import { bottleneck } from '../blocks/bottleneck.ts';
import { squeezeExcite } from '../blocks/channel-attention.ts';
import type { Network } from '../network.ts';
import type { RegNetStage } from '../regnet.ts';
import { projection } from '../shortcut.ts';
import type { Block, Stage } from '../stage.ts';
import { stem } from '../stem.ts';

/** Stem and stages of a RegNet as torchvision and timm have it: with squeeze-and-excitation behind conv2, sized by the block's input. */
export function regnetTrunk(shapes: RegNetStage[], stemWidth: number, seRatio: number): Pick<Network, 'stem' | 'stages' | 'structure'> {
  const stages = shapes.map(({ width, blocks, mid, groups }): Stage => {
    const block: Block = (net, x, at) => {
      const squeeze = roundHalfEven(seRatio * net.b.channels(x));
      return bottleneck({ mid, groups, after2: seRatio ? squeezeExcite(() => squeeze) : undefined })(net, x, at);
    };
    return { blocks, stride: 2, dilation: 1, out: width, block, shortcut: projection() };
  });
  return {
    stem: stem({ widths: [stemWidth], kernel: 3, stride: 2, pool: 'none' }),
    stages,
    structure: { trunk: 'regnet', avgDown: false },
  };
}
