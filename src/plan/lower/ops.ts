/** What the planner knows of operations. */
import type { GraphNode, OpName } from '../../graph/types.ts';
import type { DeviceProfile } from '../../kernels/kernel.ts';
import type { FindGates, FusedOp } from '../fuse.ts';
import type { LowerContext } from './context.ts';

type Lower<Op extends OpName> = (ctx: LowerContext, op: FusedOp, node: GraphNode<Op>, isOutput: boolean) => void;

/** Inputs are the plan's. */
export type LoweredOp = Exclude<OpName, 'input'>;

/** How each operation becomes dispatches. */
export type Lowerings<Op extends LoweredOp = LoweredOp> = { [O in Op]: Lower<O> };

export interface OpSet {
  lowerings: Partial<Lowerings>;
  /** What `fuseGraph` takes, for such a device. */
  findGates?: (profile: DeviceProfile) => FindGates;
  /** Says ahead of all lowerings where values must lie. */
  arrange?: (ctx: LowerContext, ops: readonly FusedOp[], wanted: ReadonlySet<string>) => void;
}
