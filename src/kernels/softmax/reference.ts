import { around, at, input, type Reference } from '../lib/reference-common.ts';

export const softmax: Reference<'softmax'> = (a, inputs) => {
  const x = input(inputs);
  const { outer, size, inner } = around(x.shape, a.dim);
  const data = new Float32Array(x.data.length);
  for (let row = 0; row < outer * inner; row++) {
    const first = Math.floor(row / inner) * size * inner + (row % inner);
    let top = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < size; i++) top = Math.max(top, at(x.data, first + i * inner));
    let sum = 0;
    for (let i = 0; i < size; i++) sum += Math.exp(at(x.data, first + i * inner) - top);
    for (let i = 0; i < size; i++) {
      const above = at(x.data, first + i * inner) - top;
      data[first + i * inner] = a.log ? above - Math.log(sum) : Math.exp(above) / sum;
    }
  }
  return { data, shape: [...x.shape] };
};
