/** From the image to the first stage. */
import type { PoolAttributes } from '../graph/types.ts';
import { antialias } from './blocks/antialias.ts';
import { activate, conv, type Net, norm } from './layers.ts';

export type Stem = (net: Net, input: string) => string;

export interface StemOptions {
  /** Channels: one for a single convolution, three for a deep stem of 3x3 convolutions. */
  widths: [number] | [number, number, number];
  /** Kernel size of a single convolution; odd. */
  kernel: number;
  stride: 1 | 2;
  /**
   * max: 3x3, stride 2, padding 1. caffe: without padding, ceil mode. blur: max at stride 1, then blur. avg: 2x2 averages.
   * conv: 3x3 convolution, norm and ReLU (ResNet-RS). With -blur or -avg, that one does the convolution's stride.
   */
  pool: 'max' | 'caffe' | 'blur' | 'avg' | 'conv' | 'conv-blur' | 'conv-avg' | 'none';
  /** Whether an activation follows the last norm; default true. */
  activated?: boolean;
}

export function stem({ widths, kernel, stride, pool, activated = true }: StemOptions): Stem {
  return (net, input) => {
    let x = input;
    if (widths.length === 1) {
      x = norm(net, conv(net, x, 'conv1', widths[0], kernel, { stride }), '', 1);
      if (activated) x = activate(net, x, 'relu');
    } else {
      widths.forEach((width, i) => {
        const path = `stem.${i}`;
        x = norm(net, conv(net, x, `${path}.conv`, width, 3, { stride: i === 0 ? stride : 1 }), `${path}.`);
        if (activated || i < 2) x = activate(net, x, `${path}.relu`);
      });
    }
    return poolStem(net, x, pool);
  };
}

function poolStem(net: Net, x: string, pool: StemOptions['pool']): string {
  const window = (size: number, stride: number, padding: number, ceilMode = false): PoolAttributes => ({
    kernel: [size, size],
    stride: [stride, stride],
    padding: [padding, padding],
    ceilMode,
    countIncludePad: true,
  });
  switch (pool) {
    case 'none':
      return x;
    case 'max':
      return net.b.add('max_pool2d', 'maxpool', [x], window(3, 2, 1));
    case 'caffe':
      return net.b.add('max_pool2d', 'maxpool', [x], window(3, 2, 0, true));
    case 'blur':
      return net.b.add('blur_pool', 'maxpool.1', [net.b.add('max_pool2d', 'maxpool.0', [x], window(3, 1, 1))], { size: 3, stride: 2 });
    case 'avg':
      return net.b.add('avg_pool2d', 'maxpool', [x], window(2, 2, 0));
    default: {
      const y = conv(net, x, 'stem.pool.conv', net.b.channels(x), 3, { stride: pool === 'conv' ? 2 : 1 });
      const z = pool === 'conv' ? y : antialias(pool === 'conv-blur' ? 'blur' : 'avg')(net, y, 'stem.pool', 2);
      return activate(net, norm(net, z, 'stem.pool.'), 'stem.pool.relu');
    }
  }
}
