/** Operations that mix channels: norms over groups of them, convolution along them. */
import type { GraphNode } from '../../graph/types.ts';
import { channelConv1dDispatch } from '../../kernels/channel-conv1d.ts';
import { layerNormDispatch, normApplyDispatch, normStatisticsBytes, normStatisticsDispatch } from '../../kernels/norm.ts';
import type { FusedOp } from '../fuse.ts';
import type { LowerContext, ViewValue } from './context.ts';
import { affine, type NormNode, residualOf } from './pointwise.ts';

/** Kernels that mix channels need them in one slice. */
function unsliced(ctx: LowerContext, { inputs, shape }: NormNode | GraphNode<'channel_conv1d'>): ViewValue {
  return ctx.sliced(inputs[0] ?? '', [shape[1] ?? 1]);
}

export function lowerLayerNorm(ctx: LowerContext, op: FusedOp, node: GraphNode<'layer_norm'>): void {
  const [, , h = 1, w = 1] = node.shape;
  if (node.attributes.over === 'all' && h * w > 1) {
    lowerGroupNorm(ctx, op, node, 1);
    return;
  }
  const input = unsliced(ctx, node);
  const residual = residualOf(ctx, op, input);
  const output = ctx.output(op, node.shape, input.view.slices);
  const { eps } = node.attributes;
  const params = { layer: node.name, input: input.view, residual: residual?.view, output: output.view, relu: op.relu, eps };
  const operands = [input, affine(ctx, node, input.view.slices), residual ?? input, output];
  ctx.emit(node.name, layerNormDispatch(params, ctx.precision), operands, op);
}

export function lowerGroupNorm(ctx: LowerContext, op: FusedOp, node: NormNode, groups: number): void {
  const input = unsliced(ctx, node);
  const residual = residualOf(ctx, op, input);
  const output = ctx.output(op, node.shape, input.view.slices);
  const statistics = ctx.allocateDense(`${node.name} statistics`, [normStatisticsBytes(node.name, input.view) / 4]);
  const { eps } = node.attributes;
  const measured = normStatisticsDispatch({ layer: node.name, input: input.view, groups, eps }, ctx.precision);
  ctx.emit(node.name, measured, [input, affine(ctx, node, input.view.slices), statistics]);
  const params = { layer: node.name, input: input.view, residual: residual?.view, output: output.view, relu: op.relu };
  ctx.emit(node.name, normApplyDispatch(params, ctx.precision), [input, statistics, residual ?? input, output], op);
}

export function lowerChannelConv1d(ctx: LowerContext, op: FusedOp, node: GraphNode<'channel_conv1d'>): void {
  const input = unsliced(ctx, node);
  const output = ctx.output(op, node.shape, input.view.slices);
  const { kernel } = node.attributes;
  const taps = ctx.usesWeights(node.name, { kind: 'raw', keys: [node.weights.weight?.key ?? ''], lengths: [kernel] });
  const params = { layer: node.name, kernel, input: input.view, output: output.view, sigmoid: op.sigmoid ?? false };
  ctx.emit(node.name, channelConv1dDispatch(params, ctx.precision), [input, taps, output], op);
}
