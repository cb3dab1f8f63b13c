/** Sliding windows. */
import type { ConvAttributes } from '../../graph/types.ts';
import type { Dispatch } from './kernel.ts';

/** Constants of the sliding window, shared by all kernels that have one. */
export function windowConstants(a: Pick<ConvAttributes, 'kernel' | 'stride' | 'dilation' | 'padding'>): Dispatch['constants'] {
  return {
    KERNEL_H: a.kernel[0],
    KERNEL_W: a.kernel[1],
    STRIDE_H: a.stride[0],
    STRIDE_W: a.stride[1],
    DILATION_H: a.dilation[0],
    DILATION_W: a.dilation[1],
    PAD_TOP: a.padding[0],
    PAD_LEFT: a.padding[1],
  };
}

/** Whether an output pixel reads more than one address. */
export function hasWindow({ kernel, padding }: Pick<ConvAttributes, 'kernel' | 'padding'>): boolean {
  return kernel.some((size) => size > 1) || isPadded({ padding });
}

export function isPadded({ padding }: Pick<ConvAttributes, 'padding'>): boolean {
  return padding.some((size) => size > 0);
}
