/** The shortcut of a block: unchanged, projected, or padded. */
import { activate, conv, type Net, normAt } from './layers.ts';
import type { Place, Shortcut } from './place.ts';

/** Ends a block: `relu(y + shortcut(x))`. */
export function join(net: Net, x: string, y: string, at: Place): string {
  return activate(net, addShortcut(net, x, y, at), `${at.path}.relu`);
}

export function addShortcut(net: Net, x: string, y: string, at: Place): string {
  const kept = at.projected ? at.shortcut(net, x, at) : x;
  return kept === undefined ? y : net.b.add('add', `${at.path}.add`, [y, kept], {});
}

export interface ProjectionOptions {
  /** ResNet-D: average pooling does the stride (ceil mode, padding not counted), then a 1x1 convolution follows. */
  avgDown?: boolean;
  /** timm also pools in dilated stages (RegNets: in their first blocks): 2x2 at stride 1, with zeros on the right and below. */
  samePool?: 'stage' | 'block';
  /** SENet-154 has 3x3 kernels where the stride is not 1. */
  kernel?: number;
  /** False if norms come before the convolutions. */
  norm?: boolean;
}

/** 1x1 convolution and norm. Indices are those of a Sequential that only contains the pooling if there is one. */
export function projection({ avgDown = false, samePool, kernel = 1, norm = true }: ProjectionOptions = {}): Shortcut {
  const normed = (net: Net, x: string, name: string) => (norm ? normAt(net, x, name) : x);
  return (net, x, at) => {
    const path = `${at.path}.downsample`;
    const dilated = (samePool === 'block' ? at.dilation : at.stageDilation) !== 1;
    const same = dilated && samePool !== undefined;
    if (!avgDown || (at.stride === 1 && !same)) {
      const size = at.stride !== 1 || dilated ? kernel : 1;
      return normed(net, conv(net, x, `${path}.0`, at.out, size, { stride: at.stride, dilation: size > 1 ? at.dilation : 1 }), `${path}.1`);
    }
    return normed(net, conv(net, averageDown(net, x, `${path}.0`, at.stride, same), `${path}.1`, at.out, 1), `${path}.2`);
  };
}

/** Average pooling instead of a stride. `same`: 2x2 at stride 1, with zeros on the right and below. */
export function averageDown({ b }: Net, x: string, name: string, stride: number, same: boolean): string {
  const size = same ? 2 : stride;
  const padded = same ? b.add('zero_pad', name.replace(/\w+$/, 'pad'), [x], { padding: [0, 0, 1, 1] }) : x;
  return b.add('avg_pool2d', name, [padded], {
    kernel: [size, size],
    stride: [stride, stride],
    padding: [0, 0],
    ceilMode: true,
    countIncludePad: false,
  });
}

/** Like shortcut A, but all zeros come after the channels. */
export const shortcutZerosBehind: Shortcut = (net, x, at) =>
  net.b.add('shortcut_a', `${at.path}.shortcut`, [x], { stride: [at.stride, at.stride], outChannels: at.out, before: 0 });

/** The parameter-free shortcut of the CIFAR networks: every stride-th pixel, and zeros in the new channels. */
export const shortcutA: Shortcut = (net, x, at) =>
  net.b.add('shortcut_a', `${at.path}.shortcut`, [x], { stride: [at.stride, at.stride], outChannels: at.out });
