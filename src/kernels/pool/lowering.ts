import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext } from '../lib/context.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp } from '../lib/fused.ts';
import { lowerMap } from '../lib/values.ts';
import { poolDispatch } from './dispatch.ts';

function lowerPool(ctx: LowerContext, op: FusedOp, node: GraphNode<'max_pool2d' | 'avg_pool2d'>): void {
  const { kernel, stride, padding } = node.attributes;
  if ([...kernel, ...stride].every((size) => size === 1) && padding.every((size) => size === 0)) {
    // A window of one pixel changes nothing. avg_down makes such pools if a stage keeps its size.
    ctx.define(op.output, ctx.value(node.inputs[0]));
    return;
  }
  const kind = node.op === 'max_pool2d' ? 'max' : 'average';
  lowerMap(ctx, op, node, (input, output) =>
    poolDispatch({ layer: node.name, kind, attributes: node.attributes, input: input.view, output: output.view }, ctx.precision),
  );
}

export const family: Family = { lowerings: { max_pool2d: lowerPool, avg_pool2d: lowerPool } };
