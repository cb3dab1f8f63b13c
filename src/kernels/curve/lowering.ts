/** Activations beyond ReLU, sigmoid and SiLU. */
import { size } from '../../graph/shape.ts';
import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext } from '../lib/context.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp } from '../lib/fused.ts';
import { type CurveKind, curveDispatch } from './dispatch.ts';

function lowerCurve(ctx: LowerContext, op: FusedOp, node: GraphNode<CurveKind>): void {
  const slopes = node.weights.weight;
  const count = slopes ? size(slopes.shape, 0) : 1;
  const perChannel = count > 1;
  const name = node.inputs[0];
  const input = perChannel ? ctx.sliced(name, [size(node.shape, 1)]) : ctx.view(name);
  const output = ctx.output(op, node.shape, input.view.slices);
  const amount = node.op === 'leaky_relu' ? node.attributes.slope : node.op === 'elu' ? node.attributes.alpha : undefined;
  const operand = slopes ? ctx.usesWeights(node.name, { kind: 'raw', keys: [slopes.key], lengths: [count] }) : input;
  const params = { layer: node.name, kind: node.op, amount, perChannel, input: input.view, output: output.view };
  ctx.emit(node.name, curveDispatch(params, ctx.precision), [input, operand, output], op);
}

const curves: { [Kind in CurveKind]: typeof lowerCurve } = {
  leaky_relu: lowerCurve,
  prelu: lowerCurve,
  elu: lowerCurve,
  gelu: lowerCurve,
  tanh: lowerCurve,
  gelu_tanh: lowerCurve,
  quick_gelu: lowerCurve,
  relu6: lowerCurve,
  mish: lowerCurve,
};

export const family: Family = { lowerings: curves };
