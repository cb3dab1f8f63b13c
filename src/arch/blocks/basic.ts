/** Two 3x3 convolutions (ResNet-18 and -34; "Deep Residual Learning", fig. 5 left). */
import { activate, conv, norm } from '../layers.ts';
import type { Block } from '../place.ts';
import { join } from '../shortcut.ts';
import type { Insert } from './insert.ts';

export interface BasicOptions {
  /** Channels between the two convolutions. Default: as many as the output has. */
  mid?: number;
  /** OpenMMLab leaves the second convolution undilated; timm dilates it. */
  dilateSecond?: boolean;
  /** Takes over the stride of conv1, and runs after its ReLU (anti-aliasing). */
  downsample?: Insert;
  /** Between the last norm and the addition (SE). */
  attention?: Insert;
  /** Activates after the last norm, before the attention, as timm's legacy SE-ResNets do. */
  activateLast?: boolean;
  /** Uses ReLU inside the block. The network's activation then only comes at the block's end (transformers). */
  reluInside?: boolean;
}

export function basic({ mid, dilateSecond = false, downsample, attention, activateLast, reluInside }: BasicOptions = {}): Block {
  return (net, x, at) => {
    const { path, out, dilation } = at;
    let y = conv(net, x, `${path}.conv1`, mid ?? out, 3, { stride: downsample ? 1 : at.stride, dilation });
    const inside = reluInside ? { ...net, activation: undefined } : net;
    y = activate(inside, norm(net, y, `${path}.`, 1), `${path}.relu1`);
    if (downsample) y = downsample(net, y, at);
    y = conv(net, y, `${path}.conv2`, out, 3, { dilation: dilateSecond ? at.stageDilation : 1 });
    y = norm(net, y, `${path}.`, 2);
    if (activateLast) y = activate(net, y, `${path}.relu2`);
    if (attention) y = attention(net, y, at);
    return join(net, x, y, at);
  };
}
