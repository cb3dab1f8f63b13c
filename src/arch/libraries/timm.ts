/** timm's ResNet, RegNet and (legacy) SENet classes, from their arguments. Model functions: timm-entrypoints.ts. */
import { isCount, LIMITS } from '../../util/limits.ts';
import { textOf } from '../../util/show.ts';
import { readActivation } from '../activation.ts';
import type { Arguments } from '../arguments.ts';
import { antialias } from '../blocks/antialias.ts';
import { basic } from '../blocks/basic.ts';
import { bottleneck, ordinary } from '../blocks/bottleneck.ts';
import { efficientChannelAttention, makeDivisible, squeezeExcite } from '../blocks/channel-attention.ts';
import type { Insert } from '../blocks/insert.ts';
import { res2 } from '../blocks/res2.ts';
import { averagedDown, splitAttention } from '../blocks/split-attention.ts';
import { linearHead } from '../head-parts.ts';
import { type Activation, activate, batchNorm, conv, type Net, type NormSetting, normAt } from '../layers.ts';
import { needed, type Variants } from '../needed.ts';
import type { Network } from '../network.ts';
import type { Block, Place } from '../place.ts';
import { poolings } from '../pooling.ts';
import { regnetStages } from '../regnet-widths.ts';
import { projection } from '../shortcut.ts';
import type { Stage } from '../stage.ts';
import { type StemOptions, stem } from '../stem.ts';
import { regnetTrunk } from './regnet-trunk.ts';
import { dilatedStrides, readLayers } from './timm-stages.ts';

export function timmNetwork(a: Arguments, variants?: Variants): Network {
  const type = a.type(['ResNet', 'RegNet', 'SENet', 'ResNetV2']);
  a.ignore('drop_rate', 'drop_path_rate', 'drop_block_rate', 'pretrained');
  const frame = {
    inChannels: a.integer('in_chans', 3),
    conv: undefined,
    norm: batchNorm,
    zeroInitResidual: a.boolean('zero_init_last', type !== 'ResNetV2'),
    head: readHead(a),
  };
  // The same as timm's create_model with features_only: the maps of the stages, without anything after the last stage.
  const bare = a.boolean('features_only', false) && { head: undefined, tail: undefined };
  const network = { ...frame, ...trunkOf(type, a, variants), ...bare };
  return { ...network, outIndices: network.stages.map((_, i) => i) };
}

function trunkOf(type: string, a: Arguments, variants: Variants | undefined): Trunk {
  if (type === 'ResNetV2') return needed(variants).resnetV2(a);
  return type === 'ResNet' ? resnet(a, variants) : type === 'RegNet' ? regnet(a) : senet(a);
}
/** `''` (no pooling) leaves nothing that a linear layer could read. */
const POOLINGS = ['avg', 'max', 'avgmax', 'catavgmax'] as const;

function readHead(a: Arguments): Network['head'] {
  const classes = a.integer('num_classes', 1000, { min: 0, max: LIMITS.classes });
  const pooling = a.choice('global_pool', classes ? POOLINGS : [...POOLINGS, ''], 'avg');
  return classes && pooling ? linearHead(classes, poolings[pooling]) : undefined;
}

type Trunk = Pick<Network, 'stem' | 'stages' | 'structure'> & Partial<Network>;

/** Block classes, and their output channels as a multiple of the planes. */
const expansions: Record<string, number> = {
  BasicBlock: 1,
  Bottleneck: 4,
  Bottle2neck: 4,
  ResNestBottleneck: 4,
  SelectiveKernelBasic: 1,
  SelectiveKernelBottleneck: 4,
};

function resnet(a: Arguments, variants: Variants | undefined): Trunk {
  const layers = readLayers(a);
  const given = a.read('block');
  const kinds = layers.map((_, i) => textOf(Array.isArray(given) ? given[i] : given));
  for (const kind of kinds)
    if (!Object.hasOwn(expansions, kind)) a.fail('block', `is ${kind}.`, `Use ${Object.keys(expansions).join(', ')}.`);
  const channels = a.sizes('channels', [64, 128, 256, 512]);
  if (channels.length < layers.length)
    a.fail('channels', `has ${channels.length} entries for ${layers.length} stages.`, 'Give one for each stage.');
  const stemWidth = a.integer('stem_width', 64);
  const stemType = a.choice('stem_type', ['', 'deep', 'deep_tiered'], '');
  const avgDown = a.boolean('avg_down', false);
  const aa = readAntialias(a);
  const replacePool = a.boolean('replace_stem_pool', false);
  const widths: StemOptions['widths'] = stemType
    ? [stemType === 'deep_tiered' ? 3 * Math.floor(stemWidth / 4) : stemWidth, stemWidth, 2 * stemWidth]
    : [64];
  const shortcut = projection({ avgDown, samePool: 'stage', kernel: a.integer('down_kernel_size', 1) });
  const makeBlock = blockMaker(a, aa, variants);
  const pruned = readPruned(a, layers);
  const strides = dilatedStrides(a, layers.length, 4, 1);
  let before = 1;
  const stages = layers.map((blocks, i): Stage => {
    const { stride, dilation } = strides[i] ?? { stride: 1, dilation: 1 };
    const kind = kinds[i] ?? '';
    const planes = channels[i] ?? 0;
    const stage = {
      blocks,
      stride,
      dilation,
      firstDilation: before,
      out: pruned?.[i]?.[0] ?? planes * (expansions[kind] ?? 1),
      block: makeBlock(kind, planes, pruned?.[i]?.slice(1)),
      shortcut,
    };
    before = dilation;
    return stage;
  });
  const pool = !replacePool ? (aa ?? 'max') : aa ? (`conv-${aa}` as const) : 'conv';
  return {
    stem: stem({ widths, kernel: 7, stride: 2, pool }),
    stages,
    structure: { trunk: 'resnet', avgDown },
    ...readNorm(a),
  };
}

/** Channels that pruning left, for each stage: of the blocks, then of the first two convolutions of each block. */
function readPruned(a: Arguments, layers: readonly number[]): number[][] | undefined {
  const given = a.read('pruned');
  if (given === undefined) return undefined;
  const fits =
    Array.isArray(given) &&
    given.length === layers.length &&
    given.every(
      (row, i) => Array.isArray(row) && row.length === 1 + 2 * (layers[i] ?? 0) && row.every((width) => isCount(width, 'channels')),
    );
  return fits ? given : a.fail('pruned', 'does not fit the layers.', 'Give for each stage its channels, and two numbers for each block.');
}

type MakeBlock = (kind: string, planes: number, pruned?: readonly number[]) => Block;

/** Reads the arguments that shape blocks, and returns a function that makes the block of a stage. */
function blockMaker(a: Arguments, aa: 'blur' | 'avg' | undefined, variants: Variants | undefined): MakeBlock {
  const groups = a.integer('cardinality', 1);
  const baseWidth = a.integer('base_width', 64);
  const reduceFirst = a.integer('block_reduce_first', 1);
  const extra = a.dict('block_args', {});
  const attention = extra && readAttention(extra, variants);
  const scales = extra?.integer('scale', 4, { max: LIMITS.parts }) ?? 4;
  const radix = extra?.integer('radix', 1, { min: 0, max: LIMITS.parts }) ?? 1;
  const avd = extra?.boolean('avd', false);
  const averageDown = avd ? (extra?.boolean('avd_first', false) ? 'first' : 'last') : undefined;
  extra?.ignore('avd_first');
  const selective = extra?.dict('sk_kwargs');
  extra?.done();
  const antialiased = (at: Place): Insert | undefined =>
    aa && needsPool(at) ? (net, x) => antialias(aa)(net, x, at.path, at.stride) : undefined;
  return (kind, planes, pruned) => {
    const mid = Math.floor(planes * (baseWidth / 64)) * groups;
    switch (kind) {
      case 'BasicBlock':
        if (groups !== 1 || baseWidth !== 64)
          a.fail('cardinality', 'and base_width need bottlenecks.', 'Use cardinality 1 and base_width 64.');
        return (net, x, at) => {
          const attend = attention?.(planes);
          const first = Math.floor(planes / reduceFirst);
          return basic({ mid: first, dilateSecond: true, attention: attend, downsample: antialiased(at) })(net, x, at);
        };
      case 'Bottle2neck': {
        const middle = res2({ width: mid, scales, groups, isStage: (at) => at.projected, poolUnstrided: true });
        return bottleneck({ mid: mid * scales, middle, after3: attention?.(4 * planes) });
      }
      case 'ResNestBottleneck': {
        const inner = makeDivisible((mid * radix) / 4, 8, 0.9, 32);
        const middle = radix ? splitAttention({ channels: mid, radix, groups, inner }) : ordinary({ mid, groups });
        return bottleneck({ mid, middle: averagedDown(averageDown, middle) });
      }
      case 'SelectiveKernelBasic':
      case 'SelectiveKernelBottleneck': {
        const basic = kind.endsWith('Basic');
        const [width, out] = basic ? [planes, planes] : [mid, 4 * planes];
        const shape = { basic, mid: width, first: Math.floor(width / reduceFirst), groups };
        return needed(variants).selectiveBlock({
          ...shape,
          kernel: selective,
          attention: attention?.(out),
          antialias: aa && antialias(aa),
        });
      }
      default:
        return (net, x, at) => {
          const block = 2 * Number(at.path.split('.').at(-1));
          const [first = Math.floor(mid / reduceFirst), second = mid] = pruned?.slice(block) ?? [];
          return bottleneck({ mid: second, first, groups, downsample: antialiased, after3: attention?.(4 * planes) })(net, x, at);
        };
    }
  };
}

const needsPool = (at: { stride: number; dilation: number; stageDilation: number }) => at.stride === 2 || at.dilation !== at.stageDilation;

/** From the channels before pruning to the attention module. */
function readAttention(a: Arguments, variants: Variants | undefined): ((width: number) => Insert) | undefined {
  const kind = a.read('attn_layer') || undefined;
  if (kind === 'eca') return efficientChannelAttention;
  if (kind !== undefined && kind !== 'se') {
    const insert = needed(variants).attentionModule(a);
    return () => insert;
  }
  const ratio = a.number('rd_ratio', 1 / 16, { min: 0, max: 16 });
  return kind && (() => squeezeExcite((channels) => makeDivisible(channels * ratio, 8, 0), { relu: true }));
}

function readAntialias(a: Arguments): 'blur' | 'avg' | undefined {
  const kind = a.choice('aa_layer', ['', 'blur', 'avg', 'blurpool', 'avgpool'], '');
  return kind ? (kind.startsWith('blur') ? 'blur' : 'avg') : undefined;
}

function readNorm(a: Arguments): { norm: NormSetting; activation: Activation } {
  const activation = readActivation(a, 'act_layer');
  // With arguments that are not the defaults.
  const own = typeof a.read('norm_layer') === 'object' ? a.dict('norm_layer') : undefined;
  const kinds = ['batchnorm', 'batchnorm2d', 'groupnorm'];
  const kind = own ? own.type(kinds) : a.choice('norm_layer', kinds, 'batchnorm');
  const groupSize = own?.integer('group_size', 0, { min: 0 });
  own?.done();
  return {
    activation,
    norm: kind === 'groupnorm' ? { type: 'gn', eps: 1e-5, affine: true, groups: 32, groupSize, running: false } : batchNorm,
  };
}

/** X and Y. V has norms before the convolutions. Z and W have wide blocks without an activation at the end, or without projections. */
function regnet(a: Arguments): Trunk {
  const preact = a.boolean('preact', false);
  const linear = a.boolean('linear_out', false);
  const features = a.integer('num_features', 0, { min: 0 });
  // Null means that there is none.
  const downsample =
    a.has('downsample') && a.read('downsample') === undefined ? '' : a.choice('downsample', ['conv1x1', 'avg', ''], 'conv1x1');
  const avgDown = downsample === 'avg';
  const p = {
    depth: a.integer('depth', 21, { max: LIMITS.blocks }),
    w0: a.integer('w0', 80),
    wa: a.number('wa', 42.63),
    wm: a.number('wm', 2.66),
    groupWidth: a.integer('group_size', 24),
    bottleneckRatio: a.number('bottle_ratio', 1, { min: 0 }),
  };
  if (p.wa < 0 || p.wm <= 1 || p.w0 % 8)
    a.fail('w0', `${p.w0}, wa ${p.wa}, wm ${p.wm} do not make a RegNet.`, 'w0 must be a multiple of 8, wa not negative, wm above 1.');
  const shapes = regnetStages(p, a.number('group_min_ratio', 0) ? 'divisible' : 'even');
  const shortcut = downsample ? projection({ avgDown, samePool: 'block', norm: !preact }) : () => undefined;
  const trunk = regnetTrunk(shapes, a.integer('stem_width', 32), a.number('se_ratio', 0, { min: 0, max: 16 }), {
    preact,
    linear,
    shortcut,
  });
  const strides = dilatedStrides(a, shapes.length, 2, 0);
  const stages = trunk.stages.map((stage, i) => ({ ...stage, ...strides[i], firstDilation: (strides[i]?.dilation ?? 1) > 2 ? 2 : 1 }));
  const tail = (net: Net, x: string) => {
    if (features) return activate(net, normAt(net, conv(net, x, 'final_conv.conv', features, 1), 'final_conv.bn'), 'final_conv.relu');
    return linear || preact ? activate(net, x, 'final_conv') : x;
  };
  return { ...trunk, stages, tail, structure: { trunk: preact ? 'preact-regnet' : 'regnet', avgDown }, ...readNorm(a) };
}

/** The older SENets: Caffe's pooling, strides on the first convolution of SE-ResNet's bottlenecks. */
function senet(a: Arguments): Trunk {
  const kind = a.choice('block', ['SEResNetBlock', 'SEResNetBottleneck', 'SEResNeXtBottleneck', 'SEBottleneck']);
  const layers = readLayers(a);
  const groups = a.integer('groups', 1);
  const reduction = a.integer('reduction', 16);
  const inplanes = a.integer('inplanes', 64);
  const deep = a.boolean('input_3x3', false);
  const shortcut = projection({ kernel: a.integer('downsample_kernel_size', 1) });
  a.ignore('downsample_padding');
  const attention = squeezeExcite((channels) => Math.floor(channels / reduction));
  const stages = layers.map((blocks, i): Stage => {
    const planes = 64 * 2 ** i;
    const block: Record<string, () => Block> = {
      SEResNetBlock: () => basic({ attention, activateLast: true }),
      SEResNetBottleneck: () => bottleneck({ mid: planes, groups, style: 'caffe', after3: attention }),
      SEResNeXtBottleneck: () => bottleneck({ mid: Math.floor(planes / 16) * groups, groups, after3: attention }),
      SEBottleneck: () => bottleneck({ mid: planes * 4, first: planes * 2, groups, after3: attention }),
    };
    const out = kind === 'SEResNetBlock' ? planes : 4 * planes;
    return { blocks, stride: i ? 2 : 1, dilation: 1, out, block: block[kind]?.() ?? basic(), shortcut };
  });
  return {
    stem: stem({ widths: deep ? [64, 64, inplanes] : [inplanes], kernel: 7, stride: 2, pool: 'caffe' }),
    stages,
    structure: { trunk: 'senet', avgDown: false },
  };
}
