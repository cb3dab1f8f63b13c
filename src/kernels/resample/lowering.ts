import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext } from '../lib/context.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp } from '../lib/fused.ts';
import { lowerMap } from '../lib/values.ts';
import { bilinearDispatch, blurPoolDispatch, reflectPadDispatch, zeroPadDispatch } from './dispatch.ts';

function lowerBlurPool(ctx: LowerContext, op: FusedOp, node: GraphNode<'blur_pool'>): void {
  const { size, stride } = node.attributes;
  lowerMap(ctx, op, node, (input, output) =>
    blurPoolDispatch({ layer: node.name, size, stride, input: input.view, output: output.view }, ctx.precision),
  );
}

function lowerReflectPad(ctx: LowerContext, op: FusedOp, node: GraphNode<'reflect_pad'>): void {
  const [top, left] = node.attributes.padding;
  lowerMap(ctx, op, node, (input, output) =>
    reflectPadDispatch({ layer: node.name, top, left, input: input.view, output: output.view }, ctx.precision),
  );
}

function lowerZeroPad(ctx: LowerContext, op: FusedOp, node: GraphNode<'zero_pad'>): void {
  const [top, left] = node.attributes.padding;
  lowerMap(ctx, op, node, (input, output) =>
    zeroPadDispatch({ layer: node.name, top, left, input: input.view, output: output.view }, ctx.precision),
  );
}

function lowerBilinear(ctx: LowerContext, op: FusedOp, node: GraphNode<'bilinear'>): void {
  lowerMap(ctx, op, node, (input, output) => bilinearDispatch({ layer: node.name, input: input.view, output: output.view }, ctx.precision));
}

export const family: Family = {
  lowerings: { blur_pool: lowerBlurPool, reflect_pad: lowerReflectPad, zero_pad: lowerZeroPad, bilinear: lowerBilinear },
};
