/**
 * Multiplies maps by factors for each channel, in two dispatches together with the layers that compute the factors if that pays. Also the
 * parts of split attention.
 */
import { size } from '../../graph/shape.ts';
import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext } from '../lib/context.ts';
import { keepsZero } from '../lib/epilogue.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp, Gate } from '../lib/fused.ts';
import { convPack } from '../lib/pack-recipes.ts';
import { pairOf, residualOf } from '../lib/values.ts';
import { gateProgram, gateSlices } from './dispatch.ts';
import { gateFinder } from './find.ts';
import { radixSoftmaxDispatch } from './radix.ts';
import { scaleDispatch } from './scale.ts';

function lowerMul(ctx: LowerContext, op: FusedOp, node: GraphNode<'mul'>): void {
  if (op.gate) {
    lowerGate(ctx, op, node, op.gate);
    return;
  }
  const [input, factors] = pairOf(ctx, node);
  const residual = residualOf(ctx, op, input);
  const output = ctx.output(op, node.shape, input.view.slices);
  const params = {
    layer: node.name,
    input: input.view,
    factors: factors.view,
    output: output.view,
    epilogue: { ...op.epilogue, residual: residual?.view },
  };
  ctx.emit(node.name, scaleDispatch(params, ctx.precision), [input, factors, residual ?? input, output], op);
}

/** The sum of the splits. */
function lowerRadixSum(ctx: LowerContext, op: FusedOp, node: GraphNode<'radix_sum'>): void {
  const input = ctx.view(node.inputs[0]);
  const output = ctx.output(op, node.shape);
  const params = { layer: node.name, radix: node.attributes.radix, input: input.view, output: output.view };
  ctx.emit(node.name, scaleDispatch(params, ctx.precision), [input, input, input, output], op);
}

function lowerRadixSoftmax(ctx: LowerContext, op: FusedOp, node: GraphNode<'radix_softmax'>): void {
  const { radix, groups } = node.attributes;
  const input = ctx.view(node.inputs[0]);
  const output = ctx.output(op, node.shape);
  const params = { layer: node.name, radix, groups, input: input.view, output: output.view };
  ctx.emit(node.name, radixSoftmaxDispatch(params, ctx.precision), [input, output], op);
}

function lowerRadixApply(ctx: LowerContext, op: FusedOp, node: GraphNode<'radix_apply'>): void {
  if (op.gate) {
    lowerGate(ctx, op, node, op.gate);
    return;
  }
  const [input, factors] = [ctx.view(node.inputs[0]), ctx.view(node.inputs[1])];
  const output = ctx.output(op, node.shape);
  const params = { layer: node.name, radix: node.attributes.radix, input: input.view, factors: factors.view, output: output.view };
  ctx.emit(node.name, scaleDispatch(params, ctx.precision), [input, factors, input, output], op);
}

function lowerGate(ctx: LowerContext, op: FusedOp, node: GraphNode<'mul' | 'radix_apply'>, gate: Gate): void {
  const { squeeze, norm, silu, excite, cardinals } = gate;
  const radix = node.op === 'radix_apply' ? node.attributes.radix : 1;
  const hidden = squeeze.attributes.outChannels;
  const channels = size(node.shape, 1);
  const input = ctx.view(node.inputs[0]);
  const residual = residualOf(ctx, op, input);
  const output = ctx.output(op, node.shape, radix === 1 ? input.view.slices : undefined);
  const groups = [squeeze.attributes.groups, excite.attributes.groups] as const;
  const views = { input: input.view, output: output.view, epilogue: { ...op.epilogue, residual: residual?.view } };
  const params = { layer: node.name, radix, cardinals, hidden, groups, silu, ...views };
  const slices = gateSlices(params);
  const pack = (conv: Gate['excite'], inputs: number, from: readonly number[], to: readonly number[], fold?: Gate['norm']) =>
    ctx.usesWeights(conv.name, convPack({ norm: fold }, conv, inputs, from, to));
  const first = pack(squeeze, channels, slices.mean, [hidden], norm);
  const second = pack(excite, hidden, [hidden], slices.rows);
  const program = gateProgram(params, ctx.precision, ctx.profile);
  const sums = ctx.allocateDense(`${node.name} sums`, [program.byteLength / 4]);
  ctx.emit(squeeze.name, program.squeeze, [input, first, sums], { node: squeeze, nodes: [] });
  ctx.emit(node.name, program.excite, [input, sums, second, residual ?? input, output], { node: excite, nodes: op.nodes });
}

export const family: Family = {
  lowerings: { mul: lowerMul, radix_sum: lowerRadixSum, radix_softmax: lowerRadixSoftmax, radix_apply: lowerRadixApply },
  takes: { mul: { residual: 'add', activation: keepsZero }, radix_sum: { pooled: true } },
  findGates: gateFinder,
};
