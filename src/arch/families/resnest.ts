/** ResNeSt: split attention in place of the 3x3 convolution, on the ResNet-D frame. https://arxiv.org/abs/2004.08955 */
import { LIMITS } from '../../util/limits.ts';
import type { Arguments } from '../arguments.ts';
import { bottleneck } from '../blocks/bottleneck.ts';
import { averagedDown, splitAttention } from '../blocks/split-attention.ts';
import type { Network } from '../network.ts';
import { bottleneckDepths, resnestDepths } from '../settings.ts';
import { resnet } from './resnet.ts';
import { groupedWidth, readCardinality } from './resnext.ts';

export const resnest =
  (mmdet: boolean) =>
  (a: Arguments): Network => {
    const cardinality = readCardinality(a, mmdet, 1);
    const { groups } = cardinality;
    const radix = a.integer('radix', 2, { max: LIMITS.parts });
    const reduction = a.integer('reduction_factor', 4);
    const averageDown = a.boolean('avg_down_stride', true) ? 'last' : undefined;
    return resnet(a, {
      mmdet,
      depths: mmdet ? { ...bottleneckDepths, 200: resnestDepths[200] ?? [] } : resnestDepths,
      deepStem: true,
      avgDown: true,
      block: (s) => {
        const { conv2, ...inserts } = s.extras;
        const mid = groupedWidth(cardinality, s, mmdet);
        const inner = Math.max(Math.floor((mid * radix) / reduction), 32);
        const middle = averagedDown(averageDown, splitAttention({ channels: mid, radix, groups, inner, conv2 }));
        return bottleneck({ mid, style: s.style, middle, ...inserts });
      },
    });
  };
