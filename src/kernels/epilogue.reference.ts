/** Epilogues of cases, and what they compute. */

import type { Tensor } from '../api/types.ts';
import { ACTIVATIONS, type Activation, type Bend, keepsZero } from './lib/epilogue.ts';
import type { Reference } from './lib/reference.ts';
import { references } from './references.ts';

/** With numbers that are no default. */
export function bend(activation: Activation = 'none'): Bend {
  if (activation === 'leaky_relu') return { activation, amount: 0.1 };
  return activation === 'elu' ? { activation, amount: 0.7 } : { activation };
}

export function bent(activation: Activation | undefined, tensor: Tensor): Tensor {
  if (activation === undefined || activation === 'none') return tensor;
  const { amount } = bend(activation);
  const compute = references[activation] as Reference<'relu'>;
  return compute({ slope: amount, alpha: amount } as object, [tensor], {});
}

export const BENDS: readonly Activation[] = ACTIVATIONS.filter((activation) => activation !== 'none');

/** Of kernels that do not clear padding channels. */
export const ZERO_KEEPING: readonly Activation[] = BENDS.filter(keepsZero);
