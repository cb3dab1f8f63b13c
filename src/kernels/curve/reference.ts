import { at, input, map, type Reference, size4 } from '../lib/reference.ts';

const bent = (x: number, slope: number) => (x > 0 ? x : slope * x);

export const leakyRelu: Reference<'leaky_relu'> = ({ slope }, inputs) => map(input(inputs), (x) => bent(x, slope));

export const prelu: Reference<'prelu'> = (_, inputs, { weight }) => {
  const x = input(inputs);
  const [, c, h, w] = size4(x.shape);
  return map(x, (value, i) => bent(value, at(weight, weight?.length === 1 ? 0 : Math.floor(i / (h * w)) % c)));
};

export const elu: Reference<'elu'> = ({ alpha }, inputs) => map(input(inputs), (x) => (x > 0 ? x : alpha * Math.expm1(x)));

export const gelu: Reference<'gelu'> = (_, inputs) => map(input(inputs), (x) => 0.5 * x * (1 + errorFunction(x / Math.SQRT2)));

export const tanh: Reference<'tanh'> = (_, inputs) => map(input(inputs), Math.tanh);

export const geluTanh: Reference<'gelu_tanh'> = (_, inputs) =>
  map(input(inputs), (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))));

export const quickGelu: Reference<'quick_gelu'> = (_, inputs) => map(input(inputs), (x) => x / (1 + Math.exp(-1.702 * x)));

export const relu6: Reference<'relu6'> = (_, inputs) => map(input(inputs), (x) => Math.min(Math.max(x, 0), 6));

export const mish: Reference<'mish'> = (_, inputs) => map(input(inputs), (x) => x * Math.tanh(Math.log1p(Math.exp(x))));

export const sigmoid: Reference<'sigmoid'> = (_, inputs) => map(input(inputs), (x) => 1 / (1 + Math.exp(-x)));

export const silu: Reference<'silu'> = (_, inputs) => map(input(inputs), (x) => x / (1 + Math.exp(-x)));

export const hardSigmoid: Reference<'hard_sigmoid'> = (_, inputs) => map(input(inputs), (x) => Math.min(Math.max(x + 3, 0), 6) / 6);

export const hardSwish: Reference<'hard_swish'> = (_, inputs) => map(input(inputs), (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6);

/** Its Maclaurin series; beyond 5 it is 1 within 2e-12. */
function errorFunction(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x);
  let [sum, term] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-18; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
