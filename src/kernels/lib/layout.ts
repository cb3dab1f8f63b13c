/** The kernels that lowering itself needs, to bring values into the layout that another kernel wants: layout/dispatch.ts. */
import type { Pair, Shape } from '../../graph/types.ts';
import type { Dispatch, Precision, View } from './kernel.ts';

export interface FromNchwParams {
  layer: string;
  /** [n, c, h, w] */
  shape: Shape;
  output: View;
}

export interface ToNchwParams {
  layer: string;
  input: View;
}

export interface CopyParams {
  layer: string;
  input: View;
  /** Its n, h and w say how much is copied. */
  output: View;
  /** Every so many-th row and column is taken. */
  stride?: Pair;
  /** Input channel that becomes output channel 0; channels that the input does not have are zero. */
  firstChannel?: number;
  /** Image of the output's buffer that the first one becomes. */
  firstImage?: number;
}

export interface LayoutKernels {
  fromNchw: (params: FromNchwParams, precision: Precision) => Dispatch;
  toNchw: (params: ToNchwParams, precision: Precision) => Dispatch;
  copy: (params: CopyParams, precision: Precision) => Dispatch;
}
