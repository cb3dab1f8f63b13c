import type { Tensor } from '../../api/types.ts';
import { at, input, mean, type Reference, type ReferenceWeights, size4 } from '../lib/reference-common.ts';

export const groupNorm: Reference<'group_norm'> = (a, inputs, weights) => {
  const x = input(inputs);
  const [n, c, h, w] = size4(x.shape);
  const size = (c / a.groups) * h * w;
  return normalize(x, n * a.groups, size, 1, a, weights, (i) => Math.floor(i / (h * w)) % c);
};

export const evoNorm: Reference<'evo_norm'> = ({ groups, eps }, inputs, weights) => {
  const x = input(inputs);
  const [n, c, h, w] = size4(x.shape);
  const size = (c / groups) * h * w;
  const data = new Float32Array(x.data.length);
  for (let first = 0; first < n * c * h * w; first += size) {
    const average = mean(size, (i) => at(x.data, first + i));
    const deviation = Math.sqrt(mean(size, (i) => (at(x.data, first + i) - average) ** 2) + eps);
    for (let i = first; i < first + size; i++) {
      const k = Math.floor(i / (h * w)) % c;
      const value = at(x.data, i);
      const gated = value / (1 + Math.exp(-value * at(weights.v, k)));
      data[i] = (gated / deviation) * at(weights.weight, k) + at(weights.bias, k);
    }
  }
  return { data, shape: [...x.shape] };
};

export const filterResponseNorm: Reference<'filter_response_norm'> = ({ eps }, inputs, weights) => {
  const x = input(inputs);
  const [n, c, h, w] = size4(x.shape);
  const data = new Float32Array(x.data.length);
  for (let row = 0; row < n * c; row++) {
    const [first, k] = [row * h * w, row % c];
    const deviation = Math.sqrt(mean(h * w, (i) => at(x.data, first + i) ** 2) + eps);
    for (let i = first; i < first + h * w; i++) {
      const value = (at(x.data, i) / deviation) * at(weights.weight, k) + at(weights.bias, k);
      data[i] = Math.max(value, at(weights.tau, k));
    }
  }
  return { data, shape: [...x.shape] };
};

export const instanceNorm: Reference<'instance_norm'> = (a, inputs, weights) =>
  groupNorm({ ...a, groups: input(inputs).shape[1] ?? 1 }, inputs, weights);

export const layerNorm: Reference<'layer_norm'> = (a, inputs, weights) => {
  const x = input(inputs);
  const [n, c, h, w] = size4(x.shape);
  if (a.over === 'all') return normalize(x, n, c * h * w, 1, a, weights, (i) => i % (c * h * w));
  return normalize(x, n * h * w, c, h * w, a, weights, (i) => Math.floor(i / (h * w)) % c);
};

/**
 * Normalises `rows` rows of `size` numbers with a distance of `step`: row r starts at floor(r / step) * size * step + r % step.
 * `affineAt` returns the index of element i's weight.
 */
function normalize(
  x: Tensor,
  rows: number,
  size: number,
  step: number,
  a: { eps: number; affine: boolean },
  weights: ReferenceWeights,
  affineAt: (i: number) => number,
): Tensor {
  const data = new Float32Array(x.data.length);
  for (let row = 0; row < rows; row++) {
    const first = Math.floor(row / step) * size * step + (row % step);
    const average = mean(size, (i) => at(x.data, first + i * step));
    const variance = mean(size, (i) => (at(x.data, first + i * step) - average) ** 2);
    for (let i = 0; i < size; i++) {
      const to = first + i * step;
      const normal = (at(x.data, to) - average) / Math.sqrt(variance + a.eps);
      const k = affineAt(to);
      data[to] = a.affine ? normal * at(weights.weight, k) + at(weights.bias, k) : normal;
    }
  }
  return { data, shape: [...x.shape] };
}
