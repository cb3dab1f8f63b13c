import { nchw, size } from '../../graph/shape.ts';
import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext } from '../lib/context.ts';
import { keepsZero } from '../lib/epilogue.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp } from '../lib/fused.ts';
import { keyOf, type NormNode } from '../lib/pack-recipes.ts';
import { affine, residualOf, unsliced } from '../lib/values.ts';
import { layerNormDispatch, normActDispatch, normApplyDispatch, normStatisticsBytes, normStatisticsDispatch } from './dispatch.ts';

function lowerLayerNorm(ctx: LowerContext, op: FusedOp, node: GraphNode<'layer_norm'>): void {
  const { h, w } = nchw(node.shape);
  if (node.attributes.over === 'all' && h * w > 1) {
    lowerGroupNorm(ctx, op, node, 1);
    return;
  }
  const input = unsliced(ctx, node);
  const residual = residualOf(ctx, op, input);
  const output = ctx.output(op, node.shape, input.view.slices);
  const { eps } = node.attributes;
  const params = { layer: node.name, input: input.view, epilogue: { ...op.epilogue, residual: residual?.view }, output: output.view, eps };
  const operands = [input, affine(ctx, node, input.view.slices), residual ?? input, output];
  ctx.emit(node.name, layerNormDispatch(params, ctx.precision), operands, op);
}

function lowerGroupNorm(ctx: LowerContext, op: FusedOp, node: NormNode, groups: number): void {
  const input = unsliced(ctx, node);
  const residual = residualOf(ctx, op, input);
  const output = ctx.output(op, node.shape, input.view.slices);
  const statistics = ctx.allocateDense(`${node.name} statistics`, [normStatisticsBytes(node.name, input.view) / 4]);
  const { eps } = node.attributes;
  const measured = normStatisticsDispatch({ layer: node.name, input: input.view, groups, eps }, ctx.precision);
  ctx.emit(node.name, measured, [input, affine(ctx, node, input.view.slices), statistics]);
  const params = { layer: node.name, input: input.view, epilogue: { ...op.epilogue, residual: residual?.view }, output: output.view };
  ctx.emit(node.name, normApplyDispatch(params, ctx.precision), [input, statistics, residual ?? input, output], op);
}

/** Norms that include an activation. */
function lowerNormAct(ctx: LowerContext, op: FusedOp, node: GraphNode<'evo_norm' | 'filter_response_norm'>): void {
  const input = unsliced(ctx, node);
  const output = ctx.output(op, node.shape, input.view.slices);
  const channels = size(node.shape, 1);
  const kind = node.op === 'evo_norm' ? 'evo' : 'threshold';
  const groups = node.op === 'evo_norm' ? node.attributes.groups : channels;
  const statistics = ctx.allocateDense(`${node.name} statistics`, [normStatisticsBytes(node.name, input.view) / 4]);
  const params = { layer: node.name, kind, groups, eps: node.attributes.eps, centered: kind === 'evo' } as const;
  const measured = normStatisticsDispatch({ ...params, input: input.view }, ctx.precision);
  ctx.emit(node.name, measured, [input, affine(ctx, node, input.view.slices), statistics]);
  const slopes = ctx.usesWeights(`${node.name} slopes`, {
    kind: 'raw',
    keys: [keyOf(node, kind === 'evo' ? 'v' : 'tau')],
    lengths: [channels],
  });
  const applied = normActDispatch({ ...params, input: input.view, output: output.view }, ctx.precision);
  ctx.emit(node.name, applied, [input, statistics, slopes, output], op);
}

export const family: Family = {
  lowerings: {
    group_norm: (ctx, op, node) => lowerGroupNorm(ctx, op, node, node.attributes.groups),
    instance_norm: (ctx, op, node) => lowerGroupNorm(ctx, op, node, size(node.shape, 1)),
    layer_norm: lowerLayerNorm,
    evo_norm: lowerNormAct,
    filter_response_norm: lowerNormAct,
  },
  takes: {
    group_norm: { residual: 'add', activation: keepsZero },
    instance_norm: { residual: 'add', activation: keepsZero },
    layer_norm: { residual: 'add', activation: keepsZero },
  },
};
