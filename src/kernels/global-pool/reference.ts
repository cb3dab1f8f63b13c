import { at, fill, input, mean, type Reference, size4 } from '../lib/reference-common.ts';

export const globalAveragePool: Reference<'global_avg_pool'> = (_, inputs) => {
  const x = input(inputs);
  const [n, c, h, w] = size4(x.shape);
  return fill([n, c, 1, 1], (i, k) => mean(h * w, (p) => at(x.data, (i * c + k) * h * w + p)));
};
