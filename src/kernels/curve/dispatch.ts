/**
 * Activations of heads and of few networks: leaky ReLU, PReLU, ELU, GELU in three forms, tanh, ReLU6, Mish.
 *
 * Buffers: input (NHWC4), slopes (float32, [1] or one for each channel; read only by PReLU), output (NHWC4).
 */
import curveShader from '../../../shaders/curve/curve.wgsl?raw';
import { ending } from '../lib/epilogue.ts';
import { type Dispatch, elementGrid, type Precision, type View } from '../lib/kernel.ts';
import { place, requireSameSlices, requireSingleSlice } from '../lib/views.ts';

export type CurveKind = 'leaky_relu' | 'prelu' | 'elu' | 'gelu' | 'tanh' | 'gelu_tanh' | 'quick_gelu' | 'relu6' | 'mish';

export interface CurveParams {
  layer: string;
  kind: CurveKind;
  /** The slope of a leaky ReLU, alpha of ELU. */
  amount?: number;
  /** Whether PReLU has a slope for each channel: then the channels must be one slice. */
  perChannel?: boolean;
  input: View;
  output: View;
}

export function curveDispatch({ layer, kind, amount, perChannel = false, input, output }: CurveParams, precision: Precision): Dispatch {
  const groups = requireSameSlices(layer, input, output);
  const channels = perChannel ? requireSingleSlice(layer, input) : 0;
  const { constants, ends } = ending({ activation: kind === 'prelu' ? 'none' : kind, amount });
  return {
    kernel: 'curve',
    shader: curveShader,
    variant: `${kind}${perChannel ? ' channels' : ''}`,
    precision,
    constants: { ...constants, LEARNED: kind === 'prelu', CHANNELS: perChannel },
    ends,
    bindings: ['read', 'read', 'write'],
    uniforms: { groups, channels, pixels: input.h * input.w, ...place('in', input), ...place('out', output) },
    workgroups: elementGrid(layer, groups, output),
  };
}
