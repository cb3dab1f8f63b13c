/** timm's global_pool: the layers between the last feature map and the head. */

import { globalAveragePooling, type Neck } from './head-parts.ts';
import type { Net } from './layers.ts';

/** The largest value of each channel, by a window as large as the map. */
const maximum: Neck = (net, x) => {
  const [, , height = 1, width = 1] = net.b.shape(x);
  return net.b.add('max_pool2d', 'gap.max', [x], window([height, width], [0, 0]));
};

const window = (kernel: [number, number], padding: [number, number]) =>
  ({ kernel, stride: kernel, padding, ceilMode: false, countIncludePad: true }) as const;

/** Half of a one-pixel value, computed as its mean with a zero. */
const half = (net: Net, x: string): string => net.b.add('avg_pool2d', 'gap', [x], window([1, 2], [0, 1]));

export const poolings = {
  avg: globalAveragePooling,
  max: maximum,
  avgmax: (net, x) => half(net, net.b.add('add', 'gap.add', [mean(net, x), maximum(net, x)], {})),
  /** Concatenates both, so there are twice as many channels. */
  catavgmax: (net, x) => net.b.add('concat', 'gap', [mean(net, x), maximum(net, x)], {}),
} satisfies Record<string, Neck>;

const mean: Neck = (net, x) => net.b.add('global_avg_pool', 'gap.avg', [x], {});
