/** How a block's input reaches its end: as it is, projected, or padded. */
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
  /** ResNet-D: average pooling takes the stride (ceil mode, padding not counted), then a 1x1 convolution. */
  avgDown?: boolean;
  /** timm pools dilated stages (in RegNets: first blocks), too: 2x2 at stride 1, padded with zeros right and below. */
  samePool?: 'stage' | 'block';
  /** SENet-154 has 3x3 kernels where the stride is not 1. */
  kernel?: number;
  /** False where norms stand before the convolutions. */
  norm?: boolean;
}

/** 1x1 convolution and norm. Indices are those of a Sequential that holds the pooling only where there is some. */
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

/** Average pooling in place of a stride. `same`: 2x2 at stride 1, padded with zeros right and below. */
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

/** As shortcut A, with all zeros after the channels. */
export const shortcutZerosBehind: Shortcut = (net, x, at) =>
  net.b.add('shortcut_a', `${at.path}.shortcut`, [x], { stride: [at.stride, at.stride], outChannels: at.out, before: 0 });

/** The parameter-free shortcut of the CIFAR networks: every stride-th pixel, new channels zero. */
export const shortcutA: Shortcut = (net, x, at) =>
  net.b.add('shortcut_a', `${at.path}.shortcut`, [x], { stride: [at.stride, at.stride], outChannels: at.out });
