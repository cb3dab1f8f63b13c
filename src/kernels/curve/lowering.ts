/** Every activation but ReLU, in the epilogue of other kernels or as a separate step. */
import { type CurveOp, eachCurve } from '../../graph/curve-ops.ts';
import { size } from '../../graph/shape.ts';
import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext } from '../lib/context.ts';
import { curveOf } from '../lib/curves.ts';
import { keepsZero } from '../lib/epilogue.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp } from '../lib/fused.ts';
import { curveDispatch } from './dispatch.ts';

function lowerCurve(ctx: LowerContext, op: FusedOp, node: GraphNode<CurveOp | 'prelu'>): void {
  const slopes = node.weights.weight;
  const count = slopes ? size(slopes.shape, 0) : 1;
  const perChannel = count > 1;
  const bend = curveOf(node);
  const name = node.inputs[0];
  const input = perChannel || (bend && !keepsZero(bend)) ? ctx.sliced(name, [size(node.shape, 1)]) : ctx.view(name);
  const output = ctx.output(op, node.shape, input.view.slices);
  const operand = slopes ? ctx.usesWeights(node.name, { kind: 'raw', keys: [slopes.key], lengths: [count] }) : input;
  const params = { layer: node.name, kind: bend ?? 'prelu', perChannel, input: input.view, output: output.view } as const;
  ctx.emit(node.name, curveDispatch(params, ctx.precision), [input, operand, output], op);
}

export const family: Family = { lowerings: { ...eachCurve(lowerCurve), prelu: lowerCurve }, bendOf: curveOf };
