/**
 * What follows a kernel's arithmetic before it stores: a residual is added, then an activation bends the sum. The one value goes from
 * fusion (plan/fuse.ts) through every kernel to shaders/lib/epilogue.wgsl. Every kernel knows ReLU; what it must know of another
 * activation comes with the value (curves.ts), so that the core can do without.
 */
import type { CurveOp } from '../../graph/curve-ops.ts';
import type { OpName } from '../../graph/types.ts';
import type { Dispatch, Ends } from './kernel.ts';

export type Activation = 'none' | 'relu' | CurveOp;

export interface Curve {
  /** Whether zero stays zero, which padding channels must be. Others are taken only by kernels that clear them. */
  keepsZero: boolean;
  /** Whether what left the range of f16 is still seen in the result, so that it can be reported. */
  showsOverflow: boolean;
  /** Of the shader, with its form of lib/epilogue.wgsl. */
  constants: Dispatch['constants'];
  modules: Record<string, string>;
}

export type Bend = { activation: 'none' | 'relu'; curve?: undefined } | { activation: CurveOp; curve: Curve };

/** With the value that is added before: its name where operations are fused, its view where a kernel is asked. */
export type Epilogue<Residual> = Bend & { residual?: Residual };

export const NO_EPILOGUE: Bend = { activation: 'none' };

export const RELU: Bend = { activation: 'relu' };

/** What the kernels of an operation take after its arithmetic; fusion asks. */
export interface Takes {
  /** Folded into the weights. */
  norm?: true;
  /** By which operation. */
  residual?: 'add' | 'add_broadcast';
  activation?: (bend: Bend) => boolean;
  /** A mean over all pixels in place of the map. */
  pooled?: true;
}

export type TakesOf = { [Op in OpName]?: Takes };

/** Of kernels that know which channels are padding. */
export const everyActivation = () => true;

export function keepsZero({ curve }: Bend): boolean {
  return curve?.keepsZero ?? true;
}

export function showsOverflow({ curve }: Bend): boolean {
  return curve?.showsOverflow ?? true;
}

/** What a kernel whose shader calls `activate` puts into its dispatch. */
export function ending({ activation, curve, residual }: Epilogue<unknown>): { constants: Dispatch['constants']; ends: Ends } {
  return {
    constants: curve?.constants ?? { ACTIVATION: Number(activation === 'relu') },
    ends: { activation, residual: residual !== undefined, modules: curve?.modules },
  };
}

/** In the name of a variant. */
export function bendName({ activation }: Bend): string {
  return activation === 'none' ? '' : ` ${activation}`;
}
