import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext } from '../lib/context.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp } from '../lib/fused.ts';
import { matmulDispatch } from './dispatch.ts';

function lowerMatmul(ctx: LowerContext, op: FusedOp, node: GraphNode<'matmul'>): void {
  const [left, right] = [ctx.dense(node.inputs[0]), ctx.dense(node.inputs[1])];
  const addend = op.epilogue.residual === undefined ? undefined : ctx.dense(op.epilogue.residual);
  const output = ctx.allocateDense(op.output, node.shape);
  ctx.define(op.output, output);
  const params = { layer: node.name, attributes: node.attributes, left: left.shape, right: right.shape, addend: addend?.shape };
  ctx.emit(node.name, matmulDispatch(params), [left, right, addend ?? left, output], op);
}

export const family: Family = { lowerings: { matmul: lowerMatmul }, takes: { matmul: { residual: 'add_broadcast' } } };
