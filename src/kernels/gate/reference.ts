import { at, fill, input, map, type Reference, reader, size4 } from '../lib/reference-common.ts';

export const mul: Reference<'mul'> = (_, inputs) => {
  const x = input(inputs);
  const factors = input(inputs, 1);
  const [, , h, w] = size4(x.shape);
  return map(x, (value, i) => value * at(factors.data, Math.floor(i / (h * w))));
};

export const radixSum: Reference<'radix_sum'> = (a, inputs) => {
  const x = input(inputs);
  const [n, c, h, w] = size4(x.shape);
  const width = c / a.radix;
  const read = reader(x);
  return fill([n, width, h, w], (i, k, y, x) => {
    let sum = 0;
    for (let r = 0; r < a.radix; r++) sum += read(i, r * width + k, y, x);
    return sum;
  });
};

export const radixSoftmax: Reference<'radix_softmax'> = (a, inputs) => {
  const x = input(inputs);
  const [, c] = size4(x.shape);
  const read = reader(x);
  if (a.radix === 1) return fill(x.shape, (n, k) => 1 / (1 + Math.exp(-read(n, k, 0, 0))));
  const width = c / a.radix;
  const inner = width / a.groups;
  return fill(x.shape, (n, k) => {
    const channel = k % width;
    const logit = (r: number) => read(n, (Math.floor(channel / inner) * a.radix + r) * inner + (channel % inner), 0, 0);
    const logits = Array.from({ length: a.radix }, (_, r) => logit(r));
    const top = Math.max(...logits);
    const sum = logits.reduce((total, value) => total + Math.exp(value - top), 0);
    return Math.exp(logit(Math.floor(k / width)) - top) / sum;
  });
};

export const radixApply: Reference<'radix_apply'> = (a, inputs) => {
  const x = input(inputs, 0);
  const factor = reader(input(inputs, 1));
  const [n, c, h, w] = size4(x.shape);
  const width = c / a.radix;
  const read = reader(x);
  return fill([n, width, h, w], (i, k, y, x) => {
    let sum = 0;
    for (let r = 0; r < a.radix; r++) sum += read(i, r * width + k, y, x) * factor(i, r * width + k, 0, 0);
    return sum;
  });
};
