import { inferShape } from '../../graph/ops.ts';
import type { PoolAttributes } from '../../graph/types.ts';
import { fill, input, type Reference, reader, size4 } from '../lib/reference-common.ts';

export const maxPool: Reference<'max_pool2d'> = (a, inputs) => {
  const x = input(inputs);
  const [, , h, w] = size4(x.shape);
  const read = reader(x);
  return fill(inferShape.max_pool2d(a, [x.shape], 'reference'), (n, c, oy, ox) => {
    const window = windowOf(a, oy, ox, h, w);
    let best = Number.NEGATIVE_INFINITY;
    for (let y = window.top; y < window.bottom; y++) {
      for (let x = window.left; x < window.right; x++) best = Math.max(best, read(n, c, y, x));
    }
    return best;
  });
};

export const averagePool: Reference<'avg_pool2d'> = (a, inputs) => {
  const x = input(inputs);
  const [, , h, w] = size4(x.shape);
  const read = reader(x);
  return fill(inferShape.avg_pool2d(a, [x.shape], 'reference'), (n, c, oy, ox) => {
    const window = windowOf(a, oy, ox, h, w);
    let sum = 0;
    for (let y = window.top; y < window.bottom; y++) {
      for (let x = window.left; x < window.right; x++) sum += read(n, c, y, x);
    }
    const seen = (window.bottom - window.top) * (window.right - window.left);
    return sum / (a.countIncludePad ? window.padded : seen);
  });
};

/** Input pixels in a window, and the number of its pixels including padding, but without those that ceil_mode adds after it. */
function windowOf(a: PoolAttributes, oy: number, ox: number, h: number, w: number) {
  const y = oy * a.stride[0] - a.padding[0];
  const x = ox * a.stride[1] - a.padding[1];
  const height = Math.min(y + a.kernel[0], h + a.padding[0]) - y;
  const width = Math.min(x + a.kernel[1], w + a.padding[1]) - x;
  return {
    top: Math.max(y, 0),
    bottom: Math.min(y + height, h),
    left: Math.max(x, 0),
    right: Math.min(x + width, w),
    padded: height * width,
  };
}
