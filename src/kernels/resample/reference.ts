import { inferShape } from '../../graph/ops.ts';
import { fill, input, type Reference, reader, size4 } from '../lib/reference-common.ts';

/** -1 becomes 1, size becomes size - 2. */
function mirror(i: number, size: number): number {
  return size - 1 - Math.abs(size - 1 - Math.abs(i));
}

function binomial(n: number, k: number): number {
  return k === 0 ? 1 : (binomial(n, k - 1) * (n - k + 1)) / k;
}

export const blurPool: Reference<'blur_pool'> = (a, inputs) => {
  const source = input(inputs);
  const [, , h, w] = size4(source.shape);
  const before = Math.floor((a.size - 1) / 2);
  const read = reader(source);
  return fill(inferShape.blur_pool(a, [source.shape], 'reference'), (n, c, oy, ox) => {
    let sum = 0;
    for (let dy = 0; dy < a.size; dy++) {
      for (let dx = 0; dx < a.size; dx++) {
        const y = mirror(oy * a.stride + dy - before, h);
        const x = mirror(ox * a.stride + dx - before, w);
        sum += binomial(a.size - 1, dy) * binomial(a.size - 1, dx) * read(n, c, y, x);
      }
    }
    return sum / 4 ** (a.size - 1);
  });
};

export const reflectPad: Reference<'reflect_pad'> = (a, inputs) => {
  const source = input(inputs);
  const [, , h, w] = size4(source.shape);
  const [top, left] = a.padding;
  const read = reader(source);
  return fill(inferShape.reflect_pad(a, [source.shape], 'reference'), (n, c, y, x) => read(n, c, mirror(y - top, h), mirror(x - left, w)));
};

export const zeroPad: Reference<'zero_pad'> = (a, inputs) => {
  const source = input(inputs);
  const [, , h, w] = size4(source.shape);
  const [top, left] = a.padding;
  const read = reader(source);
  return fill(inferShape.zero_pad(a, [source.shape], 'reference'), (n, c, oy, ox) => {
    const [y, x] = [oy - top, ox - left];
    return y >= 0 && x >= 0 && y < h && x < w ? read(n, c, y, x) : 0;
  });
};

export const bilinear: Reference<'bilinear'> = (a, inputs) => {
  const source = input(inputs);
  const [n, c, h, w] = size4(source.shape);
  const read = reader(source);
  const [oh, ow] = a.size;
  return fill([n, c, oh, ow], (i, k, oy, ox) => {
    const [y0, y1, below] = neighbours(oy, h, oh);
    const [x0, x1, right] = neighbours(ox, w, ow);
    const upper = read(i, k, y0, x0) * (1 - right) + read(i, k, y0, x1) * right;
    const lower = read(i, k, y1, x0) * (1 - right) + read(i, k, y1, x1) * right;
    return upper * (1 - below) + lower * below;
  });
};

function neighbours(i: number, inSize: number, outSize: number): [number, number, number] {
  const position = Math.max(((i + 0.5) * inSize) / outSize - 0.5, 0);
  const first = Math.min(Math.floor(position), inSize - 1);
  return [first, Math.min(first + 1, inSize - 1), position - first];
}
