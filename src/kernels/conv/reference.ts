import type { Tensor } from '../../api/types.ts';
import { inferShape } from '../../graph/ops.ts';
import type { ConvAttributes } from '../../graph/types.ts';
import { effectiveWeight } from '../lib/effective-weight.ts';
import { at, input, type Reference, size4 } from '../lib/reference-common.ts';

export const conv2d: Reference<'conv2d'> = (a, inputs, weights) => {
  return convolve(a, input(inputs), effectiveWeight(a, weights), a.bias ? weights.bias : undefined);
};

/** Loops over a row of the kernel first. Uses plain arrays, because this reference has the most work. */
function convolve(a: ConvAttributes, x: Tensor, weight: Float32Array | undefined, bias: Float32Array | undefined): Tensor {
  const [, c, h, w] = size4(x.shape);
  const shape = inferShape.conv2d(a, [x.shape], 'reference');
  const [n, outChannels, oh, ow] = size4(shape);
  const [kh, kw] = a.kernel;
  const groupIn = c / a.groups;
  const groupOut = outChannels / a.groups;
  const data = new Float32Array(n * outChannels * oh * ow);
  let to = 0;
  for (let i = 0; i < n; i++) {
    for (let o = 0; o < outChannels; o++) {
      const firstIn = Math.floor(o / groupOut) * groupIn;
      for (let oy = 0; oy < oh; oy++) {
        for (let ox = 0; ox < ow; ox++) {
          let sum = bias ? at(bias, o) : 0;
          for (let k = 0; k < groupIn; k++) {
            const plane = (i * c + firstIn + k) * h;
            const tap = (o * groupIn + k) * kh;
            for (let dy = 0; dy < kh; dy++) {
              const y = oy * a.stride[0] - a.padding[0] + dy * a.dilation[0];
              if (y < 0 || y >= h) continue;
              for (let dx = 0; dx < kw; dx++) {
                const column = ox * a.stride[1] - a.padding[1] + dx * a.dilation[1];
                if (column >= 0 && column < w) sum += at(x.data, (plane + y) * w + column) * at(weight, (tap + dy) * kw + dx);
              }
            }
          }
          data[to++] = sum;
        }
      }
    }
  }
  return { data, shape };
}
