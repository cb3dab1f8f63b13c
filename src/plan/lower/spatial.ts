/** Pooling, padding, resizing, split attention: operations over the positions of a map. */
import type { GraphNode } from '../../graph/types.ts';
import { gemDispatch, globalPoolDispatch } from '../../kernels/global-pool.ts';
import type { Dispatch } from '../../kernels/kernel.ts';
import { copyDispatch, shortcutADispatch } from '../../kernels/layout.ts';
import { poolDispatch } from '../../kernels/pool.ts';
import { radixApplyDispatch, radixSoftmaxDispatch, radixSumDispatch } from '../../kernels/radix.ts';
import { bilinearDispatch, blurPoolDispatch, reflectPadDispatch, zeroPadDispatch } from '../../kernels/resample.ts';
import type { FusedOp } from '../fuse.ts';
import type { LowerContext, ViewValue } from './context.ts';

/** One view in, one out, with the same slices. */
function lowerMap(ctx: LowerContext, op: FusedOp, dispatch: (input: ViewValue, output: ViewValue) => Dispatch): void {
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

export function lowerGem(ctx: LowerContext, op: FusedOp, node: GraphNode<'gem'>): void {
  const input = ctx.view(node.inputs[0] ?? '');
  const output = ctx.output(op, node.shape, input.view.slices);
  const key = node.weights.p?.key;
  const exponent = key === undefined ? input : ctx.usesWeights(node.name, { kind: 'raw', keys: [key], lengths: [1] });
  const params = { layer: node.name, attributes: node.attributes, input: input.view, output: output.view };
  ctx.emit(node.name, gemDispatch(params, ctx.precision), [input, exponent, output], op);
}

export function lowerShortcutA(ctx: LowerContext, op: FusedOp, node: GraphNode<'shortcut_a'>): void {
  const input = ctx.view(node.inputs[0] ?? '');
  const output = ctx.output(op, node.shape);
  const params = { layer: node.name, input: input.view, output: output.view, stride: node.attributes.stride };
  ctx.emit(node.name, shortcutADispatch(params, ctx.precision), [input, output], op);
}

export function lowerConcatBatch(ctx: LowerContext, op: FusedOp, node: GraphNode<'concat_batch'>): void {
  const parts = node.inputs.map((input) => ctx.view(input));
  const output = ctx.output(op, node.shape, parts[0]?.view.slices);
  let firstImage = 0;
  for (const part of parts) {
    const images = { ...output.view, n: part.view.n };
    ctx.emit(
      node.name,
      copyDispatch({ layer: node.name, input: part.view, output: images, firstImage }, ctx.precision),
      [part, output],
      op,
    );
    firstImage += part.view.n;
  }
}

export function lowerBlurPool(ctx: LowerContext, op: FusedOp, node: GraphNode<'blur_pool'>): void {
  const { size, stride } = node.attributes;
  lowerMap(ctx, op, (input, output) =>
    blurPoolDispatch({ layer: node.name, size, stride, input: input.view, output: output.view }, ctx.precision),
  );
}

export function lowerReflectPad(ctx: LowerContext, op: FusedOp, node: GraphNode<'reflect_pad'>): void {
  const [top, left] = node.attributes.padding;
  lowerMap(ctx, op, (input, output) =>
    reflectPadDispatch({ layer: node.name, top, left, input: input.view, output: output.view }, ctx.precision),
  );
}

export function lowerZeroPad(ctx: LowerContext, op: FusedOp, node: GraphNode<'zero_pad'>): void {
  const [top, left] = node.attributes.padding;
  lowerMap(ctx, op, (input, output) =>
    zeroPadDispatch({ layer: node.name, top, left, input: input.view, output: output.view }, ctx.precision),
  );
}

export function lowerBilinear(ctx: LowerContext, op: FusedOp, node: GraphNode<'bilinear'>): void {
  lowerMap(ctx, op, (input, output) => bilinearDispatch({ layer: node.name, input: input.view, output: output.view }, ctx.precision));
}

/** The sum of the splits; where only its mean is read, the mean alone. */
export function lowerRadixSum(ctx: LowerContext, op: FusedOp, node: GraphNode<'radix_sum'>): void {
  const { radix } = node.attributes;
  const input = ctx.view(node.inputs[0] ?? '');
  const [n = 1, c = 1] = node.shape;
  const output = ctx.output(op, op.pooled ? [n, c, 1, 1] : node.shape);
  const params = { layer: node.name, radix, input: input.view, output: output.view };
  ctx.emit(node.name, op.pooled ? globalPoolDispatch(params, ctx.precision) : radixSumDispatch(params, ctx.precision), [input, output], op);
}

export function lowerRadixSoftmax(ctx: LowerContext, op: FusedOp, node: GraphNode<'radix_softmax'>): void {
  const { radix, groups } = node.attributes;
  const input = ctx.view(node.inputs[0] ?? '');
  const output = ctx.output(op, node.shape);
  const params = { layer: node.name, radix, groups, input: input.view, output: output.view };
  ctx.emit(node.name, radixSoftmaxDispatch(params, ctx.precision), [input, output], op);
}

export function lowerRadixApply(ctx: LowerContext, op: FusedOp, node: GraphNode<'radix_apply'>): void {
  const [input, factors] = node.inputs.map((name) => ctx.view(name));
  if (!input || !factors) return;
  const output = ctx.output(op, node.shape);
  const params = { layer: node.name, radix: node.attributes.radix, input: input.view, factors: factors.view, output: output.view };
  ctx.emit(node.name, radixApplyDispatch(params, ctx.precision), [input, factors, output], op);
}
