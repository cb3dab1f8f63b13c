import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext } from '../lib/context.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp } from '../lib/fused.ts';
import { unsliced } from '../lib/values.ts';
import { gemDispatch } from './dispatch.ts';

function lowerGem(ctx: LowerContext, op: FusedOp, node: GraphNode<'gem'>): void {
  const input = unsliced(ctx, node);
  const output = ctx.output(op, node.shape, input.view.slices);
  const key = node.weights.p?.key;
  const exponent = key === undefined ? input : ctx.usesWeights(node.name, { kind: 'raw', keys: [key], lengths: [1] });
  const params = { layer: node.name, attributes: node.attributes, input: input.view, output: output.view };
  ctx.emit(node.name, gemDispatch(params, ctx.precision), [input, exponent, output], op);
}

export const family: Family = { lowerings: { gem: lowerGem } };
