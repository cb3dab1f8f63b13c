/**
 * Arithmetic on single values, where no convolution before can do it in its epilogue. All views hold the same channels at
 * the same places, and any slices, unless said otherwise.
 *
 * Buffers: input (NHWC4), then as each function says, output (NHWC4).
 */
import activationShader from '../../../shaders/elementwise/activation.wgsl?raw';
import addShader from '../../../shaders/elementwise/add.wgsl?raw';
import affineShader from '../../../shaders/elementwise/affine.wgsl?raw';
import { type Bend, bendName, ending, keepsZero } from '../lib/epilogue.ts';
import { type Dispatch, elementGrid, type Precision, type View } from '../lib/kernel.ts';
import { place, requireSameMap, requireSameSlices, requireSingleSlice } from '../lib/views.ts';

export interface ActivationParams {
  layer: string;
  bend: Bend;
  input: View;
  output: View;
}

/** Buffers: input, output. Sigmoids need one slice. */
export function activationDispatch({ layer, bend, input, output }: ActivationParams, precision: Precision): Dispatch {
  const masked = !keepsZero(bend.activation);
  const { constants, ends } = ending(bend);
  const groups = requireSameSlices(layer, input, output);
  return {
    kernel: 'activation',
    shader: activationShader,
    variant: bend.activation,
    precision,
    constants: { ...constants, MASKED: masked },
    ends,
    bindings: ['read', 'write'],
    uniforms: {
      groups,
      channels: masked ? requireSingleSlice(layer, input) : 0,
      pixels: input.h * input.w,
      ...place('in', input),
      ...place('out', output),
    },
    workgroups: elementGrid(layer, groups, output),
  };
}

export interface AddParams {
  layer: string;
  input: View;
  /** Of the same size, or one pixel an image that is added to all of its pixels. */
  other: View;
  output: View;
  epilogue: Bend;
}

/** Buffers: input, other, output. */
export function addDispatch({ layer, input, other, output, epilogue }: AddParams, precision: Precision): Dispatch {
  const groups = requireSameSlices(layer, input, other, output);
  const broadcast = other.h * other.w === 1 && input.h * input.w > 1;
  const { constants, ends } = ending(epilogue);
  if (!broadcast) requireSameMap(layer, input, other);
  return {
    kernel: 'add',
    shader: addShader,
    variant: `${broadcast ? 'broadcast' : 'map'}${bendName(epilogue)}`,
    precision,
    constants: { ...constants, BROADCAST: broadcast },
    ends,
    bindings: ['read', 'read', 'write'],
    uniforms: { groups, pixels: input.h * input.w, ...place('in', input), ...place('other', other), ...place('out', output) },
    workgroups: elementGrid(layer, groups, output),
  };
}

export interface AffineParams {
  layer: string;
  input: View;
  output: View;
  epilogue: Bend;
}

/** Buffers: input, parameters (the pack recipe `affine`: scale and shift), output. */
export function affineDispatch({ layer, input, output, epilogue }: AffineParams, precision: Precision): Dispatch {
  const groups = requireSameSlices(layer, input, output);
  return {
    kernel: 'affine',
    shader: affineShader,
    variant: epilogue.activation,
    precision,
    ...ending(epilogue),
    bindings: ['read', 'read', 'write'],
    uniforms: { groups, pixels: input.h * input.w, ...place('in', input), ...place('out', output) },
    workgroups: elementGrid(layer, groups, output),
  };
}
