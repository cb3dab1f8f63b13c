/** Convolutions and linear layers, with everything that fusion put behind them. */
import type { ConvAttributes, GraphNode } from '../../graph/types.ts';
import { type ConvOperand, type ConvParams, convProgram, stemDispatch } from '../../kernels/conv.ts';
import { linearDispatch } from '../../kernels/linear.ts';
import type { ConvPack, NormFold } from '../../kernels/pack.ts';
import type { FusedOp } from '../fuse.ts';
import type { Operand } from '../types.ts';
import type { LowerContext, Value } from './context.ts';

type ConvNode = GraphNode<'conv2d' | 'deform_conv2d'>;

/** A learned factor is a norm of one weight. */
export function normFold(
  norm: GraphNode<'batch_norm' | 'group_norm' | 'instance_norm' | 'layer_norm' | 'evo_norm' | 'filter_response_norm' | 'scale'>,
): NormFold {
  const { weight, bias, running_mean: mean, running_var: variance } = norm.weights;
  return {
    channels: norm.shape[1] ?? 0,
    weight: weight?.key,
    bias: bias?.key,
    mean: mean?.key,
    variance: variance?.key,
    eps: norm.op === 'scale' ? 0 : norm.attributes.eps,
  };
}

export function convPack(
  op: Pick<FusedOp, 'norm'>,
  node: ConvNode,
  inChannels: number,
  inSlices: readonly number[],
  outSlices: readonly number[],
): ConvPack {
  const { weight, bias, gamma, beta, diff } = node.weights;
  const { outChannels, kernel, groups, standardize } = node.attributes;
  return {
    kind: 'conv',
    weight: weight?.key ?? '',
    bias: bias?.key,
    outChannels,
    inChannels,
    kernel,
    groups,
    inSlices,
    outSlices,
    norm: op.norm && normFold(op.norm),
    standardize: standardize && { ...standardize, gamma: gamma?.key, beta: beta?.key },
    difference: diff?.key,
  };
}

export function lowerConv(ctx: LowerContext, op: FusedOp, node: GraphNode<'conv2d'>): void {
  const source = ctx.value(node.inputs[0] ?? '');
  const inChannels = source.shape[1] ?? 0;
  const { attributes } = node;
  const common = { layer: node.name, attributes, inChannels, relu: op.relu };
  if (!source.view && attributes.groups === 1 && op.residual === undefined && !op.sigmoid && ctx.isInput(source)) {
    const output = ctx.output(op, node.shape);
    const weights = ctx.usesWeights(node.name, convPack(op, node, inChannels, [inChannels], output.view.slices));
    const [, , height = 1, width = 1] = source.shape;
    const dispatch = stemDispatch({ ...common, output: output.view, height, width }, ctx.precision, ctx.profile);
    ctx.emit(node.name, dispatch, [source, weights, output], op);
    return;
  }
  const input = ctx.view(node.inputs[0] ?? '');
  const residual = op.residual === undefined ? undefined : ctx.view(op.residual);
  const output = ctx.output(op, node.shape, residual?.view.slices);
  const weights = ctx.usesWeights(node.name, convPack(op, node, inChannels, input.view.slices, output.view.slices));
  emitConv(
    ctx,
    op,
    { ...common, input: input.view, output: output.view, residual: residual?.view, sigmoid: op.sigmoid },
    { input, weights, residual, output },
  );
}

/** All dispatches of a convolution, with room for what passes between them. */
function emitConv(
  ctx: LowerContext,
  op: FusedOp,
  params: ConvParams,
  { input, weights, residual, output }: { input: Value; weights: Operand; residual?: Value; output: Value },
): void {
  const { layer } = params;
  const { steps, scratch, transform } = convProgram(params, ctx.precision, ctx.profile, ctx.tuned?.(params));
  const known: Partial<Record<ConvOperand, Value | Operand>> = { input, weights, residual, output };
  if (transform) known.transformed = ctx.derivesWeights(layer, weights, transform);
  for (const [name, bytes] of Object.entries(scratch)) known[name as ConvOperand] = ctx.allocateDense(`${layer} ${name}`, [bytes / 4]);
  steps.forEach(({ dispatch, operands, auxiliary }, i) => {
    const values = operands.map((name) => known[name] ?? input);
    const share = { node: { macs: auxiliary ? 0 : op.node.macs }, nodes: i === steps.length - 1 ? op.nodes : [] };
    ctx.emit(layer, dispatch, values, share, auxiliary);
  });
}

/** The last linear layer gives dense rows; one whose values others read is a 1x1 convolution. */
export function lowerLinear(ctx: LowerContext, op: FusedOp, node: GraphNode<'linear'>, isOutput: boolean): void {
  const input = ctx.view(node.inputs[0] ?? '');
  const inChannels = input.shape[1] ?? 0;
  const { outFeatures, bias } = node.attributes;
  const attributes: ConvAttributes = {
    outChannels: outFeatures,
    kernel: [1, 1],
    stride: [1, 1],
    padding: [0, 0, 0, 0],
    dilation: [1, 1],
    groups: 1,
    bias,
  };
  const asConv = { ...node, op: 'conv2d', attributes } as GraphNode<'conv2d'>;
  const pack = (outSlices: readonly number[]) => ctx.usesWeights(node.name, convPack(op, asConv, inChannels, input.view.slices, outSlices));
  if (isOutput) {
    const output: Value = ctx.allocateDense(op.output, node.shape);
    ctx.define(op.output, output);
    const dispatch = linearDispatch({ layer: node.name, input: input.view, outFeatures, relu: op.relu }, ctx.precision);
    ctx.emit(node.name, dispatch, [input, pack([outFeatures]), output], op);
    return;
  }
  const output = ctx.output(op, node.shape);
  const params = { layer: node.name, attributes, inChannels, relu: op.relu, input: input.view, output: output.view };
  emitConv(ctx, op, params, { input, weights: pack(output.view.slices), output });
}
