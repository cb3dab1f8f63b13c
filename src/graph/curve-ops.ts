/**
 * Operations on single values without learned numbers: every activation but ReLU, with PyTorch's default attributes. A new
 * activation starts here. CONTRIBUTING.md has the other steps.
 */
export const CURVES = {
  /** x * sigmoid(x) */
  silu: {},
  /** x above 0, else slope * x. */
  leaky_relu: {
    /** Slope below 0. */
    slope: 0.01,
  },
  /** x above 0, else alpha * (exp(x) - 1). */
  elu: {
    /** Minus the limit below 0. */
    alpha: 1,
  },
  /** min(max(x, 0), 6) */
  relu6: {},
  /** x * hard_sigmoid(x) */
  hard_swish: {},
  /** x * tanh(log(1 + exp(x))) */
  mish: {},
  /** x times the standard normal distribution function (exact, with erf). */
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

/** Attributes of each operation. */
export type CurveAttributes = { [Op in CurveOp]: (typeof CURVES)[Op] };

/** The operations that have attributes. */
export type AdjustableOp = { [Op in CurveOp]: keyof CurveAttributes[Op] extends never ? never : Op }[CurveOp];

/** A value for each operation. */
export function eachCurve<Value>(value: Value): { [Op in CurveOp]: Value } {
  return Object.fromEntries(Object.keys(CURVES).map((op) => [op, value])) as { [Op in CurveOp]: Value };
}
