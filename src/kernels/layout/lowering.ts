import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext } from '../lib/context.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp } from '../lib/fused.ts';
import { unsliced } from '../lib/values.ts';
import { shortcutADispatch } from './dispatch.ts';

function lowerShortcutA(ctx: LowerContext, op: FusedOp, node: GraphNode<'shortcut_a'>): void {
  const input = unsliced(ctx, node);
  const { stride, before, outChannels } = node.attributes;
  const output = ctx.output(op, node.shape, [outChannels]);
  const params = { layer: node.name, input: input.view, output: output.view, stride, before };
  ctx.emit(node.name, shortcutADispatch(params, ctx.precision), [input, output], op);
}

export const family: Family = { lowerings: { shortcut_a: lowerShortcutA } };
