/**
 * What follows a kernel's arithmetic before it stores: a residual is added, then an activation bends the sum. The one value goes from
 * fusion (plan/fuse.ts) through every kernel to shaders/lib/epilogue.BENT.wgsl. A new activation is a line of `TRAITS`, without which nothing
 * compiles, and its formula there.
 */
import type { GraphNode, OpName } from '../../graph/types.ts';
import type { Dispatch } from './kernel.ts';

export type Activation = 'none' | ActivationOp;

/** Operations that bend each value by itself, without learned numbers. */
export type ActivationOp =
  | 'relu'
  | 'leaky_relu'
  | 'silu'
  | 'hard_swish'
  | 'relu6'
  | 'mish'
  | 'gelu'
  | 'gelu_tanh'
  | 'quick_gelu'
  | 'elu'
  | 'tanh'
  | 'sigmoid'
  | 'hard_sigmoid';

export interface Bend {
  activation: Activation;
  /** The slope of a leaky ReLU, alpha of ELU. */
  amount?: number;
}

/** With the value that is added before: its name where operations are fused, its view where a kernel is asked. */
export interface Epilogue<Residual> extends Bend {
  residual?: Residual;
}

interface Traits {
  /** ACTIVATION in lib/epilogue.BENT.wgsl. */
  number: number;
  /** Whether zero stays zero, which padding channels must be. Others are taken only by kernels that clear them. */
  keepsZero: boolean;
  /** Whether what left the range of halves is still seen in the result, so that it can be reported. */
  showsOverflow: boolean;
}

const TRAITS: Record<Activation, Traits> = {
  none: { number: 0, keepsZero: true, showsOverflow: true },
  relu: { number: 1, keepsZero: true, showsOverflow: true },
  leaky_relu: { number: 2, keepsZero: true, showsOverflow: true },
  silu: { number: 3, keepsZero: true, showsOverflow: false },
  hard_swish: { number: 4, keepsZero: true, showsOverflow: false },
  relu6: { number: 5, keepsZero: true, showsOverflow: false },
  mish: { number: 6, keepsZero: true, showsOverflow: false },
  gelu: { number: 7, keepsZero: true, showsOverflow: false },
  gelu_tanh: { number: 8, keepsZero: true, showsOverflow: false },
  quick_gelu: { number: 9, keepsZero: true, showsOverflow: false },
  elu: { number: 10, keepsZero: true, showsOverflow: false },
  tanh: { number: 11, keepsZero: true, showsOverflow: false },
  sigmoid: { number: 12, keepsZero: false, showsOverflow: false },
  hard_sigmoid: { number: 13, keepsZero: false, showsOverflow: false },
};

export const ACTIVATIONS = Object.keys(TRAITS) as Activation[];

export const NO_EPILOGUE: Bend = { activation: 'none' };

/** What the kernels of an operation take after its arithmetic; fusion asks. */
export interface Takes {
  /** Folded into the weights. */
  norm?: true;
  /** By which operation. */
  residual?: 'add' | 'add_broadcast';
  activation?: (activation: Activation) => boolean;
  /** A mean over all pixels in place of the map. */
  pooled?: true;
}

export type TakesOf = { [Op in OpName]?: Takes };

/** Of kernels that know which channels are padding. */
export const everyActivation = () => true;

export function keepsZero(activation: Activation): boolean {
  return TRAITS[activation].keepsZero;
}

export function showsOverflow(activation: Activation): boolean {
  return TRAITS[activation].showsOverflow;
}

/** The node as what a kernel may end in. */
export function bendOf(node: GraphNode): Bend | undefined {
  const { op } = node;
  if (op === 'leaky_relu') return { activation: op, amount: node.attributes.slope };
  if (op === 'elu') return { activation: op, amount: node.attributes.alpha };
  return isActivation(op) ? { activation: op } : undefined;
}

function isActivation(op: string): op is ActivationOp {
  return op !== 'none' && Object.hasOwn(TRAITS, op);
}

/** What a kernel whose shader calls `activate` puts into its dispatch. */
export function ending({ activation, amount = 0, residual }: Epilogue<unknown>): Required<Pick<Dispatch, 'constants' | 'ends'>> {
  const { number } = TRAITS[activation];
  return {
    // BENT picks the form of lib/epilogue.wgsl.
    constants: number > 1 ? { ACTIVATION: number, AMOUNT: amount, BENT: true } : { ACTIVATION: number },
    ends: { activation, residual: residual !== undefined },
  };
}

/** In the name of a variant. */
export function bendName({ activation }: Bend): string {
  return activation === 'none' ? '' : ` ${activation}`;
}
