import { type ConvLayer, conv, convParts } from '../layers.ts';

/** Deformable convolution with its own offset convolution: v1 https://arxiv.org/abs/1703.06211, v2 (modulated) https://arxiv.org/abs/1811.11168 */
export function deformable(version: 1 | 2, deformGroups: number): ConvLayer {
  return (net, x, name, out, kernel, o) => {
    const [attributes, weights] = convParts(net, x, name, out, kernel, o);
    const { stride, padding, dilation } = o;
    const offset = conv(net, x, `${name}.conv_offset`, (version + 1) * kernel * kernel * deformGroups, kernel, {
      stride,
      padding,
      dilation,
      bias: true,
      layer: 'plain',
    });
    return net.b.add('deform_conv2d', name, [x, offset], { ...attributes, deformGroups, mask: version === 2 ? 'packed' : 'none' }, weights);
  };
}
