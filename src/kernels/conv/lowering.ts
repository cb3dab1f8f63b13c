/** Convolutions with everything that fusion appended, and operations that are convolutions under another name. */
import { size } from '../../graph/shape.ts';
import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext, Value } from '../lib/context.ts';
import type { ConvParams } from '../lib/conv-params.ts';
import { everyActivation } from '../lib/epilogue.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp } from '../lib/fused.ts';
import { asPointwise, convPack } from '../lib/pack-recipes.ts';
import type { Operand } from '../lib/step.ts';
import { convProgram } from './dispatch.ts';
import type { ConvOperand } from './params.ts';

function lowerConv(ctx: LowerContext, op: FusedOp, node: GraphNode<'conv2d'>): void {
  const input = ctx.view(node.inputs[0]);
  const inChannels = size(input.shape, 1);
  const residual = op.epilogue.residual === undefined ? undefined : ctx.view(op.epilogue.residual);
  const output = ctx.output(op, node.shape, residual?.view.slices);
  const weights = ctx.usesWeights(node.name, convPack(op, node, inChannels, input.view.slices, output.view.slices));
  const params = {
    layer: node.name,
    attributes: node.attributes,
    inChannels,
    input: input.view,
    output: output.view,
    epilogue: { ...op.epilogue, residual: residual?.view },
  };
  emitConv(ctx, op, params, { input, weights, residual, output });
}

/** All dispatches of a convolution, with memory for the values between them. */
function emitConv(
  ctx: LowerContext,
  op: FusedOp,
  params: ConvParams,
  { input, weights, residual, output }: { input: Value; weights: Operand; residual?: Value; output: Value },
): void {
  const { layer } = params;
  const { steps, scratch, transform } = convProgram(params, ctx.precision, ctx.profile, ctx.tuned?.(params, ctx.profile));
  const known: Partial<Record<ConvOperand, Value | Operand>> = { input, weights, residual, output };
  if (transform) known.transformed = ctx.derivesWeights(layer, weights, transform);
  for (const [name, bytes] of Object.entries(scratch)) known[name as ConvOperand] = ctx.allocateDense(`${layer} ${name}`, [bytes / 4]);
  steps.forEach(({ dispatch, operands, auxiliary }, i) => {
    const values = operands.map((name) => {
      const value = known[name];
      if (!value) throw new Error(`${layer} has no ${name}`);
      return value;
    });
    const share = { node: { macs: auxiliary ? 0 : op.node.macs }, nodes: i === steps.length - 1 ? op.nodes : [] };
    ctx.emit(layer, dispatch, values, share, auxiliary);
  });
}

/** A linear layer whose output another layer reads becomes a 1x1 convolution. */
function lowerLinear(ctx: LowerContext, op: FusedOp, node: GraphNode<'linear'>): void {
  const input = ctx.view(node.inputs[0]);
  const inChannels = size(input.shape, 1);
  const asConv = asPointwise(node);
  const output = ctx.output(op, node.shape);
  const weights = ctx.usesWeights(node.name, convPack(op, asConv, inChannels, input.view.slices, output.view.slices));
  const params = {
    layer: node.name,
    attributes: asConv.attributes,
    inChannels,
    epilogue: { ...op.epilogue, residual: undefined },
    input: input.view,
    output: output.view,
  };
  emitConv(ctx, op, params, { input, weights, output });
}

export const family: Family = {
  lowerings: { conv2d: lowerConv, linear: lowerLinear },
  takes: {
    conv2d: { norm: true, residual: 'add', activation: everyActivation },
    linear: { norm: true, activation: everyActivation },
  },
};
