/**
 * The attention modules of timm other than squeeze-and-excitation and ECA. ResNet blocks have them after the last norm
 * (attn_layer). Source: timm/layers/create_attn.py. Layers have the same names as there: `layer1.0.se.channel.fc1`.
 */

import type { OpAttributes, Pair } from '../../graph/types.ts';
import { ResnetError } from '../../util/errors.ts';
import { show } from '../../util/show.ts';
import type { Arguments } from '../arguments.ts';
import { batchNorm, conv, keyOf, type Net, type NormSetting, normAt } from '../layers.ts';
import { ecaKernel, makeDivisible } from './channel-attention.ts';
import type { Insert } from './insert.ts';
import { selectiveAttention } from './selective-kernel.ts';

/** Adds the module under a path. */
type Module = (net: Net, x: string, path: string) => string;

const plain = (net: Net, x: string, name: string, out: number, bias: boolean, kernel = 1) =>
  conv(net, x, name, out, kernel, { bias, layer: 'plain' });

const gap = ({ b }: Net, x: string, path: string) => b.add('global_avg_pool', `${path}.gap`, [x], {});

const relu = ({ b }: Net, x: string, path: string) => b.add('relu', `${path}.act`, [x], {});

const sigmoid = ({ b }: Net, x: string, path: string) => b.add('sigmoid', `${path}.gate`, [x], {});

/** Multiplies each channel by its factor. */
const scale = ({ b }: Net, x: string, factors: string, path: string) => b.add('mul', `${path}.mul`, [x, factors], {});

/** Multiplies each position by its factor. */
const scaleMap = ({ b }: Net, x: string, factors: string, path: string) => b.add('mul_broadcast', `${path}.mul`, [x, factors], {});

/** https://arxiv.org/abs/1911.06667 */
const effective: Module = (net, x, path) => {
  const factors = plain(net, gap(net, x, path), `${path}.fc`, net.b.channels(x), true);
  return scale(net, x, net.b.add('hard_sigmoid', `${path}.gate`, [factors], {}), path);
};

/** Two 1-D convolutions over the channel means: the first makes several numbers for each channel, the second combines neighbours. */
const ecaMlp: Module = (net, x, path) => {
  const { b } = net;
  const [n = 1, c = 1] = b.shape(x);
  const [hidden, kernel] = [makeDivisible(c / 8, 8), ecaKernel(c)];
  const row = b.add('reshape', `${path}.row`, [gap(net, x, path)], { shape: [n, 1, 1, c] });
  const conv1d = (y: string, name: string, out: number, width: number) => {
    const [inputs, padding] = [b.channels(y), width >> 1];
    const key = keyOf(net, name, 'weight');
    const weight = { key, shape: [out, inputs, 1, width], source: { key, shape: [out, inputs, width], start: 0 } };
    const attributes = { outChannels: out, kernel: [1, width], stride: [1, 1], dilation: [1, 1], groups: 1, bias: true } as const;
    const bias = { key: keyOf(net, name, 'bias'), shape: [out] };
    return b.add('conv2d', name, [y], { ...attributes, padding: [0, padding, 0, padding] }, { weight, bias });
  };
  const y = conv1d(relu(net, conv1d(row, `${path}.conv`, hidden, 1), path), `${path}.conv2`, 1, kernel);
  const factors = b.add('reshape', `${path}.column`, [y], { shape: [n, c, 1, 1] });
  return scale(net, x, sigmoid(net, factors, path), path);
};

/** ECA with circular padding. */
const circularEca: Module = (net, x, path) => {
  const kernel = ecaKernel(net.b.channels(x));
  const weight = { key: keyOf(net, `${path}.conv`, 'weight'), shape: [1, 1, kernel] };
  const y = net.b.add('channel_conv1d', `${path}.conv`, [gap(net, x, path)], { kernel, circular: true }, { weight });
  return scale(net, x, sigmoid(net, y, path), path);
};

/** Global extent, without extra parameters. This equals squeeze-and-excitation: https://arxiv.org/abs/1810.12348 */
const gatherExcite: Module = (net, x, path) => {
  const channels = net.b.channels(x);
  const y = plain(net, gap(net, x, path), `${path}.mlp.fc1`, makeDivisible(channels / 16, 1, 0), true);
  const factors = plain(net, relu(net, y, `${path}.mlp`), `${path}.mlp.fc2`, channels, true);
  return scale(net, x, sigmoid(net, factors, path), path);
};

/** https://arxiv.org/abs/1904.11492 */
const globalContext =
  (fusion: 'scale' | 'add'): Module =>
  (net, x, path) => {
    const { b } = net;
    const [n = 1, c = 1, h = 1, w = 1] = b.shape(x);
    const mask = plain(net, x, `${path}.conv_attn`, 1, true);
    const flat = b.add('reshape', `${path}.mask`, [mask], { shape: [n, h * w, 1] });
    const weights = b.add('softmax', `${path}.softmax`, [flat], { dim: 1 });
    const map = b.add('reshape', `${path}.map`, [x], { shape: [n, c, h * w] });
    const sum = b.add('matmul', `${path}.matmul`, [map, weights], { transposeA: false, transposeB: false, scale: 1 });
    const mlp = `${path}.mlp_${fusion}`;
    const context = b.add('reshape', `${path}.context`, [sum], { shape: [n, c, 1, 1] });
    let y = plain(net, context, `${mlp}.fc1`, makeDivisible(c / 8, 1, 0), true);
    y = relu(net, normAt(net, y, `${mlp}.norm`, { ...batchNorm, type: 'ln', eps: 1e-6, running: false }), mlp);
    y = plain(net, y, `${mlp}.fc2`, c, true);
    return fusion === 'add' ? b.add('add_broadcast', `${path}.add`, [x, y], {}) : scale(net, x, sigmoid(net, y, path), path);
  };

/** Channels weighted by mean and maximum, then positions likewise: https://arxiv.org/abs/1807.06521. `light` takes the mean of the two. */
const cbam =
  (light: boolean): Module =>
  (net, x, path) => {
    const { b } = net;
    const [, c = 1, h = 1, w = 1] = b.shape(x);
    const hidden = makeDivisible(c / 16, 1, 0);
    const channel = `${path}.channel`;
    // Both branches share their layers.
    const shared: Net = { ...net, key: (name) => name.replace(/\.(mean|max)\./, '.') };
    const excite = (pooled: string, branch: string) => {
      const y = relu(net, plain(shared, pooled, `${channel}${branch}.fc1`, hidden, false), `${channel}${branch}`);
      return plain(shared, y, `${channel}${branch}.fc2`, c, false);
    };
    const window = { kernel: [h, w], stride: [h, w], padding: [0, 0], ceilMode: false, countIncludePad: true } as const;
    const [mean, max] = [gap(net, x, channel), b.add('max_pool2d', `${channel}.max`, [x], window)];
    const y = light
      ? excite(halfOfEach(net, mean, max, channel), '')
      : b.add('add', `${channel}.add`, [excite(mean, '.mean'), excite(max, '.max')], {});
    const scaled = scale(net, x, sigmoid(net, y, channel), channel);
    const spatial = `${path}.spatial`;
    const pooled = b.add('channel_pool', `${spatial}.pool`, [scaled], { average: light });
    const mask = normAt(net, plain(net, pooled, `${spatial}.conv.conv`, 1, false, 7), `${spatial}.conv.bn`, batchNorm);
    return scaleMap(net, scaled, sigmoid(net, mask, spatial), spatial);
  };

/** The mean of two pooled vectors, computed by pooling two rows. */
function halfOfEach({ b }: Net, mean: string, max: string, path: string): string {
  const [n = 1, c = 1] = b.shape(mean);
  const both = b.add('concat', `${path}.both`, [mean, max], {});
  const rows = b.add('reshape', `${path}.rows`, [both], { shape: [n, 1, 2, c] });
  const window = { kernel: [2, 1], stride: [2, 1], padding: [0, 0], ceilMode: false, countIncludePad: true } as const;
  const half = b.add('avg_pool2d', `${path}.half`, [rows], window);
  return b.add('reshape', `${path}.pooled`, [half], { shape: [n, c, 1, 1] });
}

/** Means of rows and columns. */
function strips({ b }: Net, x: string, path: string): [rows: string, columns: string] {
  const [, , h = 1, w = 1] = b.shape(x);
  const mean = (name: string, kernel: Pair) => {
    const attributes: OpAttributes['avg_pool2d'] = { kernel, stride: kernel, padding: [0, 0], ceilMode: false, countIncludePad: true };
    return b.add('avg_pool2d', `${path}.${name}`, [x], attributes);
  };
  return [mean('rows', [1, w]), mean('columns', [h, 1])];
}

/** https://arxiv.org/abs/2103.02907 */
const coordinate: Module = (net, x, path) => {
  const channels = net.b.channels(x);
  const hidden = makeDivisible((channels / 16) * (2 / 3), 8, 0);
  // Rows and columns share one layer.
  const shared: Net = { ...net, key: (name) => name.replace(/\.(rows|columns)\./, '.') };
  const [rows, columns] = strips(net, x, path);
  const factors = (strip: string, side: string, out: string) => {
    const y = normAt(shared, plain(shared, strip, `${path}.${side}.conv1`, hidden, false), `${path}.${side}.bn1`, batchNorm);
    const z = plain(net, net.b.add('hard_swish', `${path}.${side}.act`, [y], {}), `${path}.${out}`, channels, false);
    return sigmoid(net, z, `${path}.${side}`);
  };
  const byColumn = scaleMap(net, x, factors(columns, 'columns', 'conv_w'), `${path}.columns`);
  return scaleMap(net, byColumn, factors(rows, 'rows', 'conv_h'), path);
};

const simpleCoordinate: Module = (net, x, path) => {
  const channels = net.b.channels(x);
  const hidden = makeDivisible(0.25 * channels * (2 / 3), 8, 0);
  const shared: Net = { ...net, key: (name) => name.replace(/\.(rows|columns)\./, '.') };
  const [rows, columns] = strips(net, x, path);
  const factors = (strip: string, side: string, out: string) => {
    const y = plain(shared, strip, `${path}.${side}.fc1`, hidden, true);
    return plain(net, net.b.add('silu', `${path}.${side}.act`, [y], {}), `${path}.${out}`, channels, true);
  };
  const sum = net.b.add('add_broadcast', `${path}.add`, [factors(rows, 'rows', 'fc_h'), factors(columns, 'columns', 'fc_w')], {});
  return scaleMap(net, x, sigmoid(net, sum, path), path);
};

/** A depthwise convolution along a strip of means. */
function stripConv({ b, key = (name) => name }: Net, x: string, name: string, kernel: Pair): string {
  const channels = b.channels(x);
  const [v, u] = [kernel[0] >> 1, kernel[1] >> 1];
  return b.add(
    'conv2d',
    name,
    [x],
    { outChannels: channels, kernel, stride: [1, 1], padding: [v, u, v, u], dilation: [1, 1], groups: channels, bias: false },
    { weight: { key: `${key(name)}.weight`, shape: [channels, 1, ...kernel] } },
  );
}

/** https://arxiv.org/abs/2403.01123 */
const efficientLocal: Module = (net, x, path) => {
  const oneGroup: NormSetting = { ...batchNorm, type: 'gn', groups: 1, running: false };
  const [rows, columns] = strips(net, x, path);
  const factors = (strip: string, side: string, kernel: Pair) => {
    const y = normAt(net, stripConv(net, strip, `${path}.conv_${side}`, kernel), `${path}.norm_${side}`, oneGroup);
    return sigmoid(net, net.b.add('silu', `${path}.act_${side}`, [y], {}), `${path}.${side}`);
  };
  const byRow = scaleMap(net, x, factors(rows, 'h', [7, 1]), `${path}.rows`);
  return scaleMap(net, byRow, factors(columns, 'w', [1, 7]), path);
};

const strip: Module = (net, x, path) => {
  const [rows, columns] = strips(net, x, path);
  const parts: [string, string] = [stripConv(net, rows, `${path}.conv_h`, [3, 1]), stripConv(net, columns, `${path}.conv_w`, [1, 3])];
  return scaleMap(net, x, sigmoid(net, net.b.add('add_broadcast', `${path}.add`, parts, {}), path), path);
};

/** ResNeSt's attention, without norms: https://arxiv.org/abs/2004.08955 */
const split: Module = (net, x, path) => {
  const { b } = net;
  const [channels, radix] = [b.channels(x), 2];
  const y = relu(net, conv(net, x, `${path}.conv`, channels * radix, 3, { groups: radix, layer: 'plain' }), path);
  let a = gap(net, b.add('radix_sum', `${path}.sum`, [y], { radix }), path);
  a = plain(net, a, `${path}.fc1`, makeDivisible((channels * radix) / 4, 8, 0.9, 32), true);
  a = plain(net, b.add('relu', `${path}.act1`, [a], {}), `${path}.fc2`, channels * radix, true);
  return b.add('radix_apply', path, [y, b.add('radix_softmax', `${path}.softmax`, [a], { radix, groups: 1 })], { radix });
};

/** https://arxiv.org/abs/1711.07971 */
const nonLocal: Module = (net, x, path) => {
  const { b } = net;
  const [n = 1, c = 1, h = 1, w = 1] = b.shape(x);
  const hidden = makeDivisible(c / 8, 8);
  const flat = (name: string) =>
    b.add('reshape', `${path}.${name}_flat`, [plain(net, x, `${path}.${name}`, hidden, true)], { shape: [n, hidden, h * w] });
  const energy = b.add('matmul', `${path}.energy`, [flat('t'), flat('p')], { transposeA: true, transposeB: false, scale: c ** -0.5 });
  const attention = b.add('softmax', `${path}.softmax`, [energy], { dim: 2 });
  const sum = b.add('matmul', `${path}.sum`, [flat('g'), attention], { transposeA: false, transposeB: true, scale: 1 });
  const map = b.add('reshape', `${path}.map`, [sum], { shape: [n, hidden, h, w] });
  return b.add('add', `${path}.add`, [normAt(net, plain(net, map, `${path}.z`, c, true), `${path}.norm`, batchNorm), x], {});
};

const MODULES = new Map<string, Module>(
  Object.entries({
    ese: effective,
    ecam: ecaMlp,
    ceca: circularEca,
    ge: gatherExcite,
    gc: globalContext('scale'),
    gca: globalContext('add'),
    cbam: cbam(false),
    lcbam: cbam(true),
    coord: coordinate,
    scoord: simpleCoordinate,
    ela: efficientLocal,
    strip,
    splat: split,
    nl: nonLocal,
  }),
);

/** Modules of timm that cannot run here, with the reason. */
const ABSENT = new Map(
  Object.entries({
    lambda: 'Lambda layers cannot run.',
    bat: 'Bilinear attention transforms cannot run.',
    bottleneck: "Bottleneck attention is for maps of one size, which timm's ResNet does not tell it.",
    halo: "Halo attention is for maps of certain sizes only, and timm's ResNet cannot make it.",
  }),
);

/** Reads an `attn_layer` other than squeeze-and-excitation and ECA. */
export function attentionModule(a: Arguments): Insert {
  const given = a.read('attn_layer');
  const kind = typeof given === 'string' ? given.toLowerCase() : '';
  if (kind === 'sk') return selectiveAttention();
  const module = MODULES.get(kind);
  if (module) return (net, x, { path }) => module(net, x, `${path}.se`);
  const known = `se, eca, sk, ${[...MODULES.keys()].join(', ')}`;
  const reason = ABSENT.get(kind);
  if (!reason) return a.fail('attn_layer', `is ${show(given)}.`, `It must be one of ${known}.`);
  throw new ResnetError('unsupported', reason, { layer: `${a.where}.attn_layer`, hint: `Use a network with one of ${known}.` });
}
