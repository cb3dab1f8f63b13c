import { at, fill, input, mean, type Reference, size4 } from '../lib/reference-common.ts';

export const generalizedMean: Reference<'gem'> = (a, inputs, weights) => {
  const x = input(inputs);
  const [n, c, h, w] = size4(x.shape);
  const p = a.learned ? at(weights.p, 0) : a.p;
  return fill([n, c, 1, 1], (i, k) => {
    const powers = mean(h * w, (j) => {
      const value = at(x.data, (i * c + k) * h * w + j);
      return (a.clamp ? Math.max(value, a.eps) : value) ** p;
    });
    return powers ** (1 / p);
  });
};
