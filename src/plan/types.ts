/** A network made ready for one input shape: dispatches in order, every tensor at its place in memory. Pure data. */
import type { Dispatch, Precision, View } from '../kernels/kernel.ts';
import type { PackRecipe } from '../kernels/pack.ts';

/** Where a tensor lies: a range of one arena buffer, or a buffer of its own. */
export interface Storage {
  /** `arena`: shared by liveness; `input`/`output`: dense NCHW float32 at the border of the plan. */
  pool: 'arena' | 'input' | 'output';
  /** Which arena buffer, or which input or output. */
  index: number;
  byteOffset: number;
  byteLength: number;
}

/** A range of memory that a step binds. */
export type Operand = { kind: 'tensor'; tensor: number } | { kind: 'weights'; weights: number };

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

export interface Step {
  /** Layer path of the node that does the arithmetic; label of everything that the step makes on the GPU. */
  layer: string;
  dispatch: Dispatch;
  operands: Operand[];
  macs: number;
  /** Graph nodes whose values this step computes, the last being its output: conv, bn, add, relu. */
  nodes: string[];
}

/** A weight tensor as the kernels want it, and how to make it from the checkpoint. */
export interface PlannedWeights {
  /** Same key, same bytes: plans for other sizes share it. */
  key: string;
  layer: string;
  byteLength: number;
  recipe: PackRecipe;
}

export interface Plan {
  precision: Precision;
  steps: Step[];
  tensors: PlannedTensor[];
  weights: PlannedWeights[];
  /** Bytes of each arena buffer. */
  arena: number[];
  inputs: { name: string; tensor: number; shape: number[] }[];
  outputs: { name: string; tensor: number; shape: number[] }[];
}
