/** From graph to plan: fuse, lower to dispatches, find lifetimes, place memory. Pure. */

import type { Graph } from '../graph/types.ts';
import { coreOps, lowerOp, type OpSet } from '../kernels/families.ts';
import { layoutKernels } from '../kernels/layout/dispatch.ts';
import { LowerContext, type PlanOptions } from '../kernels/lib/context.ts';
import type { Step } from '../kernels/lib/step.ts';
import { ResnetError } from '../util/errors.ts';
import { formatPlan } from './format-plan.ts';
import { fuseGraph } from './fuse.ts';
import { align, type Block, placeBlocks } from './memory.ts';
import type { Plan, Storage } from './types.ts';

export interface MakePlanOptions extends PlanOptions {
  /** Nodes whose values are returned. */
  outputs: readonly string[];
  /** Keep every step's output until the end, so that it can be read (selfTest, debugging). */
  keepAll?: boolean;
  maxBufferBytes: number;
  /** From `opsFor` of the network. Default: the kernels of plain networks. */
  ops?: OpSet;
}

export function makePlan(graph: Graph, options: MakePlanOptions): Plan {
  const wanted = new Set(options.outputs);
  const known: OpSet = options.ops ?? coreOps;
  const ops = fuseGraph(graph, wanted, { ...known, findGates: known.findGates?.(options.profile) });
  const ctx = new LowerContext(options, layoutKernels);
  const read = new Set(ops.flatMap(({ node, epilogue: { residual } }) => [...node.inputs, ...(residual === undefined ? [] : [residual])]));
  known.arrange?.(ctx, ops, wanted);

  const inputs: Plan['inputs'] = [];
  for (const op of ops) {
    if (op.node.op === 'input') {
      const value = ctx.allocateDense(op.output, op.node.shape, 'input');
      ctx.define(op.output, value);
      inputs.push({ name: op.output, tensor: value.tensor, shape: op.node.shape });
    } else {
      lowerOp(known, ctx, op, wanted.has(op.output) && !read.has(op.output));
      ctx.settle(op.output);
    }
  }
  const outputs = options.outputs.map((name) => ({ name, tensor: outputTensor(ctx, name), shape: [...ctx.value(name).shape] }));
  return {
    ...printed,
    precision: options.precision,
    steps: ctx.steps,
    weights: ctx.weights,
    derived: ctx.derived,
    inputs,
    outputs,
    ...placeTensors(ctx, options),
  };
}

const printed = {
  toString(this: Plan): string {
    return formatPlan(this);
  },
};

/** Bytes of weights, of weights derived from them, and of activations. */
export function planBytes({ weights, derived, arena }: Plan): number {
  return [...weights, ...derived].reduce((sum, { byteLength }) => sum + byteLength, 0) + arena.reduce((sum, bytes) => sum + bytes, 0);
}

/** The dense float32 tensor in which the plan returns an output. */
function outputTensor(ctx: LowerContext, name: string): number {
  const value = ctx.value(name);
  const block = ctx.blocks[ctx.tensors[value.tensor]?.block ?? -1];
  if (!value.view && block?.pool === 'arena') {
    block.pool = 'output';
    return value.tensor;
  }
  const result = ctx.allocateDense(name, value.shape, 'output');
  ctx.toDense(name, ctx.view(name), result);
  return result.tensor;
}

function placeTensors(ctx: LowerContext, { keepAll, maxBufferBytes }: MakePlanOptions): Pick<Plan, 'tensors' | 'arena'> {
  const { steps, blocks, tensors } = ctx;
  const live = lifetimes(ctx, keepAll ?? false);
  const apart = usageConflicts(ctx);
  const arenaIndex = new Map<number, number>();
  const arenaBlocks: Block[] = [];
  const conflicts: Set<number>[] = [];
  blocks.forEach((block, b) => {
    if (block.pool !== 'arena') return;
    arenaIndex.set(b, arenaBlocks.length);
    const [first, last] = live[b] ?? [0, steps.length];
    const apart = new Set<number>();
    conflicts.push(apart);
    arenaBlocks.push({ bytes: block.bytes, first, last, apart });
  });
  for (const [a, b] of apart) {
    const [i, j] = [arenaIndex.get(a), arenaIndex.get(b)];
    if (i === undefined || j === undefined) continue;
    conflicts[i]?.add(j);
    conflicts[j]?.add(i);
  }
  const layout = placeBlocks(arenaBlocks, maxBufferBytes);

  const next = { input: 0, output: 0 };
  const storages = blocks.map((block, b): Storage => {
    if (block.pool === 'arena') {
      const placement = layout.placements[arenaIndex.get(b) ?? -1] ?? { buffer: 0, byteOffset: 0 };
      return { pool: 'arena', index: placement.buffer, byteOffset: placement.byteOffset, byteLength: block.bytes };
    }
    const byteOffset = next[block.pool];
    next[block.pool] += align(block.bytes);
    return { pool: block.pool, index: 0, byteOffset, byteLength: block.bytes };
  });
  return {
    arena: layout.buffers,
    tensors: tensors.map(({ name, block, shape, view }) => {
      const storage = storages[block];
      if (!storage) throw new Error(`tensor ${name} has no memory`);
      return { name, storage, view, shape: [...shape], live: live[block] ?? [0, steps.length] };
    }),
  };
}

function blocksOf(ctx: LowerContext, step: Step, access: 'read' | 'write'): number[] {
  return step.operands.flatMap((operand, i) =>
    operand.kind === 'tensor' && step.dispatch.bindings[i] === access ? [ctx.tensors[operand.tensor]?.block ?? -1] : [],
  );
}

function lifetimes(ctx: LowerContext, keepAll: boolean): ([number, number] | undefined)[] {
  const live: ([number, number] | undefined)[] = ctx.blocks.map(() => undefined);
  ctx.steps.forEach((step, s) => {
    for (const block of [...blocksOf(ctx, step, 'read'), ...blocksOf(ctx, step, 'write')]) {
      live[block] = [live[block]?.[0] ?? s, keepAll ? ctx.steps.length : s];
    }
  });
  return live;
}

/** Pairs of blocks that some dispatch reads and writes. They need different buffers. */
function usageConflicts(ctx: LowerContext): [number, number][] {
  const pairs: [number, number][] = [];
  for (const step of ctx.steps) {
    for (const write of blocksOf(ctx, step, 'write')) {
      for (const read of blocksOf(ctx, step, 'read')) {
        if (read === write) {
          throw new ResnetError('unsupported', 'reads and writes one tensor in the same dispatch.', {
            layer: step.layer,
            hint: 'This is a bug in the planner; please report it.',
          });
        }
        pairs.push([read, write]);
      }
    }
  }
  return pairs;
}
