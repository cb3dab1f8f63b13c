/** NonLocal2d: https://arxiv.org/abs/1711.07971 */
import type { Arguments } from '../arguments.ts';
import { parseConv } from '../convs/parse-conv.ts';
import { conv, keyOf, normAt, parseNorm } from '../layers.ts';
import type { Plugin } from './plugin.ts';

export function nonLocal(a: Arguments): Plugin {
  const reduction = a.integer('reduction', 2);
  const useScale = a.boolean('use_scale', true);
  const subSample = a.boolean('sub_sample', false);
  const mode = a.choice('mode', ['embedded_gaussian', 'gaussian', 'dot_product', 'concatenation'], 'embedded_gaussian');
  const layer = parseConv(a.dict('conv_cfg')) ?? 'plain';
  const normCfg = a.dict('norm_cfg');
  const norm = normCfg && parseNorm(normCfg);
  a.ignore('std', 'zeros_init');

  return (net, x, path) => {
    const { b } = net;
    const [n = 1, c = 1, h = 1, w = 1] = b.shape(x);
    const inner = Math.max(Math.floor(c / reduction), 1);
    const queries = h * w;
    const embed = (name: string, sub: boolean) => {
      const y = conv(net, x, `${path}.${name}${sub ? '.0' : ''}.conv`, inner, 1, { bias: true, layer });
      return sub ? subsample(y, name) : y;
    };
    const subsample = (y: string, name: string) =>
      b.add('max_pool2d', `${path}.${name}.pool`, [y], {
        kernel: [2, 2],
        stride: [2, 2],
        padding: [0, 0],
        ceilMode: false,
        countIncludePad: true,
      });
    const flatten = (y: string, name: string) => {
      const [, channels = 1, rows = 1, columns = 1] = b.shape(y);
      return b.add('reshape', `${path}.${name}.flat`, [y], { shape: [n, channels, rows * columns] });
    };

    const g = flatten(embed('g', subSample), 'g');
    const keys = b.shape(g)[2] ?? 1;
    const gaussian = mode === 'gaussian';
    const theta = gaussian ? x : embed('theta', false);
    const phi = gaussian ? (subSample ? subsample(x, 'phi') : x) : embed('phi', subSample);

    const pairwise = () => {
      const scale = mode === 'dot_product' ? 1 / keys : useScale && !gaussian ? inner ** -0.5 : 1;
      return b.add('matmul', `${path}.pairwise`, [flatten(theta, 'theta'), flatten(phi, 'phi')], {
        transposeA: true,
        transposeB: false,
        scale,
      });
    };
    // relu(w . [theta_i ; phi_j]) is split into a term of the query and a term of the key.
    const concatenated = () => {
      const half = (y: string, name: string, start: number, shape: number[]) => {
        const key = keyOf(net, `${path}.concat_project.conv`, 'weight');
        const weight = { key: `${key}.${name}`, shape: [1, inner, 1, 1], source: { key, shape: [1, 2 * inner, 1, 1], start } };
        const attributes = {
          outChannels: 1,
          kernel: [1, 1],
          stride: [1, 1],
          padding: [0, 0, 0, 0],
          dilation: [1, 1],
          groups: 1,
          bias: false,
        } as const;
        const projected = b.add('conv2d', `${path}.concat_project.${name}`, [y], attributes, { weight });
        return b.add('reshape', `${path}.${name}.flat`, [projected], { shape });
      };
      const terms: [string, string] = [half(theta, 'theta', 0, [n, queries, 1]), half(phi, 'phi', inner, [n, 1, keys])];
      return b.add('relu', `${path}.concat_project.relu`, [b.add('add_broadcast', `${path}.concat_project.add`, terms, {})], {});
    };

    let weights = mode === 'concatenation' ? concatenated() : pairwise();
    if (mode.endsWith('gaussian')) weights = b.add('softmax', `${path}.softmax`, [weights], { dim: 2 });
    const scale = mode === 'concatenation' ? 1 / keys : 1;
    const y = b.add('matmul', `${path}.matmul`, [g, weights], { transposeA: false, transposeB: true, scale });
    const map = b.add('reshape', `${path}.map`, [y], { shape: [n, inner, h, w] });
    let out = conv(net, map, `${path}.conv_out.conv`, c, 1, { bias: !norm, layer });
    if (norm) out = normAt(net, out, `${path}.conv_out.${norm.type}`, norm);
    return b.add('add', `${path}.add`, [out, x], {});
  };
}
