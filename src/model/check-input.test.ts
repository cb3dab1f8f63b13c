import { describe, expect, test } from 'vitest';
import type { GpuTensor, Tensor } from '../api/types.ts';
import { wrongInput } from '../api/wrong-arguments.ts';
import { isInput } from './check-input.ts';

const data = new Float32Array(2 * 3 * 4 * 5);
const shape = [2, 3, 4, 5];

describe('the input of a network', () => {
  test('is a tensor of its channels, or a buffer', () => {
    expect(isInput({ data, shape }, 3)).toBe(true);
    expect(isInput({ buffer: {}, shape } as unknown as GpuTensor, 3)).toBe(true);
  });

  test.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /^\[input\] shape is undefined/],
    ['no shape', { data }, /^\[input\] shape is undefined/],
    ['three sizes', { data, shape: [3, 4, 5] }, /\[3, 4, 5\], but the network needs \[n, 3, height, width\]/],
    ['a size of 0', { data, shape: [0, 3, 4, 5] }, /shape is \[0, 3, 4, 5\]/],
    ['a broken size', { data, shape: [2, 3, 4, 2.5] }, /shape is \[2, 3, 4, 2.5\]/],
    ['other channels', { data, shape: [2, 5, 4, 3] }, /has 5 channels, but the network needs 3.*NHWC/],
    ['too few values', { data: data.slice(1), shape }, /has 119 values, but \[2, 3, 4, 5\] takes 120/],
    ['no values', { shape }, /has no values/],
    ['other numbers', { data: new Float64Array(120), shape }, /in a Float32Array/],
    ['a buffer of other channels', { buffer: {}, shape: [2, 4, 4, 5] }, /has 4 channels/],
  ])('is not %s', (_, input, text) => {
    expect(isInput(input as Tensor, 3)).toBe(false);
    expect(wrongInput(input as Tensor, 3)).toMatchObject({ code: 'shape', layer: 'input', message: expect.stringMatching(text) });
  });
});
