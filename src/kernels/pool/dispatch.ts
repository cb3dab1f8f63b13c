/**
 * Max and average pooling with PyTorch's windows and divisors.
 *
 * Buffers: input (NHWC4), output (NHWC4).
 */
import poolShader from '../../../shaders/pool/pool.wgsl?raw';
import type { PoolAttributes } from '../../graph/types.ts';
import { type Dispatch, type Precision, rowGrid, type View } from '../lib/kernel.ts';
import { extent, place, requireSameSlices } from '../lib/views.ts';

export interface PoolParams {
  layer: string;
  kind: 'max' | 'average';
  attributes: PoolAttributes;
  input: View;
  output: View;
}

export function poolDispatch({ layer, kind, attributes: a, input, output }: PoolParams, precision: Precision): Dispatch {
  const max = kind === 'max';
  return {
    kernel: 'pool',
    shader: poolShader,
    variant: `${kind} ${a.kernel.join('x')}/${a.stride.join('x')}`,
    precision,
    constants: {
      KERNEL_H: a.kernel[0],
      KERNEL_W: a.kernel[1],
      STRIDE_H: a.stride[0],
      STRIDE_W: a.stride[1],
      PAD_H: a.padding[0],
      PAD_W: a.padding[1],
      MAX: max,
      COUNT_PAD: !max && a.countIncludePad,
    },
    bindings: ['read', 'write'],
    uniforms: {
      groups: requireSameSlices(layer, input, output),
      ...extent('out', output),
      ...extent('in', input),
      ...place('in', input),
      ...place('out', output),
    },
    workgroups: rowGrid(layer, output),
  };
}
