/**
 * Convolution along the channels of a pooled vector: efficient channel attention.
 *
 * Buffers: input (NHWC4, 1x1 pixels), taps (float32 [kernel]), output (NHWC4, 1x1 pixels).
 */
import channelConv1dShader from '../../../shaders/channel-conv1d/channel-conv1d.wgsl?raw';
import { type Bend, bendName, ending } from '../lib/epilogue.ts';
import { type EndedDispatch, type Precision, type View, WORKGROUP, workgroups } from '../lib/kernel.ts';
import { place, requireSameSlices, requireSingleSlice } from '../lib/views.ts';

export interface ChannelConv1dParams {
  layer: string;
  /** Odd. */
  kernel: number;
  input: View;
  output: View;
  /** Whether the padding is circular instead of zeros. Default false. */
  circular?: boolean;
  epilogue: Bend;
}

export function channelConv1dDispatch(
  { layer, kernel, input, output, circular = false, epilogue }: ChannelConv1dParams,
  precision: Precision,
): EndedDispatch {
  const groups = requireSameSlices(layer, input, output);
  const { constants, ends } = ending(epilogue);
  return {
    kernel: 'channel-conv1d',
    shader: channelConv1dShader,
    variant: `${kernel}${circular ? ' circular' : ''}${bendName(epilogue)}`,
    precision,
    constants: { KERNEL: kernel, CIRCULAR: circular, ...constants },
    ends,
    bindings: ['read', 'read', 'write'],
    uniforms: { groups, channels: requireSingleSlice(layer, input), ...place('in', input), ...place('out', output) },
    workgroups: workgroups(layer, Math.ceil(groups / WORKGROUP), output.n),
  };
}
