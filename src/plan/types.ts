/** A network made ready for one input shape: dispatches in order, every tensor at its place in memory. Pure data. */
import type { Precision, View } from '../kernels/lib/kernel.ts';
import type { DerivedWeights, PlannedWeights, Step } from '../kernels/lib/step.ts';

/** Where a tensor lies: a range of one arena buffer, or a buffer of its own. */
export interface Storage {
  /** `arena`: shared by liveness; `input`/`output`: dense NCHW float32 at the border of the plan. */
  pool: 'arena' | 'input' | 'output';
  /** Which arena buffer, or which input or output. */
  index: number;
  byteOffset: number;
  byteLength: number;
}

export interface PlannedTensor {
  /** The node whose value this is. */
  name: string;
  storage: Storage;
  /** Absent for dense NCHW tensors. */
  view?: View;
  shape: number[];
  /** First and last step that touch it. */
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
