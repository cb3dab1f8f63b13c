/**
 * The factors of ResNeSt's split attention (Zhang et al. 2020), if dispatch.ts does not compute them. The channels of a map are
 * `radix` splits one after the other. Each starts a new group of 4 channels, as a separate slice if its width is not a multiple of 4.
 *
 * `globalPoolDispatch` with `radix` computes the pooled sum of the splits, `scaleDispatch` computes sums and weighted sums.
 */
import radixSoftmaxShader from '../../../shaders/gate/radix-softmax.wgsl?raw';
import { ResnetError } from '../../util/errors.ts';
import { channelsOf, type Dispatch, type Precision, type View, WORKGROUP, workgroups } from '../lib/kernel.ts';
import { place, requireSingleSlice, requireSplits } from '../lib/views.ts';

export interface RadixSoftmaxParams {
  layer: string;
  radix: number;
  /** Cardinal groups. */
  groups: number;
  input: View;
  output: View;
}

/** Buffers: input (NHWC4, 1x1 pixels, cardinal groups first), output (NHWC4, 1x1 pixels, splits first). */
export function radixSoftmaxDispatch({ layer, radix, input, output, groups }: RadixSoftmaxParams, precision: Precision): Dispatch {
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
    uniforms: { groups: splitGroups, channels, width: channels / groups, ...place('in', input), ...place('out', output) },
    workgroups: workgroups(layer, Math.ceil(splitGroups / WORKGROUP), output.n),
  };
}
