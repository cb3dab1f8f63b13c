import type { GraphNode } from '../../graph/types.ts';
import type { LowerContext } from '../lib/context.ts';
import { everyActivation } from '../lib/epilogue.ts';
import type { Family } from '../lib/family.ts';
import type { FusedOp } from '../lib/fused.ts';
import { keyOf } from '../lib/pack-recipes.ts';
import { unsliced } from '../lib/values.ts';
import { channelConv1dDispatch } from './dispatch.ts';

function lowerChannelConv1d(ctx: LowerContext, op: FusedOp, node: GraphNode<'channel_conv1d'>): void {
  const input = unsliced(ctx, node);
  const output = ctx.output(op, node.shape, input.view.slices);
  const { kernel, circular } = node.attributes;
  const taps = ctx.usesWeights(node.name, { kind: 'raw', keys: [keyOf(node, 'weight')], lengths: [kernel] });
  const params = { layer: node.name, kernel, circular, input: input.view, output: output.view, epilogue: op.epilogue };
  ctx.emit(node.name, channelConv1dDispatch(params, ctx.precision), [input, taps, output], op);
}

export const family: Family = {
  lowerings: { channel_conv1d: lowerChannelConv1d },
  takes: { channel_conv1d: { activation: everyActivation } },
};
