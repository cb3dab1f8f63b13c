import { describe, expect, test } from 'vitest';
import { addDispatch } from './elementwise/dispatch.ts';
import { radixSoftmaxDispatch } from './gate/radix.ts';
import { globalPoolDispatch } from './global-pool/dispatch.ts';
import { copyDispatch, fromNchwDispatch, toNchwDispatch } from './layout/dispatch.ts';
import { NO_EPILOGUE } from './lib/epilogue.ts';
import { denseView, type View } from './lib/kernel.ts';
import { mergeSlices, requireSameSlices, requireSingleSlice, requireSplits } from './lib/views.ts';
import { normStatisticsDispatch } from './norm/dispatch.ts';

const sliced = (...slices: number[]): View => ({
  n: 1,
  h: 4,
  w: 4,
  slices,
  stride: slices.reduce((sum, channels) => sum + Math.ceil(channels / 4), 0),
  offset: 0,
});

describe('slices', () => {
  test('merge where the first fills its last group', () => {
    expect(mergeSlices([64, 32, 6])).toEqual([102]);
    expect(mergeSlices([26, 26])).toEqual([26, 26]);
    expect(mergeSlices([8, 6, 4, 2])).toEqual([14, 6]);
  });

  test('count as one if they merge', () => {
    expect(requireSingleSlice('layer', sliced(64, 6))).toBe(70);
    expect(requireSameSlices('layer', sliced(64, 32), sliced(96), undefined)).toBe(24);
    expect(requireSplits('layer', sliced(64), 2)).toBe(8);
    expect(requireSplits('layer', sliced(13, 13), 2)).toBe(4);
    expect(requireSplits('layer', sliced(7), 1)).toBe(2);
  });
});

describe('a wrong view is named', () => {
  const small = denseView(1, 5, 4, 4);
  test.each<[string, () => unknown]>([
    ['channels of two slices', () => requireSingleSlice('layer1.0', sliced(6, 6))],
    ['different slices', () => requireSameSlices('layer1.0', sliced(6, 6), sliced(12))],
    ['splits within groups', () => requireSplits('layer1.0', sliced(26), 2)],
    ['a view wider than its pixel', () => requireSingleSlice('layer1.0', { ...small, offset: 1 })],
    ['a tensor of another shape', () => fromNchwDispatch({ layer: 'layer1.0', shape: [1, 6, 4, 4], output: small }, 'f32')],
    ['slices without a dense form', () => toNchwDispatch({ layer: 'layer1.0', input: sliced(5, 7) }, 'f32')],
    ['a copy of more than there is', () => copyDispatch({ layer: 'layer1.0', input: small, output: denseView(1, 5, 5, 4) }, 'f32')],
    [
      'a sum of different maps',
      () => addDispatch({ layer: 'layer1.0', input: small, other: denseView(1, 5, 2, 2), output: small, epilogue: NO_EPILOGUE }, 'f32'),
    ],
    ['groups that do not divide', () => normStatisticsDispatch({ layer: 'layer1.0', input: small, groups: 2, eps: 1e-5 }, 'f32')],
    ['a pool of other splits', () => globalPoolDispatch({ layer: 'layer1.0', input: small, output: small, radix: 2 }, 'f32')],
    [
      'logits of other splits',
      () => radixSoftmaxDispatch({ layer: 'layer1.0', radix: 2, groups: 3, input: sliced(8), output: sliced(8) }, 'f32'),
    ],
  ])('%s', (_, make) => {
    expect(make).toThrowErrorMatchingSnapshot();
  });
});
