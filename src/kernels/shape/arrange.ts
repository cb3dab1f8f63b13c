/**
 * Makes slices and concats free: a value whose readers take slices gets every slice on a channel group of its own, and
 * the parts of a concat are written straight into the whole.
 */
import type { LowerContext } from '../lib/context.ts';
import type { FusedOp } from '../lib/fused.ts';
import { groupsOf } from '../lib/kernel.ts';

/** Operations whose kernels write wherever they are told. */
const CANNOT_BE_PLACED = new Set<string>(['input', 'slice', 'concat', 'reshape', 'linear', 'softmax', 'matmul']);

export function planSlices(ctx: LowerContext, ops: readonly FusedOp[]): void {
  const bounds = new Map<string, Set<number>>();
  const channels = new Map(ops.map((op) => [op.output, op.node.shape[1] ?? 0]));
  const cut = (name: string, at: number[]) => {
    const set = bounds.get(name) ?? new Set<number>();
    for (const channel of at) set.add(channel);
    bounds.set(name, set);
  };
  for (const { node } of ops) {
    const source = node.inputs[0] ?? '';
    const all = channels.get(source) ?? 0;
    if (node.op === 'slice') {
      cut(source, [node.attributes.start, node.attributes.start + node.attributes.length]);
    } else if (node.op === 'radix_sum' || node.op === 'radix_apply') {
      const { radix } = node.attributes;
      for (const input of node.op === 'radix_sum' ? [source] : node.inputs) {
        cut(
          input,
          Array.from({ length: radix }, (_, r) => (r * all) / radix),
        );
      }
    }
  }
  for (const [name, set] of bounds) {
    const edges = [...new Set([0, ...set, channels.get(name) ?? 0])].sort((a, b) => a - b);
    ctx.slicing.set(
      name,
      edges.slice(1).map((edge, i) => edge - (edges[i] ?? 0)),
    );
  }
}

/** Allocates the whole of a concat ahead of its parts and tells those their place that can be written there. */
export function planConcats(ctx: LowerContext, ops: readonly FusedOp[], wanted: ReadonlySet<string>): void {
  const producers = new Map(ops.map((op) => [op.output, op]));
  const uses = new Map<string, number>();
  for (const { node } of ops) {
    if (node.op === 'concat') for (const input of node.inputs) uses.set(input, (uses.get(input) ?? 0) + 1);
  }
  const placeable = (input: string): boolean => {
    const producer = producers.get(input);
    return producer !== undefined && !CANNOT_BE_PLACED.has(producer.node.op) && !wanted.has(input) && uses.get(input) === 1;
  };
  for (const { node } of ops) {
    if (node.op !== 'concat') continue;
    const shapes = node.inputs.map((input) => producers.get(input)?.node.shape ?? []);
    const slices = node.inputs.map((input, i) => ctx.slicing.get(input) ?? [shapes[i]?.[1] ?? 0]);
    const [n = 1, c = 1, h = 1, w = 1] = node.shape;
    const whole = ctx.allocateView(node.name, node.shape, [n, c, h, w], slices.flat());
    ctx.placed.set(node.name, whole);
    let offset = 0;
    node.inputs.forEach((input, i) => {
      const part = slices[i] ?? [];
      if (placeable(input)) ctx.placed.set(input, ctx.alias(input, whole, shapes[i] ?? [], { ...whole.view, slices: part, offset }));
      offset += groupsOf(part);
    });
  }
}
