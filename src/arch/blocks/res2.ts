/**
 * Res2Net's hierarchy of 3x3 convolutions over slices of the channels: https://arxiv.org/abs/1904.01169
 * In a normal block each slice also gets the result of the slice before it. In a stage's first block (`stage`) slices are independent.
 */
import { activate, type ConvSetting, conv, normAt } from '../layers.ts';
import type { Place } from '../place.ts';
import type { Middle } from './bottleneck.ts';

export interface Res2Options {
  /** Channels of a slice. */
  width: number;
  scales: number;
  groups?: number;
  /** Which blocks are `stage` blocks. */
  isStage: (at: Place) => boolean;
  /** mmdet leaves the last slice of a stage block unpooled where the stride is 1. */
  poolUnstrided: boolean;
  conv2?: (at: Place) => ConvSetting | 'plain';
}

export function res2({ width, scales, groups = 1, isStage, poolUnstrided, conv2 }: Res2Options): Middle {
  return (net, x, at, stride) => {
    const { b } = net;
    const { path, dilation } = at;
    const stage = isStage(at);
    const slice = (i: number) => b.add('slice', `${path}.split.${i}`, [x], { start: i * width, length: width });
    const outputs: string[] = [];
    for (let i = 0; i < Math.max(1, scales - 1); i++) {
      const before = stage ? undefined : outputs.at(-1);
      const y = before === undefined ? slice(i) : b.add('add', `${path}.add.${i}`, [before, slice(i)], {});
      const z = conv(net, y, `${path}.convs.${i}`, width, 3, { stride, dilation, groups, layer: conv2?.(at) ?? net.conv });
      outputs.push(activate(net, normAt(net, z, `${path}.bns.${i}`), `${path}.relus.${i}`));
    }
    if (scales > 1) {
      const last = slice(scales - 1);
      const pooled = stage && (stride !== 1 || poolUnstrided);
      outputs.push(
        pooled
          ? b.add('avg_pool2d', `${path}.pool`, [last], {
              kernel: [3, 3],
              stride: [stride, stride],
              padding: [1, 1],
              ceilMode: false,
              countIncludePad: true,
            })
          : last,
      );
    }
    return b.add('concat', `${path}.concat`, outputs, {});
  };
}
