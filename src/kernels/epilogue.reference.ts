/** Epilogues of cases, and what they compute. */

import type { Tensor } from '../api/types.ts';
import { CURVES, curve } from './lib/curves.ts';
import { type Activation, type Bend, keepsZero, NO_EPILOGUE, RELU } from './lib/epilogue.ts';
import type { Reference } from './lib/reference.ts';
import { references } from './references.ts';

/** Numbers that are no default. */
export const AMOUNTS: { [Kind in Activation]?: number } = { leaky_relu: 0.1, elu: 0.7 };

export function bend(activation: Activation = 'none'): Bend {
  if (activation === 'none') return NO_EPILOGUE;
  return activation === 'relu' ? RELU : curve(activation, AMOUNTS[activation]);
}

export function bent(activation: Activation | undefined, tensor: Tensor): Tensor {
  if (activation === undefined || activation === 'none') return tensor;
  const amount = AMOUNTS[activation];
  const compute = references[activation] as Reference<'relu'>;
  return compute({ slope: amount, alpha: amount } as object, [tensor], {});
}

export const BENDS = ['relu', ...CURVES] as const;

/** Of kernels that do not clear padding channels. */
export const ZERO_KEEPING: readonly Activation[] = BENDS.filter((activation) => keepsZero(bend(activation)));
