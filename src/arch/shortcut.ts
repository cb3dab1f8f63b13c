/** How a block's input reaches its end: as it is, projected, or padded. */
import { conv, type Net, normAt, relu } from './layers.ts';
import type { Place } from './stage.ts';

/** Brings `x` to the block's output shape; only called where that differs. */
export type Shortcut = (net: Net, x: string, at: Place) => string;

/** Ends a block: `relu(y + shortcut(x))`. */
export function join(net: Net, x: string, y: string, at: Place): string {
  const sum = net.b.add('add', `${at.path}.add`, [y, at.projected ? at.shortcut(net, x, at) : x], {});
  return relu(net, sum, `${at.path}.relu`);
}

export interface ProjectionOptions {
  /** ResNet-D: average pooling takes the stride (ceil mode, padding not counted), then a 1x1 convolution. */
  avgDown?: boolean;
  /** timm pools dilated stages, too: 2x2 at stride 1, padded with zeros right and below. */
  samePool?: boolean;
  /** SENet-154 has 3x3 kernels where the stride is not 1. */
  kernel?: number;
}

/** 1x1 convolution and norm. Indices are those of a Sequential that holds the pooling only where there is some. */
export function projection({ avgDown = false, samePool = false, kernel = 1 }: ProjectionOptions = {}): Shortcut {
  return (net, x, at) => {
    const path = `${at.path}.downsample`;
    const dilated = at.stageDilation !== 1;
    const same = dilated && samePool;
    if (!avgDown || (at.stride === 1 && !same)) {
      const size = at.stride !== 1 || dilated ? kernel : 1;
      return normAt(net, conv(net, x, `${path}.0`, at.out, size, { stride: at.stride, dilation: size > 1 ? at.dilation : 1 }), `${path}.1`);
    }
    const size = same ? 2 : at.stride;
    const padded = same ? net.b.add('zero_pad', `${path}.pad`, [x], { padding: [0, 0, 1, 1] }) : x;
    const pooled = net.b.add('avg_pool2d', `${path}.0`, [padded], {
      kernel: [size, size],
      stride: [at.stride, at.stride],
      padding: [0, 0],
      ceilMode: true,
      countIncludePad: false,
    });
    return normAt(net, conv(net, pooled, `${path}.1`, at.out, 1), `${path}.2`);
  };
}

/** The parameter-free shortcut of the CIFAR networks: every stride-th pixel, new channels zero. */
export const shortcutA: Shortcut = (net, x, at) =>
  net.b.add('shortcut_a', `${at.path}.shortcut`, [x], { stride: [at.stride, at.stride], outChannels: at.out });
