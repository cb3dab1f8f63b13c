/** What a family of kernels provides to the planner. */
import type { GraphNode, OpName } from '../../graph/types.ts';
import type { LowerContext } from './context.ts';
import type { Bend, TakesOf } from './epilogue.ts';
import type { FindGates, FusedOp } from './fused.ts';
import type { DeviceProfile } from './kernel.ts';

type Arguments<Op extends OpName> = [ctx: LowerContext, op: FusedOp, node: GraphNode<Op>, isOutput: boolean];

/** Every operation but inputs, which belong to the plan. */
export type LoweredOp = Exclude<OpName, 'input'>;

export interface Family {
  /** How operations become dispatches. Every operation belongs to one family. */
  lowerings: { [Op in LoweredOp]?: (...args: Arguments<Op>) => void };
  /** Better implementations for special cases of operations, also of other families. Each is asked first, and returns whether it took the operation. */
  forms?: { [Op in LoweredOp]?: (...args: Arguments<Op>) => boolean };
  /** What its kernels can do after the arithmetic of operations. */
  takes?: TakesOf;
  /** The node as an epilogue's activation, if the family knows it. */
  bendOf?: (node: GraphNode) => Bend | undefined;
  /** For `fuseGraph`, on such a device. */
  findGates?: (profile: DeviceProfile) => FindGates;
  /** Decides before all lowerings where values must be placed. */
  arrange?: (ctx: LowerContext, ops: readonly FusedOp[], wanted: ReadonlySet<string>) => void;
}
