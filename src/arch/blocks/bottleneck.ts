/** 1x1, 3x3 and 1x1 convolution (ResNet-50 and up). Most families differ only in what the options below say. */
import { activate, type ConvSetting, conv, type Net, norm } from '../layers.ts';
import type { Block, Place } from '../place.ts';
import { addShortcut, join } from '../shortcut.ts';
import type { Insert } from './insert.ts';

/** The part between the two 1x1 convolutions with their norms. */
export type Middle = (net: Net, x: string, at: Place, stride: number) => string;

export interface BottleneckOptions {
  /** Channels of the 3x3 convolution. */
  mid: number;
  groups?: number;
  /** Channels of the first convolution. Default: `mid`. */
  first?: number;
  /** `pytorch` has the stride on the 3x3 convolution, `caffe` on the first 1x1. */
  style?: 'pytorch' | 'caffe';
  /** Kind of the 3x3 convolution (deformable, switchable, plain). Default: as the network says. */
  conv2?: (at: Place) => ConvSetting | 'plain';
  /** Takes over the stride of conv2, and runs after its ReLU (anti-aliasing). */
  downsample?: (at: Place) => Insert | undefined;
  /** Replaces conv2, its norm and ReLU (split attention, Res2Net). */
  middle?: Middle;
  /** After the ReLU of conv1 and conv2, and the norm of conv3. */
  after1?: Insert;
  after2?: Insert;
  after3?: Insert;
  /** Leaves out the activation at the end of the block. */
  linear?: boolean;
  /** Uses ReLU inside the block. The network's activation then only comes at the block's end (transformers). */
  reluInside?: boolean;
}

export function bottleneck(o: BottleneckOptions): Block {
  const { mid, first = mid, style = 'pytorch', middle = ordinary(o) } = o;
  return (outside, x, at) => {
    const net = o.reluInside ? { ...outside, activation: undefined } : outside;
    const { path } = at;
    const caffe = style === 'caffe';
    let y = conv(net, x, `${path}.conv1`, first, 1, { stride: caffe ? at.stride : 1 });
    y = activate(net, norm(net, y, `${path}.`, 1), `${path}.relu1`);
    if (o.after1) y = o.after1(net, y, at);
    y = middle(net, y, at, caffe ? 1 : at.stride);
    if (o.after2) y = o.after2(net, y, at);
    y = norm(net, conv(net, y, `${path}.conv3`, at.out, 1), `${path}.`, 3);
    if (o.after3) y = o.after3(net, y, at);
    return (o.linear ? addShortcut : join)(outside, x, y, at);
  };
}

export function ordinary({ mid, groups = 1, conv2, downsample }: BottleneckOptions): Middle {
  return (net, x, at, stride) => {
    const { path, dilation } = at;
    const pool = downsample?.(at);
    const y = conv(net, x, `${path}.conv2`, mid, 3, { stride: pool ? 1 : stride, dilation, groups, layer: conv2?.(at) ?? net.conv });
    const z = activate(net, norm(net, y, `${path}.`, 2), `${path}.relu2`);
    return pool ? pool(net, z, at) : z;
  };
}
