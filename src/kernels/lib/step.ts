/** What lowering gives: dispatches in order with what they bind, and the weights they need. Pure data. */
import type { Dispatch } from './kernel.ts';
import type { PackRecipe } from './pack.ts';

/** A range of memory that a step binds. */
export type Operand = { kind: 'tensor'; tensor: number } | { kind: 'weights'; weights: number } | { kind: 'derived'; derived: number };

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
