/** The type of a block, and what it is told about its position. Types only. */
import type { Net } from './layers.ts';

/** Position of a block, and what the stage says about it. */
export interface Place {
  /** Layer path: `layer3.0` */
  path: string;
  /** First block of its stage. */
  first: boolean;
  out: number;
  stride: number;
  /** Dilation of this block's first 3x3 convolution. */
  dilation: number;
  /** Dilation of the stage. */
  stageDilation: number;
  /** Whether input and output differ in shape, so that the shortcut needs a projection. */
  projected: boolean;
  shortcut: Shortcut;
}

/** Adds the nodes of one block after `x` and returns the last. */
export type Block = (net: Net, x: string, at: Place) => string;

/** Brings `x` to the shape of the block's output. Only called if the shapes differ. Undefined means that the block has no shortcut. */
export type Shortcut = (net: Net, x: string, at: Place) => string | undefined;
