/**
 * Operations that bend each value by itself, without learned numbers: every activation but ReLU, with the attributes that PyTorch gives
 * it by default. A new one begins here; CONTRIBUTING.md says how it goes on.
 */
export const CURVES = {
  /** x * sigmoid(x) */
  silu: {},
  /** x above 0, else slope * x. */
  leaky_relu: {
    /** Below 0. */
    slope: 0.01,
  },
  /** x above 0, else alpha * (exp(x) - 1). */
  elu: {
    /** What it goes to below 0, negated. */
    alpha: 1,
  },
  /** min(max(x, 0), 6) */
  relu6: {},
  /** x * hard_sigmoid(x) */
  hard_swish: {},
  /** x * tanh(log(1 + exp(x))) */
  mish: {},
  /** x times the normal distribution's share below x (by the error function, not by tanh). */
  gelu: {},
  /** GELU by tanh: F.gelu(x, approximate='tanh'). */
  gelu_tanh: {},
  /** x * sigmoid(1.702 x) */
  quick_gelu: {},
  /** Hyperbolic tangent. */
  tanh: {},
  /** 1 / (1 + exp(-x)) */
  sigmoid: {},
  /** min(max(x + 3, 0), 6) / 6 */
  hard_sigmoid: {},
} satisfies Record<string, Readonly<Record<string, number>>>;

/** Name of such an operation. */
export type CurveOp = keyof typeof CURVES;

/** Attributes of each. */
export type CurveAttributes = { [Op in CurveOp]: (typeof CURVES)[Op] };

/** Those that have some. */
export type AdjustableOp = { [Op in CurveOp]: keyof CurveAttributes[Op] extends never ? never : Op }[CurveOp];

/** Something for each of them. */
export function eachCurve<Value>(value: Value): { [Op in CurveOp]: Value } {
  return Object.fromEntries(Object.keys(CURVES).map((op) => [op, value])) as { [Op in CurveOp]: Value };
}
