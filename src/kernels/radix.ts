/**
 * ResNeSt's split attention (Zhang et al. 2020) around its two small convolutions. The channels of a map are `radix`
 * splits one after the other, each beginning on a group of 4 channels: a slice each where its width is no multiple of 4.
 *
 * The pooled sum of the splits is `globalPoolDispatch` with `radix`.
 */
import radixApplyShader from '../../shaders/radix-apply.wgsl?raw';
import radixSoftmaxShader from '../../shaders/radix-softmax.wgsl?raw';
import radixSumShader from '../../shaders/radix-sum.wgsl?raw';
import { ResnetError } from '../errors.ts';
import { elementGrid } from './elementwise.ts';
import { channelsOf, type Dispatch, type Precision, requireGroups, type View, WORKGROUP, workgroups } from './kernel.ts';
import { place, requireSingleSlice, requireSplits } from './views.ts';

export interface RadixParams {
  layer: string;
  radix: number;
  input: View;
  output: View;
}

/** Buffers: input (NHWC4, radix splits), output (NHWC4). */
export function radixSumDispatch({ layer, radix, input, output }: RadixParams, precision: Precision): Dispatch {
  const groups = requireSplits(layer, input, radix);
  requireSplits(layer, output, 1);
  return {
    kernel: 'radix-sum',
    shader: radixSumShader,
    variant: `${radix}`,
    precision,
    constants: { RADIX: radix },
    bindings: ['read', 'write'],
    uniforms: [groups, input.h * input.w, ...place(input), ...place(output)],
    workgroups: elementGrid(layer, groups, output),
  };
}

/** Buffers: input (NHWC4, 1x1 pixels, cardinal groups first), output (NHWC4, 1x1 pixels, splits first). */
export function radixSoftmaxDispatch(
  { layer, radix, input, output, groups }: RadixParams & { groups: number },
  precision: Precision,
): Dispatch {
  const all = requireSingleSlice(layer, input);
  const channels = all / radix;
  if (all !== channelsOf(output.slices) || all % (radix * groups) !== 0) {
    throw new ResnetError('shape', `${all} channels are not ${groups} groups of ${radix} splits.`, {
      layer,
      hint: 'Choose radix and groups to divide the width.',
    });
  }
  const splitGroups = requireSplits(layer, output, radix);
  return {
    kernel: 'radix-softmax',
    shader: radixSoftmaxShader,
    variant: `${radix}`,
    precision,
    constants: { RADIX: radix },
    bindings: ['read', 'write'],
    uniforms: [splitGroups, channels, channels / groups, ...place(input), ...place(output)],
    workgroups: workgroups(layer, Math.ceil(splitGroups / WORKGROUP), output.n),
  };
}

/** Buffers: input (NHWC4, radix splits), factors (NHWC4, 1x1 pixels, radix splits), output (NHWC4). */
export function radixApplyDispatch(
  { layer, radix, input, factors, output }: RadixParams & { factors: View },
  precision: Precision,
): Dispatch {
  const groups = requireSplits(layer, input, radix);
  if (requireSplits(layer, factors, radix) !== groups || requireGroups(layer, output) !== groups) {
    throw new ResnetError(
      'shape',
      `splits of ${groups} groups, but factors [${factors.slices.join(', ')}] and output [${output.slices.join(', ')}].`,
      {
        layer,
        hint: 'This is a bug in the planner; please report it.',
      },
    );
  }
  return {
    kernel: 'radix-apply',
    shader: radixApplyShader,
    variant: `${radix}`,
    precision,
    constants: { RADIX: radix },
    bindings: ['read', 'read', 'write'],
    uniforms: [groups, input.h * input.w, ...place(input), ...place(factors), ...place(output)],
    workgroups: elementGrid(layer, groups, output),
  };
}
