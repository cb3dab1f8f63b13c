/**
 * ResNet and the families derived from it. A family is a {@link Variant}: its depths, and the block of a stage. Stem, stage loop and
 * shortcut are shared. OpenMMLab's classes likewise override make_res_layer.
 */
import type { Arguments } from '../arguments.ts';
import { basic } from '../blocks/basic.ts';
import { bottleneck } from '../blocks/bottleneck.ts';
import type { Network } from '../network.ts';
import type { Block } from '../place.ts';
import { basicDepths, bottleneckDepths, type DepthTable } from '../settings.ts';
import { projection } from '../shortcut.ts';
import type { Stage } from '../stage.ts';
import { type StemOptions, stem } from '../stem.ts';
import { type Extras, readCommon } from './common.ts';

export interface Variant {
  /** MMDetection's class instead of MMPretrain's. */
  mmdet?: boolean;
  depths: DepthTable;
  /** Makes the bottlenecks of the stage. When first called, it reads the family's own arguments. */
  block?: (context: StageContext) => Block;
  /** Value that the class fixes. Otherwise it is an argument. */
  deepStem?: boolean;
  avgDown?: boolean;
  /** Defaults, if the class has these arguments. */
  defaults?: { deepStem: boolean; avgDown: boolean };
  /** Whether the shortcut's Sequential contains the pooling even if the stride is 1. */
  cifar?: boolean;
  style?: 'pytorch';
  fallback?: boolean;
  /** Changes the finished stages. */
  adjust?: (stages: Stage[]) => void;
}

export interface StageContext {
  stage: number;
  style: 'pytorch' | 'caffe';
  base: number;
  /** Channels inside a plain bottleneck, and after the block. */
  mid: number;
  out: number;
  extras: Extras;
}

export function resnet(a: Arguments, v: Variant): Network {
  const { mmdet = false, cifar = false } = v;
  const depths = Object.keys(v.depths).map(Number);
  const depth = a.choice('depth', depths);
  const isBasic = depth in basicDepths;
  const blocks = v.depths[depth] ?? [];
  const stages = a.integer('num_stages', 4, { max: 4 });
  const base = a.integer('base_channels', 64);
  const stemChannels = a.integer('stem_channels', mmdet ? base : 64);
  const expansion = mmdet ? (isBasic ? 1 : 4) : readExpansion(a, isBasic);
  const argument = a.choice('style', ['pytorch', 'caffe'], 'pytorch');
  const style = v.style ?? argument;
  const deepStem = v.deepStem ?? a.boolean('deep_stem', v.defaults?.deepStem ?? false);
  const avgDown = v.avgDown ?? a.boolean('avg_down', v.defaults?.avgDown ?? false);
  if (cifar && deepStem) a.fail('deep_stem', 'is true, but CIFAR networks have one convolution.', 'Remove it.');
  if (!mmdet) a.number('drop_path_rate', 0, { min: 0, max: 1 });
  const start = readStem(a, stemChannels, deepStem, cifar);
  const common = readCommon(a, { mmdet, stages, strides: [1, 2, 2, 2], fallback: v.fallback });

  const built = blocks.slice(0, stages).map((count, stage): Stage => {
    const mid = base * 2 ** stage;
    const out = mid * expansion;
    const extras = common.extras(stage);
    if (isBasic) refuseExtras(a, extras);
    const block = isBasic ? basic() : (v.block ?? plain)({ stage, style, base, mid, out, extras });
    return {
      blocks: count,
      stride: common.strides[stage] ?? 1,
      dilation: common.dilations[stage] ?? 1,
      out,
      block,
      shortcut: projection({ avgDown }),
    };
  });
  v.adjust?.(built);
  return { ...common, stem: stem(start), stages: built, structure: { trunk: 'resnet', avgDown } };
}

export function plain({ mid, style, extras }: StageContext): Block {
  return bottleneck({ mid, style, ...extras });
}

/** OpenMMLab's classes have no arguments for `stem_pool` and `stem_stride`. Caffe's networks and some for CIFAR need them. */
function readStem(a: Arguments, channels: number, deep: boolean, cifar: boolean): StemOptions {
  const usual = stemOptions(channels, deep, cifar);
  return {
    ...usual,
    pool: a.choice('stem_pool', ['max', 'caffe', 'none'], usual.pool === 'none' ? 'none' : 'max'),
    stride: a.choice('stem_stride', [1, 2], usual.stride),
  };
}

export function stemOptions(channels: number, deep: boolean, cifar = false): StemOptions {
  if (cifar) return { widths: [channels], kernel: 3, stride: 1, pool: 'none' };
  const half = channels >> 1;
  return { widths: deep ? [half, half, channels] : [channels], kernel: 7, stride: 2, pool: 'max' };
}

function readExpansion(a: Arguments, isBasic: boolean): number {
  const expansion = a.integer('expansion', isBasic ? 1 : 4);
  if (isBasic && expansion !== 1)
    a.fail('expansion', `is ${expansion}, but basic blocks have 1.`, 'Remove it, or use a depth of at least 50.');
  return expansion;
}

function refuseExtras(a: Arguments, { conv2 }: Extras): void {
  if (conv2) a.fail('dcn', 'needs bottlenecks.', 'Use a depth of at least 50.');
  if (a.read('plugins') !== undefined) a.fail('plugins', 'need bottlenecks.', 'Use a depth of at least 50.');
}

const all: DepthTable = { ...basicDepths, ...bottleneckDepths };

/** depth 18 to 152; stride on the 3x3 (`style: 'pytorch'`) or the first 1x1 (`'caffe'`). https://arxiv.org/abs/1512.03385 */
export const resnetFamily = (mmdet: boolean) => (a: Arguments) => resnet(a, { mmdet, depths: all, fallback: true });

/** Deep stem. https://arxiv.org/abs/1812.01187 */
export const resnetV1c = (a: Arguments): Network => resnet(a, { depths: all, deepStem: true, avgDown: false });

/** Deep stem, and average pooling in the shortcuts. */
export const resnetV1d = (mmdet: boolean) => (a: Arguments) =>
  resnet(a, { mmdet, depths: all, deepStem: true, avgDown: true, fallback: true });

/** 3x3 stem of stride 1 without pooling, for 32x32 images. */
export const resnetCifar = (a: Arguments): Network => resnet(a, { depths: all, cifar: true });
