/** What a block is, and what it is told about its place. Types only. */
import type { Net } from './layers.ts';

/** Where a block stands, and what the stage says about it. */
export interface Place {
  /** Layer path: `layer3.0` */
  path: string;
  /** First block of its stage. */
  first: boolean;
  out: number;
  stride: number;
  /** Of this block's first 3x3 convolution. */
  dilation: number;
  /** Of the stage. */
  stageDilation: number;
  /** Whether input and output differ in shape, so that the shortcut takes part. */
  projected: boolean;
  shortcut: Shortcut;
}

/** Adds the nodes of one block after `x` and returns the last. */
export type Block = (net: Net, x: string, at: Place) => string;

/** Brings `x` to the block's output shape; only called where that differs. Undefined where the block then has no shortcut. */
export type Shortcut = (net: Net, x: string, at: Place) => string | undefined;
