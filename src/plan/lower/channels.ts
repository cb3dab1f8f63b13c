/** Operations that mix channels: norms over groups of them, convolution along them. */
import type { GraphNode } from '../../graph/types.ts';
import { channelConv1dDispatch } from '../../kernels/channel-conv1d.ts';
import { layerNormDispatch, normActDispatch, normApplyDispatch, normStatisticsBytes, normStatisticsDispatch } from '../../kernels/norm.ts';
import { channelPoolDispatch, multiplyDispatch } from '../../kernels/spatial-attention.ts';
import type { FusedOp } from '../fuse.ts';
import type { LowerContext, ViewValue } from './context.ts';
import { affine, type NormNode, residualOf } from './pointwise.ts';

/** Kernels that mix channels need them in one slice. */
function unsliced(ctx: LowerContext, { inputs: [name = ''] }: Pick<GraphNode, 'inputs'>): ViewValue {
  return ctx.sliced(name, [ctx.value(name).shape[1] ?? 1]);
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

/** Norms that are activations, too. */
export function lowerNormAct(ctx: LowerContext, op: FusedOp, node: GraphNode<'evo_norm' | 'filter_response_norm'>): void {
  const input = unsliced(ctx, node);
  const output = ctx.output(op, node.shape, input.view.slices);
  const [, channels = 1] = node.shape;
  const kind = node.op === 'evo_norm' ? 'evo' : 'threshold';
  const groups = node.op === 'evo_norm' ? node.attributes.groups : channels;
  const statistics = ctx.allocateDense(`${node.name} statistics`, [normStatisticsBytes(node.name, input.view) / 4]);
  const params = { layer: node.name, kind, groups, eps: node.attributes.eps, centered: kind === 'evo' } as const;
  const measured = normStatisticsDispatch({ ...params, input: input.view }, ctx.precision);
  ctx.emit(node.name, measured, [input, affine(ctx, node, input.view.slices), statistics]);
  const own = node.weights.v ?? node.weights.tau;
  const slopes = ctx.usesWeights(`${node.name} slopes`, { kind: 'raw', keys: [own?.key ?? ''], lengths: [channels] });
  const applied = normActDispatch({ ...params, input: input.view, output: output.view }, ctx.precision);
  ctx.emit(node.name, applied, [input, statistics, slopes, output], op);
}

/** Mean and maximum over the channels of each pixel. */
export function lowerChannelPool(ctx: LowerContext, op: FusedOp, node: GraphNode<'channel_pool'>): void {
  const input = unsliced(ctx, node);
  const output = ctx.output(op, node.shape, [node.shape[1] ?? 1]);
  const params = { layer: node.name, average: node.attributes.average, input: input.view, output: output.view };
  ctx.emit(node.name, channelPoolDispatch(params, ctx.precision), [input, output], op);
}

/** Factors that are repeated along some axes. */
export function lowerMultiply(ctx: LowerContext, op: FusedOp, node: GraphNode<'mul_broadcast'>): void {
  const [x = '', s = ''] = node.inputs;
  const input = ctx.view(x);
  const single = ctx.value(s).shape[1] === 1;
  const factors = single ? ctx.view(s) : ctx.sliced(s, input.view.slices);
  const output = ctx.output(op, node.shape, input.view.slices);
  const params = { layer: node.name, input: input.view, factors: factors.view, output: output.view };
  ctx.emit(node.name, multiplyDispatch(params, ctx.precision), [input, factors, output], op);
}

export function lowerChannelConv1d(ctx: LowerContext, op: FusedOp, node: GraphNode<'channel_conv1d'>): void {
  const input = unsliced(ctx, node);
  const output = ctx.output(op, node.shape, input.view.slices);
  const { kernel, circular } = node.attributes;
  const taps = ctx.usesWeights(node.name, { kind: 'raw', keys: [node.weights.weight?.key ?? ''], lengths: [kernel] });
  const params = { layer: node.name, kernel, circular, input: input.view, output: output.view, sigmoid: op.sigmoid ?? false };
  ctx.emit(node.name, channelConv1dDispatch(params, ctx.precision), [input, taps, output], op);
}
