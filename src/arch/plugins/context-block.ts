/** ContextBlock of GCNet: https://arxiv.org/abs/1904.11492 */
import { show } from '../../util/show.ts';
import type { Arguments } from '../arguments.ts';
import { activate, conv, keyOf, type Net } from '../layers.ts';
import type { Plugin } from './plugin.ts';

export function contextBlock(a: Arguments): Plugin {
  const ratio = a.number('ratio');
  const pooling = a.choice('pooling_type', ['att', 'avg'], 'att');
  const fusion = a.read('fusion_types') ?? ['channel_add'];
  if (!Array.isArray(fusion) || !fusion.length || !fusion.every((one) => one === 'channel_add' || one === 'channel_mul')) {
    a.fail('fusion_types', `is ${show(fusion)}.`, "It must be a list of 'channel_add' and 'channel_mul'.");
  }
  return (net, x, path) => {
    const { b } = net;
    const [n = 1, c = 1, h = 1, w = 1] = b.shape(x);
    const inner = Math.trunc(c * ratio);
    if (inner < 1) a.fail('ratio', `is ${ratio}, which leaves none of ${c} channels.`, `Use at least ${1 / c}.`);

    const attend = () => {
      const mask = conv(net, x, `${path}.conv_mask`, 1, 1, { bias: true, layer: 'plain' });
      const flat = b.add('reshape', `${path}.mask`, [mask], { shape: [n, h * w, 1] });
      const weights = b.add('softmax', `${path}.softmax`, [flat], { dim: 1 });
      const map = b.add('reshape', `${path}.map`, [x], { shape: [n, c, h * w] });
      const sum = b.add('matmul', `${path}.matmul`, [map, weights], { transposeA: false, transposeB: false, scale: 1 });
      return b.add('reshape', `${path}.context`, [sum], { shape: [n, c, 1, 1] });
    };
    const context = pooling === 'avg' ? b.add('global_avg_pool', `${path}.gap`, [x], {}) : attend();
    let y = x;
    if (fusion.includes('channel_mul')) {
      const scale = b.add('sigmoid', `${path}.sigmoid`, [branch(net, context, `${path}.channel_mul_conv`, inner, c)], {});
      y = b.add('mul', `${path}.mul`, [y, scale], {});
    }
    if (fusion.includes('channel_add'))
      y = b.add('add_broadcast', `${path}.add`, [y, branch(net, context, `${path}.channel_add_conv`, inner, c)], {});
    return y;
  };
}

function branch(net: Net, context: string, path: string, inner: number, out: number): string {
  const y = conv(net, context, `${path}.0`, inner, 1, { bias: true, layer: 'plain' });
  const tensor = (parameter: string) => ({ key: keyOf(net, `${path}.1`, parameter), shape: [inner, 1, 1] });
  const z = net.b.add(
    'layer_norm',
    `${path}.1`,
    [y],
    { over: 'all', eps: 1e-5, affine: true },
    { weight: tensor('weight'), bias: tensor('bias') },
  );
  return conv(net, activate(net, z, `${path}.2`), `${path}.3`, out, 1, { bias: true, layer: 'plain' });
}
