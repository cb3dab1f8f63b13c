/** Operations that only change the view of memory. If that is not possible, they copy. */
import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext, ViewValue } from '../lib/context.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp } from '../lib/fused.ts';
import { groupsOf } from '../lib/kernel.ts';
import { planConcats, planSlices } from './arrange.ts';

function lowerSlice(ctx: LowerContext, op: FusedOp, node: GraphNode<'slice'>): void {
  const whole = ctx.view(node.inputs[0]);
  const { start, length } = node.attributes;
  let channel = 0;
  let offset = whole.view.offset;
  const slices: number[] = [];
  for (const slice of whole.view.slices) {
    if (channel >= start && channel + slice <= start + length) slices.push(slice);
    else if (channel < start) offset += groupsOf([slice]);
    channel += slice;
  }
  ctx.define(op.output, ctx.alias(op.output, whole, node.shape, { ...whole.view, slices, offset }));
}

/** Copies the parts that could not be written in place. */
function lowerConcat(ctx: LowerContext, op: FusedOp, node: GraphNode<'concat'>): void {
  const whole = ctx.output(op, node.shape);
  let offset = 0;
  for (const input of node.inputs) {
    const part = ctx.view(input);
    if (ctx.placed.get(input)?.tensor !== part.tensor) {
      const to: ViewValue = ctx.alias(op.output, whole, part.shape, { ...whole.view, slices: part.view.slices, offset });
      ctx.copy(op, part, to);
    }
    offset += groupsOf(part.view.slices);
  }
}

function lowerConcatBatch(ctx: LowerContext, op: FusedOp, node: GraphNode<'concat_batch'>): void {
  const parts = node.inputs.map((input) => ctx.view(input));
  const output = ctx.output(op, node.shape, parts[0]?.view.slices);
  let firstImage = 0;
  for (const part of parts) {
    ctx.copy(op, part, output, { ...output.view, n: part.view.n }, firstImage);
    firstImage += part.view.n;
  }
}

function lowerReshape(ctx: LowerContext, op: FusedOp, node: GraphNode<'reshape'>): void {
  const value = ctx.dense(node.inputs[0]);
  ctx.define(op.output, ctx.aliasDense(op.output, value, node.shape));
}

export const family: Family = {
  lowerings: { slice: lowerSlice, concat: lowerConcat, concat_batch: lowerConcatBatch, reshape: lowerReshape },
  arrange(ctx, ops, wanted) {
    planSlices(ctx, ops);
    planConcats(ctx, ops, wanted);
  },
};
