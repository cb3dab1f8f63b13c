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
export type Operand = { kind: 'tensor'; tensor: number } | { kind: 'weights'; weights: number } | { kind: 'derived'; derived: number };

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
  /** A pass that a split sum or a Winograd transform adds to an operation; its nodes are the last pass's. */
  auxiliary?: boolean;
}

/** A weight tensor as the kernels want it, and how to make it from the checkpoint. */
export interface PlannedWeights {
  /** Same key, same bytes: plans for other sizes share it. */
  key: string;
  layer: string;
  byteLength: number;
  recipe: PackRecipe;
}

/** Another form of a weight tensor, made from it on the GPU; lives as long as a plan that wants it. */
export interface DerivedWeights {
  key: string;
  layer: string;
  byteLength: number;
  /** Key of the planned weights. */
  from: string;
  /** Reads those, writes this. */
  dispatch: Dispatch;
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
