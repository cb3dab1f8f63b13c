/**
 * timm's ResNetV2, from its arguments: https://github.com/huggingface/pytorch-image-models, models/resnetv2.py. Configurations name
 * layers by strings: `norm_layer` is groupnorm, batchnorm2d, evonorms0 or frntlu, `conv_layer` is stdconv2d (`conv_eps`), stdconv2dsame or conv2d.
 */
import type { Weights } from '../../graph/builder.ts';
import type { WeightRole } from '../../graph/types.ts';
import { LIMITS } from '../../util/limits.ts';
import { readActivation } from '../activation.ts';
import type { Arguments } from '../arguments.ts';
import { makeDivisible } from '../blocks/channel-attention.ts';
import { type NormLayer, postactBlock, preactBlock } from '../blocks/v2.ts';
import { samePadding } from '../convs/adaptive-padding.ts';
import { stdConv } from '../convs/std-conv.ts';
import { activate, batchNorm, type ConvSetting, conv, keyOf, type Net, type NormSetting, normAt } from '../layers.ts';
import type { Network } from '../network.ts';
import type { Stage } from '../stage.ts';
import { dilatedStrides, readLayers } from './timm-stages.ts';

export type V2Trunk = Pick<Network, 'stem' | 'stages' | 'structure' | 'conv' | 'tail' | 'activation'>;

const groupNorm: NormSetting = { type: 'gn', eps: 1e-5, affine: true, groups: 32, running: false };

export function resnetV2(a: Arguments): V2Trunk {
  const layers = readLayers(a);
  const channels = a.sizes('channels', [256, 512, 1024, 2048]);
  if (channels.length < layers.length)
    a.fail('channels', `has ${channels.length} entries for ${layers.length} stages.`, 'Give one for each stage.');
  const wider = a.integer('width_factor', 1, { max: LIMITS.parts });
  const basic = a.boolean('basic', false);
  const preact = a.boolean('preact', true);
  if (basic && !preact) a.fail('basic', 'needs preact.', 'Use bottlenecks, or preact: true.');
  const ratio = a.number('bottle_ratio', 0.25, { min: 0, max: 16 });
  const avgDown = a.boolean('avg_down', false);
  const norm = readNormLayer(a, preact);
  const makeBlock = preact ? preactBlock : postactBlock;
  const strides = dilatedStrides(a, layers.length, 4, 1);
  const stages = layers.map((blocks, i): Stage => {
    const out = makeDivisible((channels[i] ?? 0) * wider, 8);
    const { stride, dilation } = strides[i] ?? { stride: 1, dilation: 1 };
    const block = makeBlock({ norm, mid: makeDivisible(out * ratio, 8), basic, avgDown });
    return { blocks, stride, dilation, firstDilation: dilation > 2 ? 2 : 1, out, block, shortcut: () => undefined };
  });
  return {
    activation: readActivation(a, 'act_layer'),
    conv: readConvLayer(a),
    stem: readStem(a, wider, preact ? undefined : norm),
    stages,
    structure: { trunk: 'resnetv2', avgDown },
    tail: (net, x) => (preact ? norm(net, x, 'norm') : x),
  };
}

function readConvLayer(a: Arguments): ConvSetting {
  const kind = a.choice('conv_layer', ['stdconv2d', 'stdconv2dsame', 'conv2d'], 'stdconv2d');
  const eps = a.number('conv_eps', 1e-6, { min: 0, max: 1 });
  return kind === 'conv2d' ? undefined : stdConv(eps, kind === 'stdconv2dsame' ? 'same' : undefined);
}

function readNormLayer(a: Arguments, preact: boolean): NormLayer {
  const kind = a.choice('norm_layer', ['groupnorm', 'batchnorm', 'batchnorm2d', 'evonorms0', 'frntlu'], 'groupnorm');
  if (kind !== 'evonorms0' && kind !== 'frntlu') return normActivation(kind === 'groupnorm' ? groupNorm : batchNorm);
  if (!preact) a.fail('norm_layer', `${kind} needs preact.`, 'Use preact: true, or another norm.');
  return kind === 'frntlu' ? filterResponseNorm : evoNorm;
}

export function normActivation(setting: NormSetting): NormLayer {
  return (net, x, name, bare) => {
    const y = normAt(net, x, name, setting);
    return bare ? y : activate(net, y, `${name}.act`);
  };
}

function tensors(net: Net, x: string, name: string, ...roles: WeightRole[]): Weights {
  return Object.fromEntries(roles.map((role) => [role, { key: keyOf(net, name, role), shape: [net.b.channels(x)] }]));
}

/** Norm and activation in one: https://arxiv.org/abs/2004.02967 */
const evoNorm: NormLayer = (net, x, name) =>
  net.b.add('evo_norm', name, [x], { groups: 32, eps: 1e-5 }, tensors(net, x, name, 'weight', 'bias', 'v'));

/** https://arxiv.org/abs/1911.09737 */
const filterResponseNorm: NormLayer = (net, x, name) =>
  net.b.add('filter_response_norm', name, [x], { eps: 1e-5 }, tensors(net, x, name, 'weight', 'bias', 'tau'));

/** `fixed` and `same` pad the pooling as BiT's original checkpoints expect. Only without preact is there a norm after the last convolution. */
function readStem(a: Arguments, wider: number, last: NormLayer | undefined): Network['stem'] {
  const width = makeDivisible(a.integer('stem_chs', 64) * wider, 8);
  const type = a.choice('stem_type', ['', 'fixed', 'same', 'deep', 'deep_fixed', 'deep_same', 'tiered'], '');
  const pool = type.endsWith('fixed') ? 'fixed' : type.endsWith('same') ? 'same' : 'usual';
  const norm = readNormLayer(a, true);
  const deep = /deep|tiered/.test(type);
  const first = type === 'tiered' ? Math.floor((3 * width) / 8) : width >> 1;
  return (net, input) => {
    let x = input;
    if (deep) {
      x = norm(net, conv(net, x, 'stem.conv1', first, 3, { stride: 2 }), 'stem.norm1');
      x = norm(net, conv(net, x, 'stem.conv2', width >> 1, 3), 'stem.norm2');
      x = conv(net, x, 'stem.conv3', width, 3);
    } else {
      x = conv(net, x, 'stem.conv', width, 7, { stride: 2 });
    }
    if (last) x = last(net, x, `stem.norm${deep ? 3 : ''}`);
    return poolStem(net, x, pool);
  };
}

function poolStem({ b }: Net, x: string, kind: 'fixed' | 'same' | 'usual'): string {
  const window = { kernel: [3, 3], stride: [2, 2], ceilMode: false, countIncludePad: true } as const;
  if (kind === 'usual') return b.add('max_pool2d', 'stem.pool', [x], { ...window, padding: [1, 1] });
  if (kind === 'fixed') {
    const padded = b.add('zero_pad', 'stem.pad', [x], { padding: [1, 1, 1, 1] });
    return b.add('max_pool2d', 'stem.pool', [padded], { ...window, padding: [0, 0] });
  }
  // An odd pixel of padding goes right and below. Ceil mode does the same.
  const [top, left] = samePadding(b.shape(x), 3, { stride: 2, dilation: 1 });
  return b.add('max_pool2d', 'stem.pool', [x], { ...window, padding: [top, left], ceilMode: true });
}
