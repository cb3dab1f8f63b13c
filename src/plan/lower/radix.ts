/** Parts of split attention (ResNeSt); what they end in: gate.ts. */
import type { GraphNode } from '../../graph/types.ts';
import { globalPoolDispatch } from '../../kernels/global-pool.ts';
import { radixSoftmaxDispatch } from '../../kernels/radix.ts';
import { scaleDispatch } from '../../kernels/scale.ts';
import type { FusedOp } from '../fuse.ts';
import type { LowerContext } from './context.ts';

/** The sum of the splits; where only its mean is read, the mean alone. */
export function lowerRadixSum(ctx: LowerContext, op: FusedOp, node: GraphNode<'radix_sum'>): void {
  const { radix } = node.attributes;
  const input = ctx.view(node.inputs[0] ?? '');
  const [n = 1, c = 1] = node.shape;
  const output = ctx.output(op, op.pooled ? [n, c, 1, 1] : node.shape);
  const params = { layer: node.name, radix, input: input.view, output: output.view };
  if (op.pooled) ctx.emit(node.name, globalPoolDispatch(params, ctx.precision), [input, output], op);
  else ctx.emit(node.name, scaleDispatch(params, ctx.precision), [input, input, input, output], op);
}

export function lowerRadixSoftmax(ctx: LowerContext, op: FusedOp, node: GraphNode<'radix_softmax'>): void {
  const { radix, groups } = node.attributes;
  const input = ctx.view(node.inputs[0] ?? '');
  const output = ctx.output(op, node.shape);
  const params = { layer: node.name, radix, groups, input: input.view, output: output.view };
  ctx.emit(node.name, radixSoftmaxDispatch(params, ctx.precision), [input, output], op);
}
