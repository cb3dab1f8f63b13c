/**
 * A ResNet of any widths and depths, stage by stage. It is for networks that no library publishes, and for properties that leave
 * no trace in a checkpoint (strides, pooling, dilation, anti-aliasing). The checkpoint reader writes such configurations. Users can, too.
 */
import { CURVES } from '../../graph/curve-ops.ts';
import { LIMITS } from '../../util/limits.ts';
import { readActivation } from '../activation.ts';
import { Arguments } from '../arguments.ts';
import { antialias } from '../blocks/antialias.ts';
import { basic } from '../blocks/basic.ts';
import { bottleneck, type Middle } from '../blocks/bottleneck.ts';
import { efficientChannelAttention, squeezeExcite } from '../blocks/channel-attention.ts';
import type { Insert } from '../blocks/insert.ts';
import { res2 } from '../blocks/res2.ts';
import { selectiveBlock } from '../blocks/selective-kernel.ts';
import { averagedDown, splitAttention } from '../blocks/split-attention.ts';
import { type Activation, type ConvLayer, conv, parseNorm } from '../layers.ts';
import type { Network } from '../network.ts';
import type { Block, Place, Shortcut } from '../place.ts';
import { projection, shortcutA, shortcutZerosBehind } from '../shortcut.ts';
import type { Stage } from '../stage.ts';
import { type StemOptions, stem } from '../stem.ts';

const POOLS = ['max', 'caffe', 'avg', 'conv', 'none'] as const;

/** Channels of the stem: one convolution, or three of 3x3. */
export function generalResnet(a: Arguments): Network {
  const layers = a.integers('layers');
  const count = layers.length;
  if (!count || layers.some((blocks) => blocks < 1)) a.fail('layers', `is [${layers.join(', ')}].`, 'Give the blocks of each stage.');
  const isBasic = a.choice('block', ['BasicBlock', 'Bottleneck']) === 'BasicBlock';
  const channels = a.perStage('channels', [], count, 'number');
  const perStage = (name: string, fallback: number[]) => a.perStage(name, fallback, count, 'number');
  const mid = perStage(
    'mid_channels',
    channels.map((width) => (isBasic ? width : width >> 2 || 1)),
  );
  const first = perStage('first_channels', mid);
  const groups = perStage(
    'groups',
    channels.map(() => 1),
  );
  const strides = perStage(
    'strides',
    channels.map((_, i) => (i ? 2 : 1)),
  );
  const dilations = perStage(
    'dilations',
    channels.map(() => 1),
  );
  const firstDilations = perStage('first_dilations', dilations);
  const projected = a.perStage(
    'projected',
    channels.map((_, i) => i > 0),
    count,
    'boolean',
  );
  const style = a.choice('style', ['pytorch', 'caffe'], 'pytorch');
  const aa = a.choice('aa_layer', ['', 'avg', 'blur'], '');
  const avgDown = a.boolean('avg_down', false);
  const zeros = a.choice('zeros', ['around', 'behind'], 'around') === 'around' ? shortcutA : shortcutZerosBehind;
  const attention = readAttention(a, count);
  const middle = readMiddle(a, count);
  const bias = a.boolean('conv_bias', false);
  const outIndices = a.integers('out_indices', [count - 1]);
  if (outIndices.some((index) => index < 0 || index >= count))
    a.fail('out_indices', `is [${outIndices.join(', ')}].`, `Use indices from 0 to ${count - 1}.`);

  const stages = layers.map((blocks, i): Stage => {
    const downsample = aa
      ? (at: Place): Insert | undefined => (at.stride > 1 ? (net, x) => antialias(aa)(net, x, at.path, at.stride) : undefined)
      : undefined;
    const shapes = { mid: mid[i] ?? 1, first: first[i], groups: groups[i] ?? 1, isBasic };
    const block: Block = (net, x, at) => {
      // The checkpoint shows whether there is a projection, even if shapes do not require one.
      const place = { ...at, projected: projected[i] ? at.first : at.projected };
      const gate = attention(i, at.first);
      const { block: whole, middle: own } = middle?.(i, shapes, gate.end) ?? {};
      const made =
        whole ??
        (isBasic
          ? basic({ mid: mid[i], dilateSecond: true, downsample: downsample?.(at), attention: gate.end })
          : bottleneck({ ...shapes, style, downsample, after2: gate.middle, after3: gate.end, middle: own }));
      return made(net, x, place);
    };
    const shortcut: Shortcut = projected[i] ? projection({ avgDown }) : zeros;
    return {
      blocks,
      stride: strides[i] ?? 1,
      dilation: dilations[i] ?? 1,
      firstDilation: firstDilations[i],
      out: channels[i] ?? 1,
      block,
      shortcut,
    };
  });
  const biased: ConvLayer = (net, x, name, out, kernel, o) => conv(net, x, name, out, kernel, { ...o, bias: true, layer: 'plain' });
  return {
    inChannels: a.integer('in_channels', 3),
    conv: bias ? biased : undefined,
    norm: parseNorm(a.dict('norm_cfg')),
    activation: activationOf(a),
    stem: stem(readStem(a, aa)),
    stages,
    outIndices: [...new Set(outIndices)].sort((x, y) => x - y),
    structure: { trunk: 'resnet', avgDown },
    zeroInitResidual: false,
  };
}

/** `activation_slope` replaces the activation's first attribute (LeakyReLU's slope, ELU's alpha). */
function activationOf(a: Arguments): Activation {
  const activation = readActivation(a, 'activation');
  if (typeof activation === 'string') return activation;
  const [[name, value] = ['', 0]] = Object.entries(CURVES[activation.op]);
  return { ...activation, [name]: a.number('activation_slope', value) };
}

function readStem(a: Arguments, aa: '' | 'avg' | 'blur'): StemOptions {
  const s = a.dict('stem', {});
  const widths = s?.integers('channels', [64]) ?? [];
  const [x = 64, y, z] = widths;
  if (widths.length !== 1 && widths.length !== 3) a.fail('stem.channels', `has ${widths.length} entries.`, 'Give one width, or three.');
  const kernel = s?.integer('kernel', 7) ?? 7;
  const stride = s?.choice('stride', [1, 2], 2) ?? 2;
  const pool = s?.choice('pool', POOLS, 'max') ?? 'max';
  const activated = s?.boolean('activated', true) ?? true;
  s?.done();
  return {
    widths: y !== undefined && z !== undefined ? [x, y, z] : [x],
    kernel,
    stride,
    pool: pool === 'max' && aa ? aa : pool === 'conv' && aa ? `conv-${aa}` : pool,
    activated,
  };
}

interface Gate {
  end?: Insert;
  middle?: Insert;
}

/**
 * `{ type: 'SE', channels: [4, 8, 16, 32] }` with the inner width for each stage, or `{ type: 'ECA' }`. Between the two layers
 * of SE is a ReLU, or with `activated` the network's activation.
 */
function readAttention(a: Arguments, stages: number): (stage: number, first: boolean) => Gate {
  const given = a.dict('attention');
  if (!given) return () => ({});
  const type = given.type(['SE', 'ECA']);
  const inner = type === 'SE' ? given.perStage('channels', [], stages, 'number') : [];
  const ofFirst = type === 'SE' ? given.perStage('first_channels', inner, stages, 'number') : [];
  const place = given.choice('place', ['end', 'middle'], 'end');
  const relu = !given.boolean('activated', false);
  given.done();
  return (stage, first) => {
    const width = (first ? ofFirst : inner)[stage] ?? 1;
    return { [place]: type === 'ECA' ? efficientChannelAttention() : squeezeExcite(() => width, { relu }) };
  };
}

interface Shapes {
  mid: number;
  first: number | undefined;
  groups: number;
  isBasic: boolean;
}

/** Replaces a block's 3x3 convolution, or the whole block if its other convolutions have other names, too. */
type Special = (stage: number, shapes: Shapes, attention: Insert | undefined) => { middle?: Middle; block?: Block };

/** `{ type: 'Res2', scales: 4 }`, `{ type: 'SplitAttention', radix: 2, channels: [32, 64, 128, 256] }`, `{ type: 'SelectiveKernel', channels: [16, …] }`. */
function readMiddle(a: Arguments, stages: number): Special | undefined {
  const m = a.dict('middle');
  if (!m) return undefined;
  const type = m.type(['Res2', 'SplitAttention', 'SelectiveKernel']);
  if (type === 'Res2') {
    const scales = m.integer('scales', 4, { min: 2, max: LIMITS.parts });
    const poolUnstrided = m.boolean('pool_unstrided', true);
    m.done();
    return (_, { mid, groups }) => {
      if (mid % scales) a.fail('mid_channels', `has ${mid}, which is not a multiple of ${scales} scales.`, 'Give such a multiple.');
      return { middle: res2({ width: mid / scales, scales, groups, isStage: (at) => at.first, poolUnstrided }) };
    };
  }
  const inner = m.perStage('channels', [], stages, 'number');
  if (type === 'SelectiveKernel') {
    const paths = m.integer('paths', 2, { min: 2, max: LIMITS.parts / 2 });
    const split = m.boolean('split', false);
    m.done();
    const sizes = Array.from({ length: paths }, (_, i) => 3 + 2 * i);
    return (stage, { isBasic, ...shapes }, attention) => {
      const kernel = new Arguments('middle', { kernel_size: sizes, split_input: split, rd_channels: inner[stage] });
      return { block: selectiveBlock({ ...shapes, basic: isBasic, first: shapes.first ?? shapes.mid, kernel, attention }) };
    };
  }
  const radix = m.integer('radix', 2, { max: LIMITS.parts });
  const stride = m.choice('stride', ['average', 'average_first', 'convolution'], 'average');
  m.done();
  const averaged = ({ average: 'last', average_first: 'first', convolution: undefined } as const)[stride];
  return (stage, { mid, groups }) => ({
    middle: averagedDown(averaged, splitAttention({ channels: mid, radix, groups, inner: inner[stage] ?? 1 })),
  });
}
