/** Res2Net: https://arxiv.org/abs/1904.01169 */
import { LIMITS } from '../../util/limits.ts';
import type { Arguments } from '../arguments.ts';
import { bottleneck } from '../blocks/bottleneck.ts';
import { res2 } from '../blocks/res2.ts';
import type { Network } from '../network.ts';
import { bottleneckDepths } from '../settings.ts';
import { resnet } from './resnet.ts';

/** MMDetection's class takes style, deep_stem and avg_down, and overrides them. */
export const res2net =
  (mmdet: boolean) =>
  (a: Arguments): Network => {
    const scales = a.integer('scales', 4, { min: 2, max: LIMITS.parts });
    const baseWidth = a.integer('base_width', 26);
    if (mmdet) {
      a.boolean('deep_stem', true);
      a.boolean('avg_down', true);
    }
    return resnet(a, {
      mmdet,
      depths: bottleneckDepths,
      ...(mmdet ? { deepStem: true, avgDown: true, style: 'pytorch' } : { defaults: { deepStem: true, avgDown: true } }),
      block: ({ base, out, style, extras: { conv2, ...inserts } }) => {
        const width = Math.floor((out / 4) * (baseWidth / base));
        const middle = res2({ width, scales, isStage: (at) => at.first, poolUnstrided: !mmdet, conv2 });
        return bottleneck({ mid: width * scales, style, middle, ...inserts });
      },
    });
  };
