/** ReLU, sums, batch norms: operations on each value or each channel. */
import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext } from '../lib/context.ts';
import { keepsZero } from '../lib/epilogue.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp } from '../lib/fused.ts';
import { affine, pairOf } from '../lib/values.ts';
import { addDispatch, affineDispatch, reluDispatch } from './dispatch.ts';

function lowerRelu(ctx: LowerContext, op: FusedOp, node: GraphNode<'relu'>): void {
  const input = ctx.view(node.inputs[0]);
  const output = ctx.output(op, node.shape, input.view.slices);
  ctx.emit(node.name, reluDispatch({ layer: node.name, input: input.view, output: output.view }, ctx.precision), [input, output], op);
}

function lowerAdd(ctx: LowerContext, op: FusedOp, node: GraphNode<'add' | 'add_broadcast'>): void {
  const [a, b] = pairOf(ctx, node);
  // The operand with one pixel for each image may be the first one.
  const [input, other] = a.view.h * a.view.w < b.view.h * b.view.w ? [b, a] : [a, b];
  const output = ctx.output(op, node.shape, input.view.slices);
  const params = { layer: node.name, input: input.view, other: other.view, output: output.view, epilogue: op.epilogue };
  ctx.emit(node.name, addDispatch(params, ctx.precision), [input, other, output], op);
}

/** Adding one pixel to a map works in the kernels' layout. */
function lowerPooledAdd(ctx: LowerContext, op: FusedOp, node: GraphNode<'add_broadcast'>): boolean {
  const [first, second] = [ctx.value(node.inputs[0]).shape, ctx.value(node.inputs[1]).shape];
  const isPooled = (shape: readonly number[]) => shape.length === 4 && shape[2] === 1 && shape[3] === 1;
  const sameChannels = first[0] === second[0] && first[1] === second[1];
  if (!sameChannels || !(isPooled(first) || isPooled(second))) return false;
  lowerAdd(ctx, op, node);
  return true;
}

function lowerBatchNorm(ctx: LowerContext, op: FusedOp, node: GraphNode<'batch_norm' | 'scale'>): void {
  const input = ctx.view(node.inputs[0]);
  const output = ctx.output(op, node.shape, input.view.slices);
  const params = { layer: node.name, input: input.view, output: output.view, epilogue: op.epilogue };
  ctx.emit(node.name, affineDispatch(params, ctx.precision), [input, affine(ctx, node, input.view.slices), output], op);
}

export const family: Family = {
  lowerings: {
    batch_norm: lowerBatchNorm,
    scale: lowerBatchNorm,
    relu: lowerRelu,
    add: lowerAdd,
  },
  takes: {
    batch_norm: { activation: keepsZero },
    scale: { activation: keepsZero },
    add: { activation: keepsZero },
  },
  forms: { add_broadcast: lowerPooledAdd },
};
