import { size } from '../../graph/shape.ts';
import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext } from '../lib/context.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp } from '../lib/fused.ts';
import { unsliced } from '../lib/values.ts';
import { channelPoolDispatch, multiplyDispatch } from './dispatch.ts';

/** Mean and maximum over the channels of each pixel. */
function lowerChannelPool(ctx: LowerContext, op: FusedOp, node: GraphNode<'channel_pool'>): void {
  const input = unsliced(ctx, node);
  const output = ctx.output(op, node.shape, [size(node.shape, 1)]);
  const params = { layer: node.name, average: node.attributes.average, input: input.view, output: output.view };
  ctx.emit(node.name, channelPoolDispatch(params, ctx.precision), [input, output], op);
}

/** Factors that are repeated along some axes. */
function lowerMultiply(ctx: LowerContext, op: FusedOp, node: GraphNode<'mul_broadcast'>): void {
  const [x = '', s = ''] = node.inputs;
  const input = ctx.view(x);
  const single = ctx.value(s).shape[1] === 1;
  const factors = single ? ctx.view(s) : ctx.sliced(s, input.view.slices);
  const output = ctx.output(op, node.shape, input.view.slices);
  const params = { layer: node.name, input: input.view, factors: factors.view, output: output.view };
  ctx.emit(node.name, multiplyDispatch(params, ctx.precision), [input, factors, output], op);
}

export const family: Family = { lowerings: { channel_pool: lowerChannelPool, mul_broadcast: lowerMultiply } };
