import { nchw } from '../../graph/shape.ts';
import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext } from '../lib/context.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp } from '../lib/fused.ts';
import { lowerMap } from '../lib/values.ts';
import { globalPoolDispatch } from './dispatch.ts';

function lowerGlobalPool(ctx: LowerContext, op: FusedOp, node: GraphNode<'global_avg_pool'>): void {
  lowerMap(ctx, op, node, (input, output) =>
    globalPoolDispatch({ layer: node.name, input: input.view, output: output.view }, ctx.precision),
  );
}

/** The mean of the summed splits, if nothing else reads the sum. */
function lowerPooledSum(ctx: LowerContext, op: FusedOp, node: GraphNode<'radix_sum'>): boolean {
  if (!op.pooled) return false;
  const input = ctx.view(node.inputs[0]);
  const { n, c } = nchw(node.shape);
  const output = ctx.output(op, [n, c, 1, 1]);
  const params = { layer: node.name, radix: node.attributes.radix, input: input.view, output: output.view };
  ctx.emit(node.name, globalPoolDispatch(params, ctx.precision), [input, output], op);
  return true;
}

export const family: Family = { lowerings: { global_avg_pool: lowerGlobalPool }, forms: { radix_sum: lowerPooledSum } };
