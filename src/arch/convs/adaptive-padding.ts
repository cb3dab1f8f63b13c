import type { Padding } from '../../graph/types.ts';
import { type ConvLayer, convParts } from '../layers.ts';

/** Conv2dAdaptivePadding: padded so that the output has ceil(size / stride) pixels, the odd one right and below (TensorFlow's SAME). */
export const adaptivePadding: ConvLayer = (net, x, name, out, kernel, o) => {
  const [attributes, weights] = convParts(net, x, name, out, kernel, o);
  const [, , h = 1, w = 1] = net.b.shape(x);
  const total = (size: number) => Math.max((Math.ceil(size / o.stride) - 1) * o.stride + (kernel - 1) * o.dilation + 1 - size, 0);
  const [v, u] = [total(h), total(w)];
  const padding: Padding = [v >> 1, u >> 1, v - (v >> 1), u - (u >> 1)];
  return net.b.add('conv2d', name, [x], { ...attributes, padding }, weights);
};
