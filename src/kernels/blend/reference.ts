import { at, input, map, type Reference, size4 } from '../lib/reference-common.ts';

export const blend: Reference<'blend'> = (_, inputs) => {
  const [a, b, s] = [input(inputs), input(inputs, 1), input(inputs, 2)];
  const [, c, h, w] = size4(a.shape);
  return map(a, (value, i) => {
    const share = at(s.data, Math.floor(i / (c * h * w)) * h * w + (i % (h * w)));
    return share * value + (1 - share) * at(b.data, i);
  });
};
