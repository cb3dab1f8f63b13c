import type { Tensor } from '../../api/types.ts';
import { inferShape } from '../../graph/ops.ts';
import { effectiveWeight } from '../lib/effective-weight.ts';
import { at, input, type Reference, reader, size4 } from '../lib/reference-common.ts';

export const deformConv2d: Reference<'deform_conv2d'> = (a, inputs, weights) => {
  const x = input(inputs);
  const offsets = reader(input(inputs, 1));
  const weight = effectiveWeight(a, weights);
  const masks = a.mask === 'tensor' ? reader(input(inputs, 2)) : undefined;
  const [, c] = size4(x.shape);
  const [kh, kw] = a.kernel;
  const taps = kh * kw;
  const groupIn = c / a.groups;
  const groupOut = a.outChannels / a.groups;
  const perDeformGroup = c / a.deformGroups;
  const shape = inferShape.deform_conv2d(
    a,
    inputs.map((tensor) => tensor.shape),
    'reference',
  );

  const mask = (n: number, point: number, y: number, x: number): number => {
    if (masks) return masks(n, point, y, x);
    // DCNv2: the sigmoid of the last third of the offset convolution's output.
    return a.mask === 'packed' ? 1 / (1 + Math.exp(-offsets(n, 2 * taps * a.deformGroups + point, y, x))) : 1;
  };

  /** For one output pixel: every channel's samples at every tap, multiplied by the mask. */
  const columns = new Float64Array(c * taps);
  const sampleAll = (n: number, oy: number, ox: number): void => {
    for (let channel = 0; channel < c; channel++) {
      const deformGroup = Math.floor(channel / perDeformGroup);
      for (let tap = 0; tap < taps; tap++) {
        const point = deformGroup * taps + tap;
        const top = oy * a.stride[0] - a.padding[0] + Math.floor(tap / kw) * a.dilation[0] + offsets(n, point * 2, oy, ox);
        const left = ox * a.stride[1] - a.padding[1] + (tap % kw) * a.dilation[1] + offsets(n, point * 2 + 1, oy, ox);
        columns[channel * taps + tap] = mask(n, point, oy, ox) * sample(x, n, channel, top, left);
      }
    }
  };
  const [n, outChannels, oh, ow] = size4(shape);
  const data = new Float32Array(n * outChannels * oh * ow);
  for (let pixel = 0; pixel < n * oh * ow; pixel++) {
    const [i, p] = [Math.floor(pixel / (oh * ow)), pixel % (oh * ow)];
    sampleAll(i, Math.floor(p / ow), p % ow);
    for (let o = 0; o < outChannels; o++) {
      const first = Math.floor(o / groupOut) * groupIn * taps;
      let sum = a.bias ? at(weights.bias, o) : 0;
      for (let k = 0; k < groupIn * taps; k++) sum += at(weight, o * groupIn * taps + k) * (columns[first + k] ?? Number.NaN);
      data[(i * outChannels + o) * oh * ow + p] = sum;
    }
  }
  return { data, shape };
};

/** Bilinear interpolation of four neighbours. Those outside the map count as zero. */
function sample(source: Tensor, n: number, c: number, y: number, x: number): number {
  const [, , h, w] = size4(source.shape);
  if (y <= -1 || x <= -1 || y >= h || x >= w) return 0;
  const read = reader(source);
  const value = (row: number, column: number) => (row < 0 || column < 0 || row >= h || column >= w ? 0 : read(n, c, row, column));
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const [below, right] = [y - top, x - left];
  return (
    (value(top, left) * (1 - right) + value(top, left + 1) * right) * (1 - below) +
    (value(top + 1, left) * (1 - right) + value(top + 1, left + 1) * right) * below
  );
}
