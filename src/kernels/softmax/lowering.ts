import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext } from '../lib/context.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp } from '../lib/fused.ts';
import { softmaxDispatch } from './dispatch.ts';

function lowerSoftmax(ctx: LowerContext, op: FusedOp, node: GraphNode<'softmax'>): void {
  const input = ctx.dense(node.inputs[0]);
  const output = ctx.allocateDense(op.output, node.shape);
  ctx.define(op.output, output);
  ctx.emit(node.name, softmaxDispatch({ layer: node.name, shape: node.shape, ...node.attributes }), [input, output], op);
}

export const family: Family = { lowerings: { softmax: lowerSoftmax } };
