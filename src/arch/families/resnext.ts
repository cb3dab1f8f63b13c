/** ResNeXt and the squeeze-and-excitation networks: https://arxiv.org/abs/1611.05431, https://arxiv.org/abs/1709.01507 */
import type { Arguments } from '../arguments.ts';
import { bottleneck } from '../blocks/bottleneck.ts';
import { makeDivisible, squeezeExcite } from '../blocks/channel-attention.ts';
import type { Network } from '../network.ts';
import { bottleneckDepths } from '../settings.ts';
import { resnet, type StageContext } from './resnet.ts';

export interface Cardinality {
  groups: number;
  width: number;
}

/** MMDetection calls width_per_group base_width, and has another default for groups. */
export function readCardinality(a: Arguments, mmdet: boolean, groups: number): Cardinality {
  return { groups: a.integer('groups', groups), width: a.integer(mmdet ? 'base_width' : 'width_per_group', 4) };
}

/** Channels of the grouped convolution; MMDetection rounds before it multiplies. */
export function groupedWidth({ groups, width }: Cardinality, { mid, base }: StageContext, mmdet: boolean): number {
  if (groups === 1) return mid;
  return mmdet ? Math.floor(mid * (width / base)) * groups : Math.floor((groups * width * mid) / base);
}

export const resnext =
  (mmdet: boolean) =>
  (a: Arguments): Network => {
    const cardinality = readCardinality(a, mmdet, mmdet ? 1 : 32);
    return resnet(a, {
      mmdet,
      depths: bottleneckDepths,
      block: (s) => bottleneck({ mid: groupedWidth(cardinality, s, mmdet), groups: cardinality.groups, style: s.style, ...s.extras }),
    });
  };

/** mmpretrain's SELayer. */
const squeeze = (ratio: number) => squeezeExcite((channels) => makeDivisible(Math.floor(channels / ratio), 8));

export function seresnet(a: Arguments): Network {
  const after3 = squeeze(a.integer('se_ratio', 16));
  return resnet(a, { depths: bottleneckDepths, block: ({ mid, style }) => bottleneck({ mid, style, after3 }) });
}

/** The reference accepts se_ratio but never uses it. */
export function seresnext(a: Arguments): Network {
  const cardinality = readCardinality(a, false, 32);
  a.integer('se_ratio', 16);
  const after3 = squeeze(16);
  return resnet(a, {
    depths: bottleneckDepths,
    block: (s) => bottleneck({ mid: groupedWidth(cardinality, s, false), groups: cardinality.groups, style: s.style, after3 }),
  });
}
