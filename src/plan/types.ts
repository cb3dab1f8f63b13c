/** A network prepared for one input shape: dispatches in order, every tensor at its place in memory. Pure data. */
import type { Precision, View } from '../kernels/lib/kernel.ts';
import type { DerivedWeights, PlannedWeights, Step } from '../kernels/lib/step.ts';

/** Where a tensor is: in a range of an arena buffer, or in a buffer of its own. */
export interface Storage {
  /** `arena`: shared according to lifetimes. `input`/`output`: dense NCHW float32, as the caller passes or gets it. */
  pool: 'arena' | 'input' | 'output';
  /** Index of the arena buffer, or of the input or output. */
  index: number;
  byteOffset: number;
  byteLength: number;
}

export interface PlannedTensor {
  /** The node that computes this value. */
  name: string;
  storage: Storage;
  /** Absent for dense NCHW tensors. */
  view?: View;
  shape: number[];
  /** First and last step that use it. */
  live: [number, number];
}

export interface Plan {
  precision: Precision;
  steps: Step[];
  tensors: PlannedTensor[];
  weights: PlannedWeights[];
  derived: DerivedWeights[];
  /** Bytes of each arena buffer. */
  arena: number[];
  inputs: { name: string; tensor: number; shape: number[] }[];
  outputs: { name: string; tensor: number; shape: number[] }[];
  /** A table of the dispatches, and the memory. */
  toString(): string;
}
