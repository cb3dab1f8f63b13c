/** ResNeSt's 3x3 convolution whose `radix` splits are weighted by attention over the pooled map: https://arxiv.org/abs/2004.08955 */
import { type ConvSetting, conv, type Net, norm, relu } from '../layers.ts';
import type { Place } from '../stage.ts';
import type { Middle } from './bottleneck.ts';

export interface SplitAttentionOptions {
  channels: number;
  radix: number;
  groups: number;
  /** Channels inside the attention. */
  inner: number;
  /** Where average pooling takes over the stride; `first` stands before the convolution. */
  averageDown: 'first' | 'last' | undefined;
  conv2?: (at: Place) => ConvSetting;
}

export function splitAttention({ channels, radix, groups, inner, averageDown, conv2 }: SplitAttentionOptions): Middle {
  return (net, x, at, stride) => {
    const { b } = net;
    const path = `${at.path}.conv2`;
    const pooled = averageDown && stride > 1;
    if (pooled && averageDown === 'first') x = average(net, x, at, stride);
    const layer = conv2?.(at) ?? net.conv;
    let y = conv(net, x, `${path}.conv`, channels * radix, 3, {
      stride: pooled ? 1 : stride,
      dilation: at.dilation,
      groups: groups * radix,
      layer,
    });
    y = relu(net, norm(net, y, `${path}.`, 0), `${path}.relu0`);
    const sum = radix > 1 ? b.add('radix_sum', `${path}.sum`, [y], { radix }) : y;
    let a = b.add('global_avg_pool', `${path}.gap`, [sum], {});
    a = conv(net, a, `${path}.fc1`, inner, 1, { groups, bias: true, layer: 'plain' });
    a = relu(net, norm(net, a, `${path}.`, 1), `${path}.relu1`);
    a = conv(net, a, `${path}.fc2`, channels * radix, 1, { groups, bias: true, layer: 'plain' });
    a = b.add('radix_softmax', `${path}.softmax`, [a], { radix, groups });
    const out = b.add('radix_apply', path, [y, a], { radix });
    return pooled && averageDown === 'last' ? average(net, out, at, stride) : out;
  };
}

function average(net: Net, x: string, at: Place, stride: number): string {
  return net.b.add('avg_pool2d', `${at.path}.avd_layer`, [x], {
    kernel: [3, 3],
    stride: [stride, stride],
    padding: [1, 1],
    ceilMode: false,
    countIncludePad: true,
  });
}
