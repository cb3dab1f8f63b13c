/** What a family of kernels gives to the planner. */
import type { GraphNode, OpName } from '../../graph/types.ts';
import type { LowerContext } from './context.ts';
import type { Bend, TakesOf } from './epilogue.ts';
import type { FindGates, FusedOp } from './fused.ts';
import type { DeviceProfile } from './kernel.ts';

type Arguments<Op extends OpName> = [ctx: LowerContext, op: FusedOp, node: GraphNode<Op>, isOutput: boolean];

/** Inputs are the plan's. */
export type LoweredOp = Exclude<OpName, 'input'>;

export interface Family {
  /** How operations become dispatches. Every operation is in one family. */
  lowerings: { [Op in LoweredOp]?: (...args: Arguments<Op>) => void };
  /** Better ways for some cases of operations, those of other families, too. Each is asked first, and says whether it did it. */
  forms?: { [Op in LoweredOp]?: (...args: Arguments<Op>) => boolean };
  /** What its kernels take after the arithmetic of operations. */
  takes?: TakesOf;
  /** The node as what kernels may end in, if it is an activation that it knows. */
  bendOf?: (node: GraphNode) => Bend | undefined;
  /** What `fuseGraph` takes, for such a device. */
  findGates?: (profile: DeviceProfile) => FindGates;
  /** Says ahead of all lowerings where values must lie. */
  arrange?: (ctx: LowerContext, ops: readonly FusedOp[], wanted: ReadonlySet<string>) => void;
}
