/**
 * Every activation but ReLU if no kernel before could apply it, and PReLU, which no other kernel applies.
 *
 * Buffers: input (NHWC4), slopes (float32, [1] or one for each channel; read only by PReLU), output (NHWC4).
 */
import curveShader from '../../../shaders/curve/curve.wgsl?raw';
import { type Bend, ending, keepsZero, NO_EPILOGUE } from '../lib/epilogue.ts';
import { type Dispatch, elementGrid, type Precision, type View } from '../lib/kernel.ts';
import { place, requireSameSlices, requireSingleSlice } from '../lib/views.ts';

export interface CurveParams {
  layer: string;
  kind: Bend | 'prelu';
  /** Whether PReLU has a slope for each channel. Then the channels must be one slice, as for activations that change zero. */
  perChannel?: boolean;
  input: View;
  output: View;
}

export function curveDispatch({ layer, kind, perChannel = false, input, output }: CurveParams, precision: Precision): Dispatch {
  const groups = requireSameSlices(layer, input, output);
  const learned = kind === 'prelu';
  const bend = learned ? NO_EPILOGUE : kind;
  const masked = !keepsZero(bend);
  const { constants, ends } = ending(bend);
  return {
    kernel: 'curve',
    shader: curveShader,
    variant: learned ? `prelu${perChannel ? ' channels' : ''}` : bend.activation,
    precision,
    constants: { ...constants, LEARNED: learned, CHANNELS: perChannel, MASKED: masked },
    ends,
    bindings: ['read', 'read', 'write'],
    uniforms: {
      groups,
      channels: perChannel || masked ? requireSingleSlice(layer, input) : 0,
      pixels: input.h * input.w,
      ...place('in', input),
      ...place('out', output),
    },
    workgroups: elementGrid(layer, groups, output),
  };
}
