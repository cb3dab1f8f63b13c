/** BiT's convolution, whose weights are standardised per output channel: https://arxiv.org/abs/1912.11370 */
import { type ConvLayer, convParts } from '../layers.ts';
import { samePadding } from './adaptive-padding.ts';

/** `same` pads as TensorFlow does, `valid` does not pad. Default: PyTorch's `padding`. */
export function stdConv(eps: number, pad?: 'same' | 'valid'): ConvLayer {
  return (net, x, name, out, kernel, o) => {
    const [attributes, weights] = convParts(net, x, name, out, kernel, o);
    if (pad) attributes.padding = pad === 'same' ? samePadding(net.b.shape(x), kernel, o) : [0, 0, 0, 0];
    return net.b.add('conv2d', name, [x], { ...attributes, standardize: { kind: 'bit', eps } }, weights);
  };
}
