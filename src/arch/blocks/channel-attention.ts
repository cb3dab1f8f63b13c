/**
 * Gates that scale each channel by a factor computed from the pooled map.
 * Squeeze-and-excitation: https://arxiv.org/abs/1709.01507 · efficient channel attention: https://arxiv.org/abs/1910.03151
 */
import { activate, conv, keyOf, type Net } from '../layers.ts';
import type { Insert } from './insert.ts';

/**
 * Returns the gate's inner width, given the channels of the map and of the block's input.
 * @param relu use ReLU whatever the network's activation is
 */
export function squeezeExcite(squeeze: (channels: number) => number, { relu = false } = {}): Insert {
  return (given, x, { path }) => {
    const net = relu ? { ...given, activation: undefined } : given;
    return gate(net, x, `${path}.se_layer`, (pooled, se) => {
      const channels = net.b.channels(x);
      const s = conv(net, pooled, `${se}.conv1.conv`, squeeze(channels), 1, { bias: true, layer: 'plain' });
      return conv(net, activate(net, s, `${se}.relu`), `${se}.conv2.conv`, channels, 1, { bias: true, layer: 'plain' });
    });
  };
}

/** `width`: the number of channels before pruning. */
export const efficientChannelAttention =
  (width?: number): Insert =>
  (net, x, { path }) =>
    gate(net, x, `${path}.se_layer`, (pooled, se) => {
      const kernel = ecaKernel(width ?? net.b.channels(x));
      const weight = { key: keyOf(net, `${se}.conv`, 'weight'), shape: [1, 1, kernel] };
      return net.b.add('channel_conv1d', `${se}.conv`, [pooled], { kernel }, { weight });
    });

/** The odd number near |log2(channels) + 1| / 2, at least 3. */
export function ecaKernel(channels: number): number {
  const t = Math.trunc(Math.abs(Math.log2(channels) + 1) / 2);
  return Math.max(t % 2 ? t : t + 1, 3);
}

function gate(net: Net, x: string, path: string, excite: (pooled: string, path: string) => string): string {
  const { b } = net;
  const pooled = b.add('global_avg_pool', `${path}.gap`, [x], {});
  const scale = b.add('sigmoid', `${path}.sigmoid`, [excite(pooled, path)], {});
  return b.add('mul', `${path}.mul`, [x, scale], {});
}

/**
 * `value` rounded to a multiple of `divisor`, at least one. Rounds up instead if rounding down would lose more than a tenth.
 * timm's SE passes `limit` 0 to turn that off. mmpretrain, timm and torchvision have this function under the same name.
 */
export function makeDivisible(value: number, divisor: number, limit = 0.9, least = divisor): number {
  const rounded = Math.max(least, Math.floor(Math.trunc(value + divisor / 2) / divisor) * divisor);
  return rounded < limit * value ? rounded + divisor : rounded;
}
