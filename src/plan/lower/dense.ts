/** Operations on dense row-major tensors: what attention needs. */
import type { GraphNode } from '../../graph/types.ts';
import { matmulDispatch } from '../../kernels/matmul.ts';
import { softmaxDispatch } from '../../kernels/softmax.ts';
import type { FusedOp } from '../fuse.ts';
import type { LowerContext } from './context.ts';

export function lowerSoftmax(ctx: LowerContext, op: FusedOp, node: GraphNode<'softmax'>): void {
  const input = ctx.dense(node.inputs[0] ?? '');
  const output = ctx.allocateDense(op.output, node.shape);
  ctx.define(op.output, output);
  ctx.emit(node.name, softmaxDispatch({ layer: node.name, shape: node.shape, ...node.attributes }), [input, output], op);
}

export function lowerMatmul(ctx: LowerContext, op: FusedOp, node: GraphNode<'matmul'>): void {
  const [left, right] = node.inputs.map((name) => ctx.dense(name));
  if (!left || !right) return;
  const addend = op.residual === undefined ? undefined : ctx.dense(op.residual);
  const output = ctx.allocateDense(op.output, node.shape);
  ctx.define(op.output, output);
  const params = { layer: node.name, attributes: node.attributes, left: left.shape, right: right.shape, addend: addend?.shape };
  ctx.emit(node.name, matmulDispatch(params), [left, right, addend ?? left, output], op);
}

export function lowerReshape(ctx: LowerContext, op: FusedOp, node: GraphNode<'reshape'>): void {
  const value = ctx.dense(node.inputs[0] ?? '');
  ctx.define(op.output, ctx.aliasDense(op.output, value, node.shape));
}
