/** Operations that only say how memory is looked at; where that does not suffice, a copy. */
import type { GraphNode } from '../../graph/types.ts';
import { groupsOf } from '../../kernels/kernel.ts';
import { copyDispatch } from '../../kernels/layout.ts';
import type { FusedOp } from '../fuse.ts';
import type { LowerContext, ViewValue } from './context.ts';

export function lowerSlice(ctx: LowerContext, op: FusedOp, node: GraphNode<'slice'>): void {
  const whole = ctx.view(node.inputs[0] ?? '');
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
export function lowerConcat(ctx: LowerContext, op: FusedOp, node: GraphNode<'concat'>): void {
  const whole = ctx.output(op, node.shape);
  let offset = 0;
  for (const input of node.inputs) {
    const part = ctx.view(input);
    if (ctx.placed.get(input)?.tensor !== part.tensor) {
      const to: ViewValue = ctx.alias(op.output, whole, part.shape, { ...whole.view, slices: part.view.slices, offset });
      ctx.emit(node.name, copyDispatch({ layer: node.name, input: part.view, output: to.view }, ctx.precision), [part, to], op);
    }
    offset += groupsOf(part.view.slices);
  }
}
