/**
 * Softmax over one axis of a dense tensor.
 *
 * Buffers: input, output; both float32, row-major.
 */
import softmaxShader from '../../../shaders/softmax/softmax.wgsl?raw';
import { product } from '../../graph/shape.ts';
import type { Shape } from '../../graph/types.ts';
import { ResnetError } from '../../util/errors.ts';
import { type Dispatch, grid } from '../lib/kernel.ts';
import { lanesFor } from '../lib/lanes.ts';

export interface SoftmaxParams {
  layer: string;
  shape: Shape;
  dim: number;
  /** Logarithms of the results. */
  log?: boolean;
}

export function softmaxDispatch({ layer, shape, dim, log = false }: SoftmaxParams): Dispatch {
  const size = shape[dim];
  if (size === undefined) {
    throw new ResnetError('shape', `has no axis ${dim} in [${shape.join(', ')}].`, { layer, hint: 'Choose an axis of the tensor.' });
  }
  const inner = product(shape.slice(dim + 1));
  const rows = product(shape.slice(0, dim)) * inner;
  // If the axis is strided, neighbouring rows are read by neighbouring threads, one thread for each row. If it is contiguous, threads share a row.
  const lanes = inner === 1 ? lanesFor(size) : 1;
  return {
    kernel: 'softmax',
    shader: softmaxShader,
    variant: `${lanes}${log ? ' log' : ''}`,
    precision: 'f32',
    constants: { LANES: lanes, LOG: log },
    bindings: ['read', 'write'],
    uniforms: { rows, size, inner },
    workgroups: grid(layer, rows * lanes),
  };
}
