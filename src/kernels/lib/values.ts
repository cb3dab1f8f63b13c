/** Requests that several lowerings make to a context. */
import { size } from '../../graph/shape.ts';
import type { GraphNode, Shape } from '../../graph/types.ts';
import type { LowerContext, ViewValue } from './context.ts';
import type { FusedOp } from './fused.ts';
import type { Dispatch } from './kernel.ts';
import { type NormNode, normFold } from './pack-recipes.ts';
import type { Operand } from './step.ts';

/** Both values, with the channels in the first one's layout. */
export function pairOf(ctx: LowerContext, { inputs: [first, second] }: { inputs: [string, string] }): [ViewValue, ViewValue] {
  const view = ctx.view(first);
  return [view, ctx.sliced(second, view.view.slices)];
}

export function residualOf(ctx: LowerContext, op: FusedOp, { view }: ViewValue): ViewValue | undefined {
  return op.epilogue.residual === undefined ? undefined : ctx.sliced(op.epilogue.residual, view.slices);
}

/** Kernels that mix channels need them in one slice. */
export function unsliced(ctx: LowerContext, { inputs: [name] }: { inputs: [string] }): ViewValue {
  return ctx.sliced(name, [size(ctx.value(name).shape, 1)]);
}

/** One view in and one view out, with the same slices. */
export function lowerMap(
  ctx: LowerContext,
  op: FusedOp,
  { name, inputs, shape }: { name: string; inputs: [string]; shape: Shape },
  dispatch: (input: ViewValue, output: ViewValue) => Dispatch,
): void {
  const input = ctx.view(inputs[0]);
  const output = ctx.output(op, shape, input.view.slices);
  ctx.emit(name, dispatch(input, output), [input, output], op);
}

/** Scale and shift of each channel. */
export function affine(
  ctx: LowerContext,
  node: NormNode | GraphNode<'scale' | 'evo_norm' | 'filter_response_norm'>,
  slices: readonly number[],
): Operand {
  return ctx.usesWeights(node.name, { kind: 'affine', norm: normFold(node), slices });
}
