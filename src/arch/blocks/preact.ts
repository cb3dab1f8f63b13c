/** Bottleneck with norm and activation before each convolution. Nothing is on the shortcut's path: https://arxiv.org/abs/1603.05027 */
import { activate, conv, norm } from '../layers.ts';
import type { Block } from '../place.ts';
import { addShortcut } from '../shortcut.ts';
import type { Insert } from './insert.ts';

export interface PreactOptions {
  /** Channels of the 3x3 convolution. */
  mid: number;
  groups: number;
  /** After conv2. */
  after2?: Insert;
}

export function preactBottleneck({ mid, groups, after2 }: PreactOptions): Block {
  return (net, input, at) => {
    const { path, stride, dilation } = at;
    const before = (x: string, n: number) => activate(net, norm(net, x, `${path}.`, n), `${path}.relu${n}`);
    // The shortcut starts after the first norm.
    const x = before(input, 1);
    let y = conv(net, x, `${path}.conv1`, mid, 1);
    y = conv(net, before(y, 2), `${path}.conv2`, mid, 3, { stride, dilation, groups });
    if (after2) y = after2(net, y, at);
    return addShortcut(net, x, conv(net, before(y, 3), `${path}.conv3`, at.out, 1), at);
  };
}
