import { size } from '../../graph/shape.ts';
import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext } from '../lib/context.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp } from '../lib/fused.ts';
import { asPointwise, convPack } from '../lib/pack-recipes.ts';
import { linearDispatch } from './dispatch.ts';

/** The last linear layer, whose output is dense. Any other one becomes a convolution. */
function lowerLinear(ctx: LowerContext, op: FusedOp, node: GraphNode<'linear'>, isOutput: boolean): boolean {
  if (!isOutput) return false;
  const input = ctx.view(node.inputs[0]);
  const { outFeatures } = node.attributes;
  const output = ctx.allocateDense(op.output, node.shape);
  ctx.define(op.output, output);
  const recipe = convPack(op, asPointwise(node), size(input.shape, 1), input.view.slices, [outFeatures]);
  const dispatch = linearDispatch({ layer: node.name, input: input.view, outFeatures, epilogue: op.epilogue }, ctx.precision);
  ctx.emit(node.name, dispatch, [input, ctx.usesWeights(node.name, recipe), output], op);
  return true;
}

export const family: Family = { lowerings: {}, forms: { linear: lowerLinear } };
