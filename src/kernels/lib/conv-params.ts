import type { ConvAttributes } from '../../graph/types.ts';
import type { Epilogue } from './epilogue.ts';
import type { View } from './kernel.ts';

/** A convolution as its kernels, the choice between them and tuning tables see it. */
export interface ConvParams {
  layer: string;
  attributes: ConvAttributes;
  input: View;
  output: View;
  inChannels: number;
  /** Where the activation makes something of zero, the output must be one slice. */
  epilogue: Epilogue<View>;
}
