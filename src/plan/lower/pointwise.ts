/** Activations, sums, batch norms: operations on each value or each channel. */
import type { GraphNode } from '../../graph/types.ts';
import { activationDispatch, addDispatch, affineDispatch } from '../../kernels/elementwise.ts';
import type { FusedOp } from '../fuse.ts';
import type { LowerContext, ViewValue } from './context.ts';
import { normFold } from './conv.ts';

export type NormNode = GraphNode<'batch_norm' | 'group_norm' | 'instance_norm' | 'layer_norm'>;

/** All with the channels where the first has them. */
export function inputsOf(ctx: LowerContext, { node: { inputs } }: FusedOp): ViewValue[] {
  const { slices } = ctx.view(inputs[0] ?? '').view;
  return inputs.map((name) => ctx.sliced(name, slices));
}

export function residualOf(ctx: LowerContext, op: FusedOp, { view }: ViewValue): ViewValue | undefined {
  return op.residual === undefined ? undefined : ctx.sliced(op.residual, view.slices);
}

export function lowerActivation(
  ctx: LowerContext,
  op: FusedOp,
  node: GraphNode<'relu' | 'sigmoid' | 'silu' | 'hard_sigmoid' | 'hard_swish'>,
): void {
  const input = ctx.view(node.inputs[0] ?? '');
  const output = ctx.output(op, node.shape, input.view.slices);
  const params = { layer: node.name, kind: node.op, input: input.view, output: output.view };
  ctx.emit(node.name, activationDispatch(params, ctx.precision), [input, output], op);
}

export function lowerAdd(ctx: LowerContext, op: FusedOp, node: GraphNode<'add' | 'add_broadcast'>): void {
  const [a, b] = inputsOf(ctx, op);
  if (!a || !b) return;
  // A value of one pixel an image may be the first of the two.
  const [input, other] = a.view.h * a.view.w < b.view.h * b.view.w ? [b, a] : [a, b];
  const output = ctx.output(op, node.shape, input.view.slices);
  const params = { layer: node.name, input: input.view, other: other.view, output: output.view, relu: op.relu };
  ctx.emit(node.name, addDispatch(params, ctx.precision), [input, other, output], op);
}

export function affine(
  ctx: LowerContext,
  node: NormNode | GraphNode<'scale' | 'evo_norm' | 'filter_response_norm'>,
  slices: readonly number[],
) {
  return ctx.usesWeights(node.name, { kind: 'affine', norm: normFold(node), slices });
}

export function lowerBatchNorm(ctx: LowerContext, op: FusedOp, node: GraphNode<'batch_norm' | 'scale'>): void {
  const input = ctx.view(node.inputs[0] ?? '');
  const output = ctx.output(op, node.shape, input.view.slices);
  const params = { layer: node.name, input: input.view, output: output.view, relu: op.relu };
  ctx.emit(node.name, affineDispatch(params, ctx.precision), [input, affine(ctx, node, input.view.slices), output], op);
}
