/** ConvModule as a plugin: convolution, norm and activation in any order. */
import { show } from '../../util/show.ts';
import type { Arguments } from '../arguments.ts';
import { parseConv } from '../convs/parse-conv.ts';
import { conv, normAt, parseNorm } from '../layers.ts';
import type { Plugin } from './plugin.ts';

export function convModule(a: Arguments): Plugin {
  const out = a.integer('out_channels');
  const kernel = a.integer('kernel_size');
  const stride = a.integer('stride', 1);
  const padding = a.integer('padding', 0, { min: 0 });
  const dilation = a.integer('dilation', 1);
  const groups = a.integer('groups', 1);
  const layer = parseConv(a.dict('conv_cfg')) ?? 'plain';
  const normCfg = a.dict('norm_cfg');
  const norm = normCfg && parseNorm(normCfg);
  const bias = (a.read('bias') ?? 'auto') === 'auto' ? !norm : a.boolean('bias', false);
  const actCfg = a.has('act_cfg') ? a.dict('act_cfg') : undefined;
  const activation = a.has('act_cfg') ? actCfg?.type(['ReLU', 'Sigmoid', 'LeakyReLU']) : 'ReLU';
  // PyTorch's default.
  const slope = activation === 'LeakyReLU' ? (actCfg?.number('negative_slope', 0.01) ?? 0.01) : 0;
  const order = a.read('order') ?? ['conv', 'norm', 'act'];
  if (!Array.isArray(order) || [...order].sort().join() !== 'act,conv,norm')
    a.fail('order', `is ${show(order)}.`, "It must order 'conv', 'norm' and 'act'.");
  a.choice('padding_mode', ['zeros'], 'zeros');
  a.ignore('inplace');
  if (a.boolean('with_spectral_norm', false)) a.fail('with_spectral_norm', 'is not supported.', 'Fold it into the weights.');

  return (net, x, path) => {
    let y = x;
    for (const step of order) {
      if (step === 'conv') y = conv(net, y, `${path}.conv`, out, kernel, { stride, padding, dilation, groups, bias, layer });
      else if (step === 'norm' && norm) y = normAt(net, y, `${path}.${norm.type}`, norm);
      else if (step === 'act' && activation === 'LeakyReLU') y = net.b.add('leaky_relu', `${path}.activate`, [y], { slope });
      else if (step === 'act' && activation) y = net.b.add(activation === 'ReLU' ? 'relu' : 'sigmoid', `${path}.activate`, [y], {});
    }
    if (net.b.shape(y).join() !== net.b.shape(x).join()) {
      a.fail(
        'out_channels',
        `with these settings turns [${net.b.shape(x).join(', ')}] into [${net.b.shape(y).join(', ')}].`,
        'A plugin must keep the shape.',
      );
    }
    return y;
  };
}
