/** Other pools, padding, resizing, stacking: operations over the positions of a map that few networks have. */
import type { GraphNode } from '../../graph/types.ts';
import { gemDispatch } from '../../kernels/gem.ts';
import { copyDispatch } from '../../kernels/layout.ts';
import { bilinearDispatch, blurPoolDispatch, reflectPadDispatch, zeroPadDispatch } from '../../kernels/resample.ts';
import type { FusedOp } from '../fuse.ts';
import type { LowerContext } from './context.ts';
import { lowerMap } from './spatial.ts';

export function lowerGem(ctx: LowerContext, op: FusedOp, node: GraphNode<'gem'>): void {
  const input = ctx.view(node.inputs[0] ?? '');
  const output = ctx.output(op, node.shape, input.view.slices);
  const key = node.weights.p?.key;
  const exponent = key === undefined ? input : ctx.usesWeights(node.name, { kind: 'raw', keys: [key], lengths: [1] });
  const params = { layer: node.name, attributes: node.attributes, input: input.view, output: output.view };
  ctx.emit(node.name, gemDispatch(params, ctx.precision), [input, exponent, output], op);
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
