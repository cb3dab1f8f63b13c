/** What detection backbones convolve with: deformable and switchable atrous convolution. */
import type { GraphNode } from '../../graph/types.ts';
import { blendDispatch } from '../../kernels/blend.ts';
import { deformConvDispatch } from '../../kernels/deform-conv.ts';
import type { FusedOp } from '../fuse.ts';
import type { LowerContext } from './context.ts';
import { convPack } from './conv.ts';

export function lowerDeformConv(ctx: LowerContext, op: FusedOp, node: GraphNode<'deform_conv2d'>): void {
  const [input, offsets, masks] = node.inputs.map((name) => ctx.view(name));
  if (!input || !offsets) return;
  const inChannels = input.shape[1] ?? 0;
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
    relu: op.relu,
  };
  const operands = [input, offsets, masks ?? offsets, weights, output];
  ctx.emit(node.name, deformConvDispatch(params, ctx.precision, ctx.profile), operands, op);
}

export function lowerBlend(ctx: LowerContext, op: FusedOp, node: GraphNode<'blend'>): void {
  const [first, second, shares] = node.inputs.map((name) => ctx.view(name));
  if (!first || !second || !shares) return;
  const output = ctx.output(op, node.shape, first.view.slices);
  const params = { layer: node.name, first: first.view, second: second.view, shares: shares.view, output: output.view };
  ctx.emit(node.name, blendDispatch(params, ctx.precision), [first, second, shares, output], op);
}
