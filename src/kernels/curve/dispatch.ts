/**
 * Activations of heads and of few networks: leaky ReLU, PReLU, ELU, GELU in three forms, tanh, ReLU6, Mish.
 *
 * Buffers: input (NHWC4), slopes (float32, [1] or one for each channel; read only by PReLU), output (NHWC4).
 */
import curveShader from '../../../shaders/curve/curve.wgsl?raw';
import { type Dispatch, elementGrid, floatBits, type Precision, type View } from '../lib/kernel.ts';
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

const KINDS: Record<CurveKind, number> = {
  leaky_relu: 0,
  prelu: 0,
  elu: 1,
  gelu: 2,
  tanh: 3,
  gelu_tanh: 4,
  quick_gelu: 5,
  relu6: 6,
  mish: 7,
};

export function curveDispatch({ layer, kind, amount = 0, perChannel = false, input, output }: CurveParams, precision: Precision): Dispatch {
  const groups = requireSameSlices(layer, input, output);
  const channels = perChannel ? requireSingleSlice(layer, input) : 0;
  return {
    kernel: 'curve',
    shader: curveShader,
    variant: `${kind}${perChannel ? ' channels' : ''}`,
    precision,
    constants: { KIND: KINDS[kind], LEARNED: kind === 'prelu', CHANNELS: perChannel },
    bindings: ['read', 'read', 'write'],
    uniforms: { groups, channels, pixels: input.h * input.w, ...place('in', input), ...place('out', output), amount: floatBits(amount) },
    workgroups: elementGrid(layer, groups, output),
  };
}
