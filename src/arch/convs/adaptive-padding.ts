import type { Padding, Shape } from '../../graph/types.ts';
import { type ConvLayer, type ConvOptions, convParts } from '../layers.ts';

/** Conv2dAdaptivePadding. */
export const adaptivePadding: ConvLayer = (net, x, name, out, kernel, o) => {
  const [attributes, weights] = convParts(net, x, name, out, kernel, o);
  return net.b.add('conv2d', name, [x], { ...attributes, padding: samePadding(net.b.shape(x), kernel, o) }, weights);
};

/** Pads so that the output has ceil(size / stride) pixels. An odd pixel goes right and below (TensorFlow's SAME). */
export function samePadding(
  [, , h = 1, w = 1]: Shape,
  kernel: number,
  { stride, dilation }: Pick<ConvOptions, 'stride' | 'dilation'>,
): Padding {
  const total = (size: number) => Math.max((Math.ceil(size / stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0);
  const [v, u] = [total(h), total(w)];
  return [v >> 1, u >> 1, v - (v >> 1), u - (u >> 1)];
}
