import { at, fill, input, type Reference } from '../lib/reference-common.ts';

export const linear: Reference<'linear'> = (a, inputs, weights) => {
  const x = input(inputs);
  const [n = 1] = x.shape;
  const size = x.data.length / n;
  return fill([n, a.outFeatures], (i, k) => {
    let sum = a.bias ? at(weights.bias, k) : 0;
    for (let j = 0; j < size; j++) sum += at(x.data, i * size + j) * at(weights.weight, k * size + j);
    return sum;
  });
};
