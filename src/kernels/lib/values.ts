/** What several lowerings ask of a context. */
import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext, ViewValue } from './context.ts';
import type { FusedOp } from './fused.ts';
import type { Dispatch } from './kernel.ts';
import { type NormNode, normFold } from './recipes.ts';
import type { Operand } from './step.ts';

/** All with the channels where the first has them. */
export function inputsOf(ctx: LowerContext, { node: { inputs } }: FusedOp): ViewValue[] {
  const { slices } = ctx.view(inputs[0] ?? '').view;
  return inputs.map((name) => ctx.sliced(name, slices));
}

export function residualOf(ctx: LowerContext, op: FusedOp, { view }: ViewValue): ViewValue | undefined {
  return op.residual === undefined ? undefined : ctx.sliced(op.residual, view.slices);
}

/** Kernels that mix channels need them in one slice. */
export function unsliced(ctx: LowerContext, { inputs: [name = ''] }: Pick<GraphNode, 'inputs'>): ViewValue {
  return ctx.sliced(name, [ctx.value(name).shape[1] ?? 1]);
}

/** One view in, one out, with the same slices. */
export function lowerMap(ctx: LowerContext, op: FusedOp, dispatch: (input: ViewValue, output: ViewValue) => Dispatch): void {
  const input = ctx.view(op.node.inputs[0] ?? '');
  const output = ctx.output(op, op.node.shape, input.view.slices);
  ctx.emit(op.node.name, dispatch(input, output), [input, output], op);
}

/** Scale and shift of each channel. */
export function affine(
  ctx: LowerContext,
  node: NormNode | GraphNode<'scale' | 'evo_norm' | 'filter_response_norm'>,
  slices: readonly number[],
): Operand {
  return ctx.usesWeights(node.name, { kind: 'affine', norm: normFold(node), slices });
}
