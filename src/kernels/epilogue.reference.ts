/** Epilogues in test cases, and their reference. */

import type { Tensor } from '../api/types.ts';
import { type AdjustableOp, type CurveAttributes, type CurveOp, CURVES as DEFAULTS } from '../graph/curve-ops.ts';
import type { GraphNode, OpAttributes } from '../graph/types.ts';
import { CURVES, curve } from './lib/curves.ts';
import { type Activation, type Bend, keepsZero, NO_EPILOGUE, RELU } from './lib/epilogue.ts';
import { computeNode } from './references.ts';

/** Values that are not the defaults, which a kernel might use by itself. The type requires an entry for every activation with attributes. */
const AMOUNTS: { [Op in AdjustableOp]: CurveAttributes[Op] } = { leaky_relu: { slope: 0.1 }, elu: { alpha: 0.7 } };

/** Attributes of each activation in cases and tests. */
export const ATTRIBUTES: Pick<OpAttributes, 'relu' | CurveOp> = { relu: {}, ...DEFAULTS, ...AMOUNTS };

export function bend(activation: Activation = 'none'): Bend {
  if (activation === 'none') return NO_EPILOGUE;
  return activation === 'relu' ? RELU : curve(activation, ATTRIBUTES[activation]);
}

export function bent(activation: Activation | undefined, tensor: Tensor): Tensor {
  if (activation === undefined || activation === 'none') return tensor;
  return computeNode({ op: activation, attributes: ATTRIBUTES[activation] } as GraphNode, [tensor], {});
}

export const BENDS = ['relu', ...CURVES] as const;

/** For kernels that do not clear padding channels. */
export const ZERO_KEEPING: readonly Activation[] = BENDS.filter((activation) => keepsZero(bend(activation)));
