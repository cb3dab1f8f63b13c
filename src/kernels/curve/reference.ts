import type { Tensor } from '../../api/types.ts';
import type { CurveOp } from '../../graph/curve-ops.ts';
import { at, input, map, type Reference, size4 } from '../lib/reference-common.ts';

const bent = (x: number, slope: number) => (x > 0 ? x : slope * x);
const capped = (x: number) => Math.min(Math.max(x, 0), 6);

type Formula = (x: number) => number;

const each = (formula: Formula) => (_: object, inputs: Tensor[]) => map(input(inputs), formula);

/** The value of each activation. */
export const curves: { [Op in CurveOp]: Reference<Op> } = {
  silu: each((x) => x / (1 + Math.exp(-x))),
  leaky_relu: ({ slope }, inputs) => map(input(inputs), (x) => bent(x, slope)),
  elu: ({ alpha }, inputs) => map(input(inputs), (x) => (x > 0 ? x : alpha * Math.expm1(x))),
  relu6: each(capped),
  hard_swish: each((x) => (x * capped(x + 3)) / 6),
  mish: each((x) => x * Math.tanh(Math.log1p(Math.exp(x)))),
  gelu: each((x) => 0.5 * x * (1 + errorFunction(x / Math.SQRT2))),
  gelu_tanh: each((x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))),
  quick_gelu: each((x) => x / (1 + Math.exp(-1.702 * x))),
  tanh: each(Math.tanh),
  sigmoid: each((x) => 1 / (1 + Math.exp(-x))),
  hard_sigmoid: each((x) => capped(x + 3) / 6),
};

export const prelu: Reference<'prelu'> = (_, inputs, { weight }) => {
  const x = input(inputs);
  const [, c, h, w] = size4(x.shape);
  return map(x, (value, i) => bent(value, at(weight, weight?.length === 1 ? 0 : Math.floor(i / (h * w)) % c)));
};

/** The Maclaurin series. Beyond 5 the result is 1 within 2e-12. */
function errorFunction(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x);
  let [sum, term] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-18; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
