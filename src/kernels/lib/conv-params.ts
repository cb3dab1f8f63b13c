import type { ConvAttributes } from '../../graph/types.ts';
import type { View } from './kernel.ts';

/** A convolution as its kernels, the choice between them and tuning tables see it. */
export interface ConvParams {
  layer: string;
  attributes: ConvAttributes;
  input: View;
  output: View;
  inChannels: number;
  residual?: View;
  relu: boolean;
  /** Needs an output of one slice. */
  sigmoid?: boolean;
}
