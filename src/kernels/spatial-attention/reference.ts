import { fill, input, mean, type Reference, reader, size4 } from '../lib/reference-common.ts';

export const channelPool: Reference<'channel_pool'> = ({ average }, inputs) => {
  const x = input(inputs);
  const [n, c, h, w] = size4(x.shape);
  const read = reader(x);
  return fill([n, average ? 1 : 2, h, w], (i, k, y, column) => {
    const middle = mean(c, (channel) => read(i, channel, y, column));
    let most = Number.NEGATIVE_INFINITY;
    for (let channel = 0; channel < c; channel++) most = Math.max(most, read(i, channel, y, column));
    return average ? (middle + most) / 2 : k === 0 ? middle : most;
  });
};

export const mulBroadcast: Reference<'mul_broadcast'> = (_, inputs) => {
  const [x, s] = [input(inputs), input(inputs, 1)];
  const [, c, h, w] = size4(s.shape);
  const [value, factor] = [reader(x), reader(s)];
  return fill(x.shape, (i, k, row, column) => value(i, k, row, column) * factor(i, k % c, row % h, column % w));
};
