import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext } from '../lib/context.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp } from '../lib/fused.ts';
import { blendDispatch } from './dispatch.ts';

function lowerBlend(ctx: LowerContext, op: FusedOp, node: GraphNode<'blend'>): void {
  const [first, second, shares] = [ctx.view(node.inputs[0]), ctx.view(node.inputs[1]), ctx.view(node.inputs[2])];
  const output = ctx.output(op, node.shape, first.view.slices);
  const params = { layer: node.name, first: first.view, second: second.view, shares: shares.view, output: output.view };
  ctx.emit(node.name, blendDispatch(params, ctx.precision), [first, second, shares, output], op);
}

export const family: Family = { lowerings: { blend: lowerBlend } };
