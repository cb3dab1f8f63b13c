/** ResNeSt's 3x3 convolution whose `radix` splits are weighted by attention over the pooled map: https://arxiv.org/abs/2004.08955 */
import { activate, type ConvSetting, conv, type Net, norm } from '../layers.ts';
import type { Place } from '../place.ts';
import type { Middle } from './bottleneck.ts';

export interface SplitAttentionOptions {
  channels: number;
  radix: number;
  groups: number;
  /** Channels inside the attention. */
  inner: number;
  conv2?: (at: Place) => ConvSetting | 'plain';
}

export function splitAttention({ channels, radix, groups, inner, conv2 }: SplitAttentionOptions): Middle {
  return (given, x, at, stride) => {
    // Every library uses ReLU here, whatever the blocks' activation is.
    const net = { ...given, activation: undefined };
    const { b } = net;
    const path = `${at.path}.conv2`;
    const layer = conv2?.(at) ?? net.conv;
    let y = conv(net, x, `${path}.conv`, channels * radix, 3, { stride, dilation: at.dilation, groups: groups * radix, layer });
    y = activate(net, norm(net, y, `${path}.`, 0), `${path}.relu0`);
    const sum = radix > 1 ? b.add('radix_sum', `${path}.sum`, [y], { radix }) : y;
    let a = b.add('global_avg_pool', `${path}.gap`, [sum], {});
    a = conv(net, a, `${path}.fc1`, inner, 1, { groups, bias: true, layer: 'plain' });
    a = activate(net, norm(net, a, `${path}.`, 1), `${path}.relu1`);
    a = conv(net, a, `${path}.fc2`, channels * radix, 1, { groups, bias: true, layer: 'plain' });
    a = b.add('radix_softmax', `${path}.softmax`, [a], { radix, groups });
    return b.add('radix_apply', path, [y, a], { radix });
  };
}

/** Lets average pooling take over the stride, before (`first`) or after the middle of a bottleneck. */
export function averagedDown(where: 'first' | 'last' | undefined, middle: Middle): Middle {
  return (net, x, at, stride) => {
    if (!where || stride === 1) return middle(net, x, at, stride);
    return where === 'first' ? middle(net, average(net, x, at, stride), at, 1) : average(net, middle(net, x, at, 1), at, stride);
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
