/**
 * Every activation but ReLU (graph/curves.ts), as kernels end in it. Fetched with the family `curve` for a network that has one. Its
 * formula is in shaders/lib/epilogue.BENT.wgsl.
 */
import epilogue from '../../../shaders/lib/epilogue.BENT.wgsl?raw';
import type { CurveOp } from '../../graph/curves.ts';
import type { GraphNode } from '../../graph/types.ts';
import type { Bend, Curve } from './epilogue.ts';

interface Traits extends Pick<Curve, 'keepsZero' | 'showsOverflow'> {
  /** ACTIVATION in lib/epilogue.BENT.wgsl; 1 is ReLU. */
  number: number;
}

const TRAITS: Record<CurveOp, Traits> = {
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

export const CURVES = Object.keys(TRAITS) as CurveOp[];

/** @param amount the slope of a leaky ReLU, alpha of ELU */
export function curve(activation: CurveOp, amount = 0): Bend {
  const { number, keepsZero, showsOverflow } = TRAITS[activation];
  return {
    activation,
    curve: {
      keepsZero,
      showsOverflow,
      // BENT names the form of lib/epilogue.wgsl; it is not in the core.
      constants: { ACTIVATION: number, AMOUNT: amount, BENT: true },
      modules: { 'lib::epilogue': epilogue },
    },
  };
}

/** The node as what a kernel may end in. */
export function curveOf(node: GraphNode): Bend | undefined {
  const { op } = node;
  if (op === 'leaky_relu') return curve(op, node.attributes.slope);
  if (op === 'elu') return curve(op, node.attributes.alpha);
  return isCurve(op) ? curve(op) : undefined;
}

function isCurve(op: string): op is CurveOp {
  return Object.hasOwn(TRAITS, op);
}
