import { size } from '../../graph/shape.ts';
import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext } from '../lib/context.ts';
import { keepsZero } from '../lib/epilogue.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp } from '../lib/fused.ts';
import { convPack } from '../lib/pack-recipes.ts';
import { deformConvDispatch } from './dispatch.ts';

function lowerDeformConv(ctx: LowerContext, op: FusedOp, node: GraphNode<'deform_conv2d'>): void {
  const [input, offsets] = [ctx.view(node.inputs[0]), ctx.view(node.inputs[1])];
  const masks = node.inputs[2] === undefined ? undefined : ctx.view(node.inputs[2]);
  const inChannels = size(input.shape, 1);
  const output = ctx.output(op, node.shape);
  const weights = ctx.usesWeights(node.name, convPack(op, node, inChannels, input.view.slices, output.view.slices));
  const params = {
    layer: node.name,
    attributes: node.attributes,
    input: input.view,
    inChannels,
    offsets: offsets.view,
    masks: masks?.view,
    output: output.view,
    epilogue: op.epilogue,
  };
  const operands = [input, offsets, masks ?? offsets, weights, output];
  ctx.emit(node.name, deformConvDispatch(params, ctx.precision, ctx.profile), operands, op);
}

export const family: Family = {
  lowerings: { deform_conv2d: lowerDeformConv },
  takes: { deform_conv2d: { norm: true, activation: keepsZero } },
};
