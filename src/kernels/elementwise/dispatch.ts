/**
 * Arithmetic on single values that no earlier convolution can do in its epilogue. Unless said otherwise, all views have the same
 * channels at the same places, in any slices.
 *
 * Buffers: input (NHWC4), then as each function says, output (NHWC4).
 */
import addShader from '../../../shaders/elementwise/add.wgsl?raw';
import affineShader from '../../../shaders/elementwise/affine.wgsl?raw';
import reluShader from '../../../shaders/elementwise/relu.wgsl?raw';
import { type Bend, bendName, ending } from '../lib/epilogue.ts';
import { type Dispatch, type EndedDispatch, elementGrid, type Precision, type View } from '../lib/kernel.ts';
import { place, requireSameMap, requireSameSlices } from '../lib/views.ts';

export interface ReluParams {
  layer: string;
  input: View;
  output: View;
}

/** Buffers: input, output. */
export function reluDispatch({ layer, input, output }: ReluParams, precision: Precision): Dispatch {
  const groups = requireSameSlices(layer, input, output);
  return {
    kernel: 'relu',
    shader: reluShader,
    variant: '4',
    precision,
    constants: {},
    bindings: ['read', 'write'],
    uniforms: { groups, pixels: input.h * input.w, ...place('in', input), ...place('out', output) },
    workgroups: elementGrid(layer, groups, output),
  };
}

export interface AddParams {
  layer: string;
  input: View;
  /** Of the same size, or one pixel for each image that is added to all of its pixels. */
  other: View;
  output: View;
  epilogue: Bend;
}

/** Buffers: input, other, output. */
export function addDispatch({ layer, input, other, output, epilogue }: AddParams, precision: Precision): EndedDispatch {
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
export function affineDispatch({ layer, input, output, epilogue }: AffineParams, precision: Precision): EndedDispatch {
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
