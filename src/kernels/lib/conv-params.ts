import type { ConvAttributes } from '../../graph/types.ts';
import type { Epilogue } from './epilogue.ts';
import type { View } from './kernel.ts';

/** A convolution as seen by its kernels, by the choice between them and by tuning tables. */
export interface ConvParams {
  layer: string;
  attributes: ConvAttributes;
  input: View;
  output: View;
  inChannels: number;
  /** If the activation changes zero, the output must be one slice. */
  epilogue: Epilogue<View>;
}

/** A form of the convolution kernels. conv/variant.ts defines how it is written as a word. */
export type ConvVariant = DirectVariant | TiledVariant | SerialVariant;

interface CommonVariant {
  /** Output pixels computed by a thread. */
  pixels: number;
  /** Groups of 4 output channels computed by a thread. */
  groups: number;
  /** Groups of 4 input channels in a step. */
  depth: number;
  /** Workgroups that share the sum over the input channels. */
  split: number;
  /** Output pixels along each side of a Winograd tile. */
  winograd?: WinogradTile;
  f16?: boolean;
}

export type WinogradTile = 2 | 4;

export interface DirectVariant extends CommonVariant {
  kernel: 'conv';
  /** Threads of a workgroup along the pixels. The others are along the channels. */
  pixelThreads: number;
  /** f16 arithmetic (conv/f16-arithmetic.ts), for f16 models. */
  f16: boolean;
}

export interface TiledVariant extends CommonVariant {
  kernel: 'conv-tiled';
}

export interface SerialVariant extends CommonVariant {
  kernel: 'conv-serial';
}
