/** An operation as fusion makes it (plan/fuse.ts) and lowerings take it. */
import type { GraphNode } from '../../graph/types.ts';
import type { Epilogue } from './epilogue.ts';

export interface FusedOp {
  /** The node that does the arithmetic. */
  node: GraphNode;
  /** Folded into the node's weights: what scales (and shifts) each channel. */
  norm?: GraphNode<'batch_norm' | 'scale'>;
  /** What follows: a value that is added, to energies also one row for all, and an activation. */
  epilogue: Epilogue<string>;
  /** What makes the factors of a product or of a weighted sum, where nobody else wants them. */
  gate?: Gate;
  /** Split attention: only the mean of the summed splits is wanted. */
  pooled?: boolean;
  /** Name of the value that comes out: the last node's. */
  output: string;
  nodes: string[];
}

/** A gate's layers: gate/dispatch.ts computes them together with what they scale. */
export interface Gate {
  squeeze: GraphNode<'conv2d'>;
  norm?: GraphNode<'batch_norm'>;
  silu: boolean;
  excite: GraphNode<'conv2d'>;
  /** Cardinal groups of split attention. */
  cardinals: number;
  /** All of them, in order. */
  nodes: string[];
}

/** By the name of the node that scales, those of values that have one reader and are not asked for. */
export type FindGates = (nodes: readonly GraphNode[], isPrivate: (name: string) => boolean) => Map<string, Gate>;
