/** The result of lowering: dispatches in order with their operands, and the weights that they need. Pure data. */
import type { Dispatch } from './kernel.ts';
import type { PackRecipe } from './pack.ts';

/** A range of memory that a step binds. */
export type Operand = { kind: 'tensor'; tensor: number } | { kind: 'weights'; weights: number } | { kind: 'derived'; derived: number };

export interface Step {
  /** Layer path of the node with the arithmetic. It is the label of everything that the step creates on the GPU. */
  layer: string;
  dispatch: Dispatch;
  operands: Operand[];
  macs: number;
  /** Graph nodes whose values this step computes: conv, bn, add, relu. The last one is its output. */
  nodes: string[];
  /** A pass that a split sum or a Winograd transform adds to an operation. The nodes belong to the operation's last pass. */
  auxiliary?: boolean;
}

/** A weight tensor as the kernels need it, and how to make it from the checkpoint. */
export interface PlannedWeights {
  /** The same key means the same bytes, so plans for other sizes share it. */
  key: string;
  layer: string;
  byteLength: number;
  recipe: PackRecipe;
}

/** Another form of a weight tensor, made from it on the GPU. Lives as long as a plan that needs it. */
export interface DerivedWeights {
  key: string;
  layer: string;
  byteLength: number;
  /** Key of the planned weights. */
  from: string;
  /** Reads the planned weights, writes the derived ones. */
  dispatch: Dispatch;
}
