/**
 * Which lowering each operation has. Those of plain networks are in the core (common.ts); the others, with their kernels and
 * shaders, are fetched for a network that has one of them (rare.ts).
 */
import type { Graph } from '../../graph/types.ts';
import type { FusedOp } from '../fuse.ts';
import { commonOps } from './common.ts';
import type { LowerContext } from './context.ts';
import type { LoweredOp, OpSet } from './ops.ts';

/** What the planner needs for a network, whatever its input size. */
export async function opsFor({ nodes }: Graph): Promise<OpSet> {
  const isCommon = nodes.every(({ op }) => op === 'input' || op in commonOps.lowerings);
  return isCommon ? commonOps : (await import('./rare.ts')).allOps;
}

export function lowerOp({ lowerings }: OpSet, ctx: LowerContext, op: FusedOp, isOutput: boolean): void {
  const lower = lowerings[op.node.op as LoweredOp] as ((...args: unknown[]) => void) | undefined;
  if (!lower) throw new Error(`the planner was not given ${op.node.op}`);
  lower(ctx, op, op.node, isOutput);
}
