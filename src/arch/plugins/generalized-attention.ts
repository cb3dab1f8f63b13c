/**
 * GeneralizedAttention: https://arxiv.org/abs/1904.05873. `attention_type` switches four energies on or off: query with key
 * content, query content with relative position, key content alone, relative position alone.
 */
import type { Weights } from '../../graph/builder.ts';
import { show } from '../../util/show.ts';
import type { Arguments } from '../arguments.ts';
import { conv, keyOf } from '../layers.ts';
import type { Plugin } from './plugin.ts';

export function generalizedAttention(a: Arguments): Plugin {
  const heads = a.integer('num_heads', 9);
  const range = a.integer('spatial_range', -1, { min: -1 });
  const embedding = a.number('position_embedding_dim', -1);
  const magnitude = a.number('position_magnitude', 1);
  const keyStride = a.integer('kv_stride', 2);
  const queryStride = a.integer('q_stride', 1);
  const type = a.read('attention_type') ?? '1111';
  if (typeof type !== 'string' || !/^[01]{4}$/.test(type))
    a.fail('attention_type', `is ${show(type)}.`, "It must be four digits of 0 and 1, such as '1111'.");
  const [contentContent, contentPosition, keyOnly, positionOnly] = [...type].map((digit) => digit === '1');

  return (net, x, path) => {
    const { b } = net;
    const [n = 1, c = 1, h = 1, w = 1] = b.shape(x);
    const perHead = Math.floor(c / heads);
    const channels = perHead * heads;
    const features = embedding > 0 ? embedding : c;
    const positional = contentPosition || positionOnly;
    if (!perHead) a.fail('num_heads', `is ${heads} for ${c} channels.`, `Use at most ${c}.`);
    if (positional && features % 4) a.fail('position_embedding_dim', `is ${features}.`, 'It must be a multiple of 4.');
    if (range >= 0 && !(c === 256 && Math.max(h, w) <= 84) && !(c === 512 && Math.max(h, w) <= 42)) {
      a.fail(
        'spatial_range',
        `is ${range} on ${c} channels of ${h}x${w}.`,
        'The reference knows 256 channels up to 84x84 and 512 up to 42x42; use -1.',
      );
    }

    const every = (size: number, stride: number) => Math.floor((size - 1) / stride) + 1;
    const [qh, qw] = [every(h, queryStride), every(w, queryStride)];
    const [kh, kw] = [every(h, keyStride), every(w, keyStride)];
    // The reference takes every stride-th pixel, then convolves. That equals a strided convolution.
    const embed = (name: string, stride: number) => conv(net, x, `${path}.${name}`, channels, 1, { stride, layer: 'plain' });
    const split = (y: string, name: string) => {
      const [, , rows = 1, columns = 1] = b.shape(y);
      return b.add('reshape', `${path}.${name}.heads`, [y], { shape: [n, heads, perHead, rows * columns] });
    };
    const query = contentContent || contentPosition ? embed('query_conv', queryStride) : undefined;
    const key = contentContent || keyOnly ? embed('key_conv', keyStride) : undefined;

    // In this order the kernel of each energy can add the ones before it.
    let energy: string | undefined;
    const plus = (one: string) => (energy === undefined ? one : b.add('add_broadcast', `${one}.add`, [energy, one], {}));
    if (keyOnly && key) {
      // bias . key equals a convolution with one group for each head.
      const bias = keyOf(net, path, 'appr_bias');
      const weight = { key: bias, shape: [heads, perHead, 1, 1], source: { key: bias, shape: [channels], start: 0 } };
      const attributes = {
        outChannels: heads,
        kernel: [1, 1],
        stride: [1, 1],
        padding: [0, 0, 0, 0],
        dilation: [1, 1],
        groups: heads,
        bias: false,
      } as const;
      const row = b.add('conv2d', `${path}.saliency`, [key], attributes, { weight });
      energy = b.add('reshape', `${path}.saliency.row`, [row], { shape: [n, heads, 1, kh * kw] });
    }
    if (contentContent && query && key) {
      energy = plus(
        b.add('matmul', `${path}.energy`, [split(query, 'query_conv'), split(key, 'key_conv')], {
          transposeA: true,
          transposeB: false,
          scale: 1,
        }),
      );
    }
    if (positional) {
      // The reference has a mistake here. It only shows if the query counts and its bias does not.
      const transposed = Boolean(contentPosition && !positionOnly);
      if (transposed && qh !== qw)
        a.fail(
          'attention_type',
          `'${type}' fails on a map of ${qh}x${qw} in the reference.`,
          "Use a square input, or a type of the form '11x1'.",
        );
      const table = (axis: string) => ({ key: keyOf(net, `${path}.appr_geom_fc_${axis}`, 'weight'), shape: [channels, features / 2] });
      const weights: Weights = { fc_x: table('x'), fc_y: table('y') };
      if (positionOnly) weights.bias = { key: keyOf(net, path, 'geom_bias'), shape: [channels] };
      const useQuery = contentPosition === true;
      energy = plus(
        b.add(
          'position_energy',
          `${path}.position`,
          [useQuery && query ? query : x],
          { heads, channels, query: [qh, qw], key: [kh, kw], queryStride, keyStride, magnitude, features, useQuery, transposed },
          weights,
        ),
      );
    }
    const values = embed('value_conv', keyStride);
    // Without energies all keys have the same weight.
    const rows = energy === undefined || b.shape(energy)[2] === 1;
    if (range >= 0) {
      if (energy === undefined) a.fail('spatial_range', `is ${range} for attention_type '${type}'.`, 'Use -1, or switch an energy on.');
      energy = b.add('attention_mask', `${path}.mask`, [energy], { query: rows ? [1, 1] : [qh, qw], key: [kh, kw], range, keyStride });
    }
    const attend = (energies: string) => {
      const attention = b.add('softmax', `${path}.softmax`, [energies], { dim: 3 });
      const operands: [string, string] = [split(values, 'value_conv'), attention];
      const mixed = b.add('matmul', `${path}.matmul`, operands, { transposeA: false, transposeB: true, scale: 1 });
      return b.add('reshape', `${path}.map`, [mixed], { shape: [n, channels, ...(rows ? [1, 1] : [qh, qw])] });
    };
    const map = energy === undefined ? b.add('global_avg_pool', `${path}.mean`, [values], {}) : attend(energy);
    let out = conv(net, map, `${path}.proj_conv`, c, 1, { bias: true, layer: 'plain' });
    out = b.add('scale', `${path}.gamma`, [out], {}, { weight: { key: keyOf(net, path, 'gamma'), shape: [1] } });
    if (rows) return b.add('add_broadcast', `${path}.add`, [x, out], {});
    if (queryStride > 1) out = b.add('bilinear', `${path}.resize`, [out], { size: [h, w] });
    return b.add('add', `${path}.add`, [out, x], {});
  };
}
