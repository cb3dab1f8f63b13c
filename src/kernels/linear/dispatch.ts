/**
 * Fully connected layer at the end of a network: pooled vectors in, dense float32 [n, outputs] out, optional activation.
 * A linear layer in the middle of a head becomes a 1x1 convolution (conv/lowering.ts).
 *
 * Buffers: input (NHWC4, 1x1 pixels), weights (pack.ts), output (dense float32).
 */
import linearShader from '../../../shaders/linear/linear.wgsl?raw';
import { type Bend, ending } from '../lib/epilogue.ts';
import { type EndedDispatch, type Precision, requireGroups, type View, workgroups } from '../lib/kernel.ts';
import { place } from '../lib/views.ts';

export interface LinearParams {
  layer: string;
  input: View;
  outFeatures: number;
  epilogue: Bend;
}

export function linearDispatch({ layer, input, outFeatures, epilogue }: LinearParams, precision: Precision): EndedDispatch {
  const outGroups = Math.ceil(outFeatures / 4);
  return {
    kernel: 'linear',
    shader: linearShader,
    variant: '4',
    precision,
    ...ending(epilogue),
    bindings: ['read', 'read', 'write'],
    uniforms: { in_groups: requireGroups(layer, input), ...place('in', input), out_groups: outGroups, outputs: outFeatures },
    workgroups: workgroups(layer, outGroups, 1, input.n),
  };
}
