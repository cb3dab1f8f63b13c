import { at, fill, input, type Reference, reader, size4 } from '../lib/reference-common.ts';

export const channelConv1d: Reference<'channel_conv1d'> = (a, inputs, weights) => {
  const x = input(inputs);
  const [, c] = size4(x.shape);
  const read = reader(x);
  return fill(x.shape, (n, k) => {
    let sum = 0;
    for (let i = 0; i < a.kernel; i++) {
      const place = k + i - Math.floor(a.kernel / 2);
      const from = a.circular ? (place + a.kernel * c) % c : place;
      if (from >= 0 && from < c) sum += at(weights.weight, i) * read(n, from, 0, 0);
    }
    return sum;
  });
};
