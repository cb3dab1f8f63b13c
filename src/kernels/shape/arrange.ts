/**
 * Makes slices and concats free. If readers take slices of a value, every slice starts a new group of channels. The parts of a concat
 * are written directly into the whole.
 */
import { size } from '../../graph/shape.ts';
import type { Shape } from '../../graph/types.ts';
import type { LowerContext } from '../lib/context.ts';
import type { FusedOp } from '../lib/fused.ts';
import { groupsOf } from '../lib/kernel.ts';

/** Operations whose kernels can write to any place in memory. */
const CANNOT_BE_PLACED = new Set<string>(['input', 'slice', 'concat', 'reshape', 'linear', 'softmax', 'matmul']);

export function planSlices(ctx: LowerContext, ops: readonly FusedOp[]): void {
  const shapes = shapesOf(ops);
  const bounds = new Map<string, Set<number>>();
  const cut = (name: string, at: number[]) => {
    const set = bounds.get(name) ?? new Set([0, size(shapes(name), 1)]);
    for (const channel of at) set.add(channel);
    bounds.set(name, set);
  };
  for (const { node, gate } of ops) {
    if (node.op === 'slice') {
      cut(node.inputs[0], [node.attributes.start, node.attributes.start + node.attributes.length]);
    } else if (node.op === 'radix_sum' || node.op === 'radix_apply') {
      const { radix } = node.attributes;
      const all = size(shapes(node.inputs[0]), 1);
      const splits = Array.from({ length: radix }, (_, r) => (r * all) / radix);
      // A gate's factors are never in memory.
      for (const input of gate ? node.inputs.slice(0, 1) : node.inputs) cut(input, splits);
    }
  }
  for (const [name, set] of bounds) {
    const edges = [...set].sort((a, b) => a - b);
    let from = 0;
    const slices = edges.slice(1).map((edge) => {
      const width = edge - from;
      from = edge;
      return width;
    });
    ctx.slicing.set(name, slices);
  }
}

/** Allocates the output of a concat before its inputs. Inputs that can be written directly into it get their place there. */
export function planConcats(ctx: LowerContext, ops: readonly FusedOp[], wanted: ReadonlySet<string>): void {
  const shapes = shapesOf(ops);
  const producers = new Map(ops.map((op) => [op.output, op]));
  const inputs = ops.flatMap(({ node }) => (node.op === 'concat' ? node.inputs : []));
  const placeable = (input: string): boolean => {
    const producer = producers.get(input);
    const once = inputs.indexOf(input) === inputs.lastIndexOf(input);
    return producer !== undefined && !CANNOT_BE_PLACED.has(producer.node.op) && !wanted.has(input) && once;
  };
  for (const { node } of ops) {
    if (node.op !== 'concat') continue;
    const slices = node.inputs.map((input) => ctx.slicing.get(input) ?? [size(shapes(input), 1)]);
    const whole = ctx.allocateView(node.name, node.shape, slices.flat());
    ctx.placed.set(node.name, whole);
    let offset = 0;
    for (const [i, part] of slices.entries()) {
      const input = node.inputs[i];
      if (input !== undefined && placeable(input)) {
        ctx.placed.set(input, ctx.alias(input, whole, shapes(input), { ...whole.view, slices: part, offset }));
      }
      offset += groupsOf(part);
    }
  }
}

/** The shape of each operation's output. */
function shapesOf(ops: readonly FusedOp[]): (name: string) => Shape {
  const shapes = new Map(ops.map(({ output, node }) => [output, node.shape]));
  return (name) => {
    const shape = shapes.get(name);
    if (!shape) throw new Error(`no operation gives ${name}`);
    return shape;
  };
}
