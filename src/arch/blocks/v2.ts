/**
 * Blocks of ResNetV2 (BiT) in timm and transformers. Norm and activation come before each convolution,
 * https://arxiv.org/abs/1603.05027, or after it in ViT hybrids. Layers have the names of both libraries: `norm1`, `downsample.conv`.
 */
import { activate, conv, type Net } from '../layers.ts';
import type { Block, Place } from '../place.ts';
import { averageDown } from '../shortcut.ts';

/** Adds a norm, with an activation unless `bare`. */
export type NormLayer = (net: Net, x: string, name: string, bare?: boolean) => string;

export interface V2Options {
  norm: NormLayer;
  /** Channels of the inner convolutions. */
  mid: number;
  /** Two 3x3 convolutions, or 1x1, 3x3 and 1x1. */
  basic?: boolean;
  /** Average pooling does the stride of the shortcut. */
  avgDown?: boolean;
  /** transformers ignores the dilation of pre-activation blocks. */
  dilated?: boolean;
}

export function preactBlock({ norm, mid, basic = false, avgDown, dilated = true }: V2Options): Block {
  return (net, input, at) => {
    const { path } = at;
    const [first, rest] = dilated ? [at.dilation, at.stageDilation] : [1, 1];
    const x = norm(net, input, `${path}.norm1`);
    // The first block of every stage of bottlenecks has a projection, even if shapes do not differ.
    const projects = basic ? at.projected || (at.first && first !== rest) : at.first;
    const kept = projects ? downsample(net, x, at, avgDown) : input;
    let y: string;
    if (basic) {
      y = conv(net, x, `${path}.conv1`, mid, 3, { stride: at.stride, dilation: first });
      y = conv(net, norm(net, y, `${path}.norm2`), `${path}.conv2`, at.out, 3, { dilation: rest });
    } else {
      y = conv(net, x, `${path}.conv1`, mid, 1);
      y = conv(net, norm(net, y, `${path}.norm2`), `${path}.conv2`, mid, 3, { stride: at.stride, dilation: first });
      y = conv(net, norm(net, y, `${path}.norm3`), `${path}.conv3`, at.out, 1);
    }
    return net.b.add('add', `${path}.add`, [y, kept], {});
  };
}

export function postactBlock({ norm, mid, avgDown }: V2Options): Block {
  return (net, x, at) => {
    const { path } = at;
    let y = norm(net, conv(net, x, `${path}.conv1`, mid, 1), `${path}.norm1`);
    y = norm(net, conv(net, y, `${path}.conv2`, mid, 3, { stride: at.stride, dilation: at.dilation }), `${path}.norm2`);
    y = norm(net, conv(net, y, `${path}.conv3`, at.out, 1), `${path}.norm3`, true);
    const kept = at.first ? norm(net, downsample(net, x, at, avgDown), `${path}.downsample.norm`, true) : x;
    return activate(net, net.b.add('add', `${path}.add`, [y, kept], {}), `${path}.relu`);
  };
}

function downsample(net: Net, x: string, at: Place, avgDown = false): string {
  const path = `${at.path}.downsample`;
  const same = at.stageDilation > 1;
  if (!avgDown || (at.stride === 1 && !same)) return conv(net, x, `${path}.conv`, at.out, 1, { stride: at.stride });
  return conv(net, averageDown(net, x, `${path}.pool`, at.stride, same), `${path}.conv`, at.out, 1);
}
