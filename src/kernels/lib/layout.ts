/** The layout kernels that lowering itself needs, when a value is not in the layout that a kernel needs: layout/dispatch.ts. */
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
  /** Its n, h and w are the size of the copy. */
  output: View;
  /** Stride in rows and columns. */
  stride?: Pair;
  /** Input channel that becomes output channel 0. Channels that the input does not have are zero. */
  firstChannel?: number;
  /** Index in the output's buffer of the first image. */
  firstImage?: number;
}

export interface LayoutKernels {
  fromNchw: (params: FromNchwParams, precision: Precision) => Dispatch;
  toNchw: (params: ToNchwParams, precision: Precision) => Dispatch;
  copy: (params: CopyParams, precision: Precision) => Dispatch;
}
