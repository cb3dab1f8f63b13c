/**
 * The last part of a kernel's arithmetic before it stores: a residual is added, then an activation is applied. The same value goes from
 * fusion (plan/fuse.ts) through every kernel to shaders/lib/epilogue.wgsl. Every kernel knows ReLU. For other activations the value
 * contains what the kernel needs (curves.ts), so these are not part of the core. */
import type { CurveOp } from '../../graph/curve-ops.ts';
import type { OpName } from '../../graph/types.ts';
import type { Dispatch, Ends } from './kernel.ts';

export type Activation = 'none' | 'relu' | CurveOp;

export interface Curve {
  /** Whether zero stays zero. Padding channels must stay zero, so other activations need a kernel that clears them. */
  keepsZero: boolean;
  /** Whether a value that left the range of f16 is still visible in the result, so that it can be reported. */
  showsOverflow: boolean;
  /** Shader constants and modules, with the right form of lib/epilogue.wgsl. */
  constants: Dispatch['constants'];
  modules: Record<string, string>;
}

export type Bend = { activation: 'none' | 'relu'; curve?: undefined } | { activation: CurveOp; curve: Curve };

/** With the residual: its name in fused operations, its view in kernels. */
export type Epilogue<Residual> = Bend & { residual?: Residual };

export const NO_EPILOGUE: Bend = { activation: 'none' };

export const RELU: Bend = { activation: 'relu' };

/** What the kernels of an operation can do after its arithmetic. Fusion reads this. */
export interface Takes {
  /** A norm that is folded into the weights. */
  norm?: true;
  /** The operation that adds a residual. */
  residual?: 'add' | 'add_broadcast';
  activation?: (bend: Bend) => boolean;
  /** A mean over all pixels instead of the map. */
  pooled?: true;
}

export type TakesOf = { [Op in OpName]?: Takes };

/** For kernels that know which channels are padding. */
export const everyActivation = () => true;

export function keepsZero({ curve }: Bend): boolean {
  return curve?.keepsZero ?? true;
}

export function showsOverflow({ curve }: Bend): boolean {
  return curve?.showsOverflow ?? true;
}

/** The part of a dispatch for shaders that call `activate`. */
export function ending({ activation, curve, residual }: Epilogue<unknown>): { constants: Dispatch['constants']; ends: Ends } {
  return {
    constants: curve?.constants ?? { ACTIVATION: Number(activation === 'relu') },
    ends: { activation, residual: residual !== undefined, modules: curve?.modules },
  };
}

/** The suffix for a variant's name. */
export function bendName({ activation }: Bend): string {
  return activation === 'none' ? '' : ` ${activation}`;
}
