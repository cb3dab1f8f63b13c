import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext } from '../lib/context.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp } from '../lib/fused.ts';
import { shortcutADispatch } from './dispatch.ts';

function lowerShortcutA(ctx: LowerContext, op: FusedOp, node: GraphNode<'shortcut_a'>): void {
  const input = ctx.view(node.inputs[0]);
  const output = ctx.output(op, node.shape);
  const { stride, before } = node.attributes;
  const params = { layer: node.name, input: input.view, output: output.view, stride, before };
  ctx.emit(node.name, shortcutADispatch(params, ctx.precision), [input, output], op);
}

export const family: Family = { lowerings: { shortcut_a: lowerShortcutA } };
