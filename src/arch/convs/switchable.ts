import { type ConvLayer, conv, keyOf } from '../layers.ts';
import { adaptiveParts } from './standardized.ts';

/**
 * SAC, switchable atrous convolution (DetectoRS, https://arxiv.org/abs/2006.02334). It convolves with the same standardised weight
 * at one and at three times the dilation, the latter with a learned difference added, and mixes both for each pixel. A global
 * context comes before and after.
 */
export function switchable(useDeform: boolean): ConvLayer {
  return (net, x, name, out, kernel, o) => {
    const { b } = net;
    const { stride, padding, dilation } = o;
    const context = (y: string, which: string) => {
      const pooled = b.add('global_avg_pool', `${name}.${which}_gap`, [y], {});
      const added = conv(net, pooled, `${name}.${which}_context`, b.channels(y), 1, { bias: true, layer: 'plain' });
      return b.add('add_broadcast', which === 'post' ? name : `${name}.${which}`, [y, added], {});
    };
    x = context(x, 'pre');
    const padded = b.add('reflect_pad', `${name}.pad`, [x], { padding: [2, 2, 2, 2] });
    const mean = b.add('avg_pool2d', `${name}.avg`, [padded], {
      kernel: [5, 5],
      stride: [1, 1],
      padding: [0, 0],
      ceilMode: false,
      countIncludePad: true,
    });
    const mix = conv(net, mean, `${name}.switch`, 1, 1, { stride, bias: true, layer: 'plain' });

    const branch = (suffix: 's' | 'l', scale: number) => {
      const [attributes, weights] = adaptiveParts(net, x, name, out, kernel, {
        ...o,
        padding: scale * padding,
        dilation: scale * dilation,
      });
      if (suffix === 'l') weights.diff = { key: keyOf(net, name, 'weight_diff'), shape: weights.weight?.shape ?? [] };
      if (!useDeform) return b.add('conv2d', `${name}.conv_${suffix}`, [x], attributes, weights);
      const offset = conv(net, mean, `${name}.offset_${suffix}`, 18, 3, { stride, bias: true, layer: 'plain' });
      return b.add('deform_conv2d', `${name}.conv_${suffix}`, [x, offset], { ...attributes, deformGroups: 1, mask: 'none' }, weights);
    };
    return context(b.add('blend', `${name}.blend`, [branch('s', 1), branch('l', 3), mix], {}), 'post');
  };
}
