/**
 * Norms that depend on the input, so that no convolution can absorb them. Statistics are computed in two passes in float32.
 *
 * Group, instance (each channel is a group) and whole-tensor layer norm (one group): `normStatisticsDispatch`, then
 * `normApplyDispatch`. Layer norm over the channels of a pixel: `layerNormDispatch` alone. It also handles pooled vectors, where
 * the whole tensor is one pixel. EvoNorm-S0 and filter response normalisation: `normStatisticsDispatch` as for group and instance
 * norm, then `normActDispatch`.
 *
 * The parameters are always the pack recipe `affine` (gamma and beta; 1 and 0 if the norm has none).
 */
import layerNormShader from '../../../shaders/norm/layer-norm.wgsl?raw';
import normActShader from '../../../shaders/norm/norm-act.wgsl?raw';
import normApplyShader from '../../../shaders/norm/norm-apply.wgsl?raw';
import normStatisticsShader from '../../../shaders/norm/norm-statistics.wgsl?raw';
import { ResnetError } from '../../util/errors.ts';
import { bendName, type Epilogue, ending } from '../lib/epilogue.ts';
import {
  type Dispatch,
  type EndedDispatch,
  elementGrid,
  floatBits,
  grid,
  type Precision,
  requireGroups,
  type View,
  workgroups,
} from '../lib/kernel.ts';
import { lanesFor } from '../lib/lanes.ts';
import { place, requireSameSlices, requireSingleSlice } from '../lib/views.ts';

export interface NormStatisticsParams {
  layer: string;
  input: View;
  /** Groups of channels, each normalised separately. */
  groups: number;
  eps: number;
  /** Whether the mean is subtracted. Default true. */
  centered?: boolean;
}

/** Bytes of a view's statistics: mean, scale and shift of every channel of every image, in float32. */
export function normStatisticsBytes(layer: string, input: View): number {
  return input.n * requireGroups(layer, input) * 48;
}

/** Buffers: input (NHWC4), parameters, statistics (out). */
export function normStatisticsDispatch(
  { layer, input, groups, eps, centered = true }: NormStatisticsParams,
  precision: Precision,
): Dispatch {
  const channels = requireSingleSlice(layer, input);
  if (channels % groups !== 0) {
    throw new ResnetError('shape', `${channels} channels cannot be split into ${groups} groups.`, {
      layer,
      hint: 'Choose num_groups to divide every width.',
    });
  }
  return {
    kernel: 'norm-statistics',
    shader: normStatisticsShader,
    variant: `${groups}${centered ? '' : ' squares'}`,
    precision,
    constants: { CENTERED: centered },
    bindings: ['read', 'read', 'write'],
    uniforms: {
      groups: requireGroups(layer, input),
      channels,
      part: channels / groups,
      pixels: input.h * input.w,
      ...place('in', input),
      eps: floatBits(eps),
    },
    workgroups: workgroups(layer, groups, input.n),
  };
}

export interface NormApplyParams {
  layer: string;
  input: View;
  output: View;
  epilogue: Epilogue<View>;
}

/** Buffers: input (NHWC4), statistics, residual (NHWC4; any buffer if there is none), output (NHWC4). */
export function normApplyDispatch({ layer, input, output, epilogue }: NormApplyParams, precision: Precision): EndedDispatch {
  const { residual } = epilogue;
  const groups = requireSameSlices(layer, input, residual, output);
  const { constants, ends } = ending(epilogue);
  return {
    kernel: 'norm-apply',
    shader: normApplyShader,
    variant: `${residual ? 'residual' : 'plain'}${bendName(epilogue)}`,
    precision,
    constants: { ...constants, RESIDUAL: residual !== undefined },
    ends,
    bindings: ['read', 'read', 'read', 'write'],
    uniforms: { groups, pixels: input.h * input.w, ...place('in', input), ...place('residual', residual), ...place('out', output) },
    workgroups: elementGrid(layer, groups, output),
  };
}

export interface NormActParams extends Pick<NormApplyParams, 'layer' | 'input' | 'output'> {
  /** EvoNorm-S0, or filter response normalisation with its thresholds. */
  kind: 'evo' | 'threshold';
}

/** Buffers: input (NHWC4), statistics, slopes or thresholds (float32, one for each channel), output (NHWC4). */
export function normActDispatch({ layer, kind, input, output }: NormActParams, precision: Precision): Dispatch {
  const groups = requireSameSlices(layer, input, output);
  requireSingleSlice(layer, input);
  return {
    kernel: 'norm-act',
    shader: normActShader,
    variant: kind,
    precision,
    constants: { THRESHOLD: kind === 'threshold' },
    bindings: ['read', 'read', 'read', 'write'],
    uniforms: { groups, pixels: input.h * input.w, ...place('in', input), ...place('out', output) },
    workgroups: elementGrid(layer, groups, output),
  };
}

export interface LayerNormParams extends NormApplyParams {
  eps: number;
}

/** Buffers: input (NHWC4), parameters, residual (NHWC4; any buffer if there is none), output (NHWC4). */
export function layerNormDispatch({ layer, input, output, epilogue, eps }: LayerNormParams, precision: Precision): EndedDispatch {
  const { residual } = epilogue;
  const groups = requireSameSlices(layer, input, residual, output);
  const { constants, ends } = ending(epilogue);
  const lanes = lanesFor(groups);
  const pixels = input.n * input.h * input.w;
  return {
    kernel: 'layer-norm',
    shader: layerNormShader,
    variant: `${lanes}`,
    precision,
    constants: { LANES: lanes, ...constants, RESIDUAL: residual !== undefined },
    ends,
    bindings: ['read', 'read', 'read', 'write'],
    uniforms: {
      groups,
      channels: requireSingleSlice(layer, input),
      pixels,
      ...place('in', input),
      ...place('residual', residual),
      ...place('out', output),
      eps: floatBits(eps),
    },
    workgroups: grid(layer, pixels * lanes),
  };
}
