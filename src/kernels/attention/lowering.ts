/** Attention between positions: sums of energies, distances, masks. Tensors are dense, like those of matmul/. */

import { size } from '../../graph/shape.ts';
import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext } from '../lib/context.ts';
import { keepsZero } from '../lib/epilogue.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp } from '../lib/fused.ts';
import { keyOf } from '../lib/pack-recipes.ts';
import { attentionMaskDispatch, broadcastAddDispatch, distancesOf, positionCodesDispatch, positionEnergyDispatch } from './dispatch.ts';

function lowerBroadcastAdd(ctx: LowerContext, op: FusedOp, node: GraphNode<'add_broadcast'>): void {
  const [left, right] = [ctx.dense(node.inputs[0]), ctx.dense(node.inputs[1])];
  const output = ctx.allocateDense(op.output, node.shape);
  ctx.define(op.output, output);
  const params = { layer: node.name, left: left.shape, right: right.shape, epilogue: op.epilogue };
  ctx.emit(node.name, broadcastAddDispatch(params), [left, right, output], op);
}

function lowerPositionEnergy(ctx: LowerContext, op: FusedOp, node: GraphNode<'position_energy'>): void {
  const { attributes: a, weights } = node;
  const { channels, features, magnitude } = a;
  const name = node.inputs[0];
  const query = a.useQuery ? ctx.dense(name) : ctx.value(name);
  const addend = op.epilogue.residual === undefined ? undefined : ctx.dense(op.epilogue.residual);
  const keys = [keyOf(node, 'fc_x'), keyOf(node, 'fc_y')] as const;
  const table = ctx.usesWeights(node.name, { kind: 'codes', weights: keys, channels, features, magnitude });
  const [columns, rows] = distancesOf(a);
  const codes = ctx.allocateDense(`${node.name} codes`, [columns + rows, channels]);
  ctx.emit(node.name, positionCodesDispatch(node.name, a), [table, codes]);
  const bias = weights.bias && ctx.usesWeights(node.name, { kind: 'raw', keys: [weights.bias.key], lengths: [channels] });
  const output = ctx.allocateDense(op.output, node.shape);
  ctx.define(op.output, output);
  const params = { layer: node.name, attributes: a, batch: size(node.shape, 0), bias: bias !== undefined, addend: addend?.shape };
  ctx.emit(node.name, positionEnergyDispatch(params), [query, bias ?? query, codes, addend ?? query, output], op);
}

function lowerAttentionMask(ctx: LowerContext, op: FusedOp, node: GraphNode<'attention_mask'>): void {
  const input = ctx.dense(node.inputs[0]);
  const output = ctx.allocateDense(op.output, node.shape);
  ctx.define(op.output, output);
  ctx.emit(node.name, attentionMaskDispatch({ layer: node.name, attributes: node.attributes, shape: node.shape }), [input, output], op);
}

export const family: Family = {
  lowerings: { add_broadcast: lowerBroadcastAdd, position_energy: lowerPositionEnergy, attention_mask: lowerAttentionMask },
  takes: { add_broadcast: { activation: keepsZero }, position_energy: { residual: 'add_broadcast' } },
};
