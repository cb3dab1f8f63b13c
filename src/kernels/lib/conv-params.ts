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

/** A form of the kernels for it; conv/variant.ts says how it is written as a word. */
export type ConvVariant = DirectVariant | TiledVariant | SerialVariant;

interface CommonVariant {
  /** Output pixels of a thread. */
  pixels: number;
  /** Groups of 4 output channels of a thread. */
  groups: number;
  /** Groups of 4 input channels of a step. */
  depth: number;
  /** Workgroups that share the sum over the input channels. */
  split: number;
  /** Output pixels along the sides of a Winograd tile. */
  winograd?: WinogradTile;
  halves?: boolean;
}

export type WinogradTile = 2 | 4;

export interface DirectVariant extends CommonVariant {
  kernel: 'conv';
  /** Threads of a workgroup side by side along the pixels; the others are along the channels. */
  pixelThreads: number;
  /** f16 arithmetic (conv/halves.ts), for models in f16. */
  halves: boolean;
}

export interface TiledVariant extends CommonVariant {
  kernel: 'conv-tiled';
}

export interface SerialVariant extends CommonVariant {
  kernel: 'conv-serial';
}
