/**
 * Every activation but ReLU (graph/curve-ops.ts), for the epilogues of kernels. Fetched with the family `curve` if a network has one. The
 * formulas are in shaders/lib/epilogue.BENT.wgsl.
 */
import epilogue from '../../../shaders/lib/epilogue.BENT.wgsl?raw';
import type { AdjustableOp, CurveAttributes, CurveOp } from '../../graph/curve-ops.ts';
import type { GraphNode } from '../../graph/types.ts';
import type { Bend, Curve } from './epilogue.ts';

interface Traits extends Pick<Curve, 'keepsZero' | 'showsOverflow'> {
  /** ACTIVATION in lib/epilogue.BENT.wgsl. 1 is ReLU. */
  number: number;
}

/** Constants of lib/epilogue.BENT.wgsl for attributes, with their defaults. (plain/dispatch.ts also lists them.) */
const AMOUNTS = { AMOUNT: 0 };

/** The constant for each attribute. The type requires all attributes of graph/curve-ops.ts. */
type Reads<Op extends CurveOp> = Op extends AdjustableOp ? { reads: Record<keyof CurveAttributes[Op], keyof typeof AMOUNTS> } : unknown;

const TRAITS: { [Op in CurveOp]: Traits & Reads<Op> } = {
  leaky_relu: { number: 2, keepsZero: true, showsOverflow: true, reads: { slope: 'AMOUNT' } },
  silu: { number: 3, keepsZero: true, showsOverflow: false },
  hard_swish: { number: 4, keepsZero: true, showsOverflow: false },
  relu6: { number: 5, keepsZero: true, showsOverflow: false },
  mish: { number: 6, keepsZero: true, showsOverflow: false },
  gelu: { number: 7, keepsZero: true, showsOverflow: false },
  gelu_tanh: { number: 8, keepsZero: true, showsOverflow: false },
  quick_gelu: { number: 9, keepsZero: true, showsOverflow: false },
  elu: { number: 10, keepsZero: true, showsOverflow: false, reads: { alpha: 'AMOUNT' } },
  tanh: { number: 11, keepsZero: true, showsOverflow: false },
  sigmoid: { number: 12, keepsZero: false, showsOverflow: false },
  hard_sigmoid: { number: 13, keepsZero: false, showsOverflow: false },
};

export const CURVES = Object.keys(TRAITS) as CurveOp[];

export function curve<Op extends CurveOp>(activation: Op, attributes: CurveAttributes[Op]): Bend {
  const { number, keepsZero, showsOverflow, reads = {} }: Traits & { reads?: Record<string, string> } = TRAITS[activation];
  const values: Readonly<Record<string, number>> = attributes;
  const amounts = Object.fromEntries(Object.entries(reads).map(([attribute, constant]) => [constant, values[attribute] ?? Number.NaN]));
  return {
    activation,
    curve: {
      keepsZero,
      showsOverflow,
      // BENT selects the form of lib/epilogue.wgsl that is not in the core.
      constants: { ACTIVATION: number, ...AMOUNTS, ...amounts, BENT: true },
      modules: { 'lib::epilogue': epilogue },
    },
  };
}

/** The node as an activation that an epilogue can apply. */
export function curveOf(node: GraphNode): Bend | undefined {
  return isCurve(node) ? curve(node.op, node.attributes) : undefined;
}

function isCurve(node: GraphNode): node is GraphNode<CurveOp> {
  return Object.hasOwn(TRAITS, node.op);
}
