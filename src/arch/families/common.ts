/** Arguments that all OpenMMLab backbones of the family share. */
import type { Arguments } from '../arguments.ts';
import type { BottleneckOptions } from '../blocks/bottleneck.ts';
import { parseNorm } from '../layers.ts';
import { needed } from '../needed.ts';
import type { Network } from '../network.ts';

export interface Common extends Pick<Network, 'inChannels' | 'conv' | 'norm' | 'outIndices' | 'zeroInitResidual'> {
  strides: number[];
  dilations: number[];
  /** The effect of dcn and plugins on the bottlenecks of a stage. `undefined` if they have none. */
  extras: (stage: number) => Extras;
}

export type Extras = Pick<BottleneckOptions, 'conv2' | 'after1' | 'after2' | 'after3'>;

export interface CommonOptions {
  mmdet: boolean;
  stages: number;
  strides: readonly number[];
  /** Whether dcn's fallback_on_stride reaches the blocks. Only plain ResNet passes it on. */
  fallback?: boolean;
}

export function readCommon(a: Arguments, { mmdet, stages, strides, fallback = false }: CommonOptions): Common {
  const common = {
    inChannels: a.integer('in_channels', 3),
    strides: a.perStage('strides', strides, stages, 'number'),
    dilations: a.perStage('dilations', [1, 1, 1, 1], stages, 'number'),
    outIndices: readOutIndices(a, mmdet ? [0, 1, 2, 3] : [3], stages),
    norm: parseNorm(a.dict('norm_cfg')),
    zeroInitResidual: a.boolean('zero_init_residual', true),
  };
  a.integer('frozen_stages', -1, { min: -1, max: stages });
  a.boolean('norm_eval', mmdet);
  a.boolean('with_cp', false);
  a.ignore('init_cfg');
  const convCfg = a.dict('conv_cfg');
  const conv = convCfg && needed(a.variants).parseConv(convCfg);
  if (!mmdet) return { ...common, conv, extras: () => ({}) };
  const pretrained = a.read('pretrained');
  if (pretrained !== undefined && typeof pretrained !== 'string')
    a.fail('pretrained', 'is deprecated, and must be a string or null.', 'Remove it.');
  if (pretrained !== undefined && a.read('init_cfg')) a.fail('pretrained', 'cannot be combined with init_cfg.', 'Remove it.');
  return { ...common, conv, extras: readExtras(a, stages, convCfg !== undefined, fallback) };
}

function readOutIndices(a: Arguments, fallback: number[], stages: number): number[] {
  const indices = a.integers('out_indices', fallback);
  const max = Math.max(...indices);
  if (!indices.length) a.fail('out_indices', 'is empty.', `Name at least one stage of 0 to ${stages - 1}.`);
  if (max >= stages)
    a.fail('out_indices', `has ${max}, but the last of ${stages} stages is ${stages - 1}.`, `Use indices from 0 to ${stages - 1}.`);
  // In the reference a negative index matches no stage, and the order of indices does not matter.
  return [...new Set(indices)].filter((index) => index >= 0).sort((x, y) => x - y);
}

function readExtras(a: Arguments, stages: number, hasConv: boolean, fallback: boolean): (stage: number) => Extras {
  const dcn = a.dict('dcn');
  const conv2 = dcn && needed(a.variants).parseConv(dcn, ['DCN', 'DCNv2']);
  const on = dcn ? a.perStage('stage_with_dcn', [false, false, false, false], stages, 'boolean') : [];
  a.ignore('stage_with_dcn');
  const first = on.indexOf(true);
  if (first >= 0 && hasConv) a.fail('dcn', 'cannot be combined with conv_cfg.', 'Remove one of the two.');
  // In the reference the first block that sees the setting removes it from the shared dict.
  const fallsBack = fallback && dcn?.boolean('fallback_on_stride', false);
  const plugins = a.read('plugins') === undefined ? undefined : needed(a.variants).parsePlugins(a, stages);
  return (stage) => ({
    ...plugins?.(stage),
    ...(on[stage] && { conv2: (at) => (fallsBack && stage === first && at.first ? undefined : conv2) }),
  });
}
