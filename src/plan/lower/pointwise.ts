/** Activations, sums, products, norms: operations on each value or each channel. */
import type { GraphNode } from '../../graph/types.ts';
import { channelConv1dDispatch } from '../../kernels/channel-conv1d.ts';
import { activationDispatch, addDispatch, affineDispatch, blendDispatch, scaleDispatch } from '../../kernels/elementwise.ts';
import { layerNormDispatch, normApplyDispatch, normStatisticsBytes, normStatisticsDispatch } from '../../kernels/norm.ts';
import type { FusedOp } from '../fuse.ts';
import type { LowerContext, ViewValue } from './context.ts';
import { normFold } from './conv.ts';

type NormNode = GraphNode<'batch_norm' | 'group_norm' | 'instance_norm' | 'layer_norm'>;

/** All with the channels where the first has them. */
function inputs(ctx: LowerContext, { node: { inputs } }: FusedOp): ViewValue[] {
  const { slices } = ctx.view(inputs[0] ?? '').view;
  return inputs.map((name) => ctx.sliced(name, slices));
}

function residualOf(ctx: LowerContext, op: FusedOp, { view }: ViewValue): ViewValue | undefined {
  return op.residual === undefined ? undefined : ctx.sliced(op.residual, view.slices);
}

/** Kernels that mix channels need them in one slice. */
function unsliced(ctx: LowerContext, { inputs, shape }: NormNode | GraphNode<'channel_conv1d'>): ViewValue {
  return ctx.sliced(inputs[0] ?? '', [shape[1] ?? 1]);
}

export function lowerActivation(ctx: LowerContext, op: FusedOp, node: GraphNode<'relu' | 'sigmoid' | 'silu'>): void {
  const input = ctx.view(node.inputs[0] ?? '');
  const output = ctx.output(op, node.shape, input.view.slices);
  const params = { layer: node.name, kind: node.op, input: input.view, output: output.view };
  ctx.emit(node.name, activationDispatch(params, ctx.precision), [input, output], op);
}

export function lowerAdd(ctx: LowerContext, op: FusedOp, node: GraphNode<'add' | 'add_broadcast'>): void {
  const [a, b] = inputs(ctx, op);
  if (!a || !b) return;
  // A value of one pixel an image may be the first of the two.
  const [input, other] = a.view.h * a.view.w < b.view.h * b.view.w ? [b, a] : [a, b];
  const output = ctx.output(op, node.shape, input.view.slices);
  const params = { layer: node.name, input: input.view, other: other.view, output: output.view, relu: op.relu };
  ctx.emit(node.name, addDispatch(params, ctx.precision), [input, other, output], op);
}

export function lowerMul(ctx: LowerContext, op: FusedOp, node: GraphNode<'mul'>): void {
  const [input, factors] = inputs(ctx, op);
  if (!input || !factors) return;
  const residual = residualOf(ctx, op, input);
  const output = ctx.output(op, node.shape, input.view.slices);
  const params = {
    layer: node.name,
    input: input.view,
    factors: factors.view,
    residual: residual?.view,
    output: output.view,
    relu: op.relu,
  };
  ctx.emit(node.name, scaleDispatch(params, ctx.precision), [input, factors, residual ?? input, output], op);
}

export function lowerBlend(ctx: LowerContext, op: FusedOp, node: GraphNode<'blend'>): void {
  const [first, second, shares] = node.inputs.map((name) => ctx.view(name));
  if (!first || !second || !shares) return;
  const output = ctx.output(op, node.shape, first.view.slices);
  const params = { layer: node.name, first: first.view, second: second.view, shares: shares.view, output: output.view };
  ctx.emit(node.name, blendDispatch(params, ctx.precision), [first, second, shares, output], op);
}

function affine(ctx: LowerContext, node: NormNode | GraphNode<'scale'>, slices: readonly number[]) {
  return ctx.usesWeights(node.name, { kind: 'affine', norm: normFold(node), slices });
}

export function lowerBatchNorm(ctx: LowerContext, op: FusedOp, node: GraphNode<'batch_norm' | 'scale'>): void {
  const input = ctx.view(node.inputs[0] ?? '');
  const output = ctx.output(op, node.shape, input.view.slices);
  const params = { layer: node.name, input: input.view, output: output.view, relu: op.relu };
  ctx.emit(node.name, affineDispatch(params, ctx.precision), [input, affine(ctx, node, input.view.slices), output], op);
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
