import { inferShape } from '../../graph/ops.ts';
import { product } from '../../graph/shape.ts';
import { at, input, type Reference } from '../lib/reference-common.ts';

export const matmul: Reference<'matmul'> = (a, inputs) => {
  const left = input(inputs, 0);
  const right = input(inputs, 1);
  const shape = inferShape.matmul(a, [left.shape, right.shape], 'reference');
  const [m = 1, n = 1] = shape.slice(-2);
  const k = left.shape.at(a.transposeA ? -2 : -1) ?? 1;
  const data = new Float32Array(product(shape));
  let to = 0;
  for (let b = 0; b < product(shape.slice(0, -2)); b++) {
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++) {
        let sum = 0;
        for (let i = 0; i < k; i++) {
          const l = a.transposeA ? i * m + row : row * k + i;
          const r = a.transposeB ? column * k + i : i * n + column;
          sum += at(left.data, b * m * k + l) * at(right.data, b * k * n + r);
        }
        data[to++] = sum * a.scale;
      }
    }
  }
  return { data, shape };
};
