/**
 * When each family of kernels is fetched. `npm run families` prints it with sizes. Other kernels come with other code: `image/` with images
 * (src/image), `top-k/` with the ranking (src/classify). gpu/complete-profile.ts fetches `conv/f16-arithmetic.ts` for GPUs with faster f16
 * arithmetic, and `processor.ts` for software adapters.
 */
import type { Graph } from '../graph/types.ts';
import { fetchPart } from '../util/fetch-part.ts';
import { family as conv } from './conv/lowering.ts';
import { family as elementwise } from './elementwise/lowering.ts';
import { family as globalPool } from './global-pool/lowering.ts';
import { family as layout } from './layout/lowering.ts';
import type { LowerContext } from './lib/context.ts';
import type { Family, LoweredOp } from './lib/family.ts';
import type { FusedOp } from './lib/fused.ts';
import { family as linear } from './linear/lowering.ts';
import { family as pool } from './pool/lowering.ts';
import { family as stem } from './stem/lowering.ts';

/** Part of the core: what ResNet, ResNeXt, RegNetX and CIFAR networks need. */
const CORE: readonly Family[] = [stem, conv, pool, globalPool, linear, elementwise, layout];

/** Fetched if a network has an operation that the core lacks. All are in one file (scripts/lib/families.mjs). */
const LATER: readonly (() => Promise<{ family: Family }>)[] = [
  () => fetchPart(import('./attention/lowering.ts')),
  () => fetchPart(import('./blend/lowering.ts')),
  () => fetchPart(import('./channel-conv1d/lowering.ts')),
  () => fetchPart(import('./curve/lowering.ts')),
  () => fetchPart(import('./deform-conv/lowering.ts')),
  () => fetchPart(import('./gate/lowering.ts')),
  () => fetchPart(import('./gem/lowering.ts')),
  () => fetchPart(import('./matmul/lowering.ts')),
  () => fetchPart(import('./norm/lowering.ts')),
  () => fetchPart(import('./resample/lowering.ts')),
  () => fetchPart(import('./shape/lowering.ts')),
  () => fetchPart(import('./softmax/lowering.ts')),
  () => fetchPart(import('./spatial-attention/lowering.ts')),
];

/** What the planner needs to know about operations, from several families. */
export type OpSet = Family;

export const coreOps: OpSet = together(CORE);

let every: Promise<OpSet> | undefined;

/** By operation. */
export function allOps(): Promise<OpSet> {
  every ??= Promise.all(LATER.map((fetch) => fetch())).then((later) => together([...CORE, ...later.map(({ family }) => family)]));
  // The next network tries again.
  every.catch(() => {
    every = undefined;
  });
  return every;
}

/** Returns what the planner needs for a network, whatever its input size. */
export async function opsFor({ nodes }: Graph): Promise<OpSet> {
  return nodes.every(({ op }) => op === 'input' || op in coreOps.lowerings) ? coreOps : allOps();
}

export function lowerOp({ lowerings, forms }: OpSet, ctx: LowerContext, op: FusedOp, isOutput: boolean): void {
  const name = op.node.op as LoweredOp;
  const args = [ctx, op, op.node, isOutput];
  const form = forms?.[name] as ((...args: unknown[]) => boolean) | undefined;
  const lower = lowerings[name] as ((...args: unknown[]) => void) | undefined;
  if (!lower) throw new Error(`the planner was not given ${name}`);
  if (!form?.(...args)) lower(...args);
  const { activation, residual } = op.epilogue;
  const { ends } = ctx.steps.at(-1)?.dispatch ?? {};
  // A kernel that ignores a part of its epilogue would silently give wrong results.
  if ((activation !== 'none' && activation !== ends?.activation) || (residual !== undefined && !ends?.residual)) {
    throw new Error(`${op.output}: the kernel of ${name} does not end in ${activation}`);
  }
}

function together(families: readonly Family[]): OpSet {
  const all: OpSet = Object.assign({}, ...families);
  all.lowerings = Object.assign({}, ...families.map(({ lowerings }) => lowerings));
  all.takes = Object.assign({}, ...families.map(({ takes }) => takes));
  all.forms = Object.assign({}, ...families.map(({ forms }) => forms));
  return all;
}
