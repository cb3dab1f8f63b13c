/** A fused operation: the result of plan/fuse.ts, and the input of lowerings. */
import type { GraphNode } from '../../graph/types.ts';
import type { Epilogue } from './epilogue.ts';

export interface FusedOp {
  /** The node with the arithmetic. */
  node: GraphNode;
  /** Folded into the node's weights: scales (and shifts) each channel. */
  norm?: GraphNode<'batch_norm' | 'scale'>;
  /** Applied at the end: a residual (for energies also one row for all), and an activation. */
  epilogue: Epilogue<string>;
  /** The layers that compute the factors of a product or of a weighted sum, if nothing else reads the factors. */
  gate?: Gate;
  /** Split attention: whether only the mean of the summed splits is needed. */
  pooled?: boolean;
  /** Name of the output: the last node's. */
  output: string;
  nodes: string[];
}

/** A gate's layers. gate/dispatch.ts computes them together with the scaling. */
export interface Gate {
  squeeze: GraphNode<'conv2d'>;
  norm?: GraphNode<'batch_norm'>;
  silu: boolean;
  excite: GraphNode<'conv2d'>;
  /** Cardinal groups of split attention. */
  cardinals: number;
  /** All nodes, in order. */
  nodes: string[];
}

/** Gates by the name of the scaling node, for values that have a single reader and are not outputs. */
export type FindGates = (nodes: readonly GraphNode[], isPrivate: (name: string) => boolean) => Map<string, Gate>;
