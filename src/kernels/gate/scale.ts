/**
 * Sums of equal splits of a map's channels, weighted by a factor for each channel of each image. This is the end of
 * squeeze-and-excitation (with one split) and of split attention.
 *
 * Buffers: input (NHWC4, radix splits), factors (NHWC4, 1x1 pixels, radix splits), residual (NHWC4), output (NHWC4). Any buffer
 * if there are no factors or residual.
 */
import scaleShader from '../../../shaders/gate/scale.wgsl?raw';
import { ResnetError } from '../../util/errors.ts';
import { bendName, type Epilogue, ending, NO_EPILOGUE } from '../lib/epilogue.ts';
import { type EndedDispatch, elementGrid, type Precision, type View } from '../lib/kernel.ts';
import { place, requireSameMap, requireSameSlices, requireSplits } from '../lib/views.ts';

export interface ScaleParams {
  layer: string;
  /** Default 1. */
  radix?: number;
  input: View;
  /** [n, radix * c, 1, 1] */
  factors?: View;
  output: View;
  /** Default: none. */
  epilogue?: Epilogue<View>;
}

export function scaleDispatch(
  { layer, radix = 1, input, factors, output, epilogue = NO_EPILOGUE }: ScaleParams,
  precision: Precision,
): EndedDispatch {
  const { residual } = epilogue;
  const { constants, ends } = ending(epilogue);
  const groups = radix === 1 ? requireSameSlices(layer, input, factors, residual, output) : requireSplits(layer, input, radix);
  const others = radix === 1 ? [] : [requireSameSlices(layer, residual, output), factors ? requireSplits(layer, factors, radix) : groups];
  if (others.some((other) => other !== groups)) {
    const sizes = `factors [${factors?.slices.join(', ')}] and output [${output.slices.join(', ')}]`;
    throw new ResnetError('shape', `splits of ${groups} groups, but ${sizes}.`, {
      layer,
      hint: 'This is a bug in the planner; please report it.',
    });
  }
  if (residual) requireSameMap(layer, input, residual);
  const name = `${radix > 1 ? `${radix} ` : ''}${residual ? 'residual' : 'plain'}${bendName(epilogue)}`;
  return {
    kernel: 'scale',
    shader: scaleShader,
    variant: factors ? name : `${radix} sum`,
    precision,
    constants: { RADIX: radix, FACTORS: factors !== undefined, ...constants, RESIDUAL: residual !== undefined },
    ends,
    bindings: ['read', 'read', 'read', 'write'],
    uniforms: {
      groups,
      pixels: input.h * input.w,
      ...place('in', input),
      ...place('factor', factors),
      ...place('residual', residual),
      ...place('out', output),
    },
    workgroups: elementGrid(layer, groups, output),
  };
}
