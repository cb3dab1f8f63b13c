import { size } from '../../graph/shape.ts';
import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext } from '../lib/context.ts';
import { keepsZero } from '../lib/epilogue.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp } from '../lib/fused.ts';
import { convPack } from '../lib/pack-recipes.ts';
import { stemDispatch } from './dispatch.ts';

/** A convolution of the plan's input, if the kernels support it. */
function lowerStem(ctx: LowerContext, op: FusedOp, node: GraphNode<'conv2d'>): boolean {
  const source = ctx.value(node.inputs[0]);
  const inChannels = size(source.shape, 1);
  const { attributes } = node;
  const { epilogue } = op;
  if (source.view || attributes.groups !== 1 || epilogue.residual !== undefined || !keepsZero(epilogue) || !ctx.isInput(source))
    return false;
  const output = ctx.output(op, node.shape);
  const weights = ctx.usesWeights(node.name, convPack(op, node, inChannels, [inChannels], output.view.slices));
  const params = {
    layer: node.name,
    attributes,
    inChannels,
    epilogue,
    output: output.view,
    height: size(source.shape, 2),
    width: size(source.shape, 3),
  };
  ctx.emit(node.name, stemDispatch(params, ctx.precision, ctx.profile), [source, weights, output], op);
  return true;
}

export const family: Family = { lowerings: {}, forms: { conv2d: lowerStem } };
