/** Pooling and the CIFAR shortcut. */
import type { GraphNode } from '../../graph/types.ts';
import { globalPoolDispatch } from '../../kernels/global-pool.ts';
import type { Dispatch } from '../../kernels/kernel.ts';
import { shortcutADispatch } from '../../kernels/layout.ts';
import { poolDispatch } from '../../kernels/pool.ts';
import type { FusedOp } from '../fuse.ts';
import type { LowerContext, ViewValue } from './context.ts';

/** One view in, one out, with the same slices. */
export function lowerMap(ctx: LowerContext, op: FusedOp, dispatch: (input: ViewValue, output: ViewValue) => Dispatch): void {
  const input = ctx.view(op.node.inputs[0] ?? '');
  const output = ctx.output(op, op.node.shape, input.view.slices);
  ctx.emit(op.node.name, dispatch(input, output), [input, output], op);
}

export function lowerPool(ctx: LowerContext, op: FusedOp, node: GraphNode<'max_pool2d' | 'avg_pool2d'>): void {
  const { kernel, stride, padding } = node.attributes;
  if ([...kernel, ...stride].every((size) => size === 1) && padding.every((size) => size === 0)) {
    // A window of one pixel changes nothing: avg_down makes such pools where a stage keeps its size.
    ctx.define(op.output, ctx.value(node.inputs[0] ?? ''));
    return;
  }
  const kind = node.op === 'max_pool2d' ? 'max' : 'average';
  lowerMap(ctx, op, (input, output) =>
    poolDispatch({ layer: node.name, kind, attributes: node.attributes, input: input.view, output: output.view }, ctx.precision),
  );
}

export function lowerGlobalPool(ctx: LowerContext, op: FusedOp, node: GraphNode<'global_avg_pool'>): void {
  lowerMap(ctx, op, (input, output) => globalPoolDispatch({ layer: node.name, input: input.view, output: output.view }, ctx.precision));
}

export function lowerShortcutA(ctx: LowerContext, op: FusedOp, node: GraphNode<'shortcut_a'>): void {
  const input = ctx.view(node.inputs[0] ?? '');
  const output = ctx.output(op, node.shape);
  const { stride, before } = node.attributes;
  const params = { layer: node.name, input: input.view, output: output.view, stride, before };
  ctx.emit(node.name, shortcutADispatch(params, ctx.precision), [input, output], op);
}
