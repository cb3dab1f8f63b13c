import { describe, expect, it } from 'vitest';
import type { Preprocess } from '../api/types.ts';
import { checkChannels } from './channels.ts';
import { mergePreprocess } from './recipe.ts';

const base: Preprocess = {
  resize: { size: 256, edge: 'short', filter: 'bilinear', kernel: 'pillow' },
  crop: 224,
  cropRounding: 'torchvision',
  mean: [123.675, 116.28, 103.53],
  std: [58.395, 57.12, 57.375],
  order: 'rgb',
};

describe('mergePreprocess', () => {
  it('keeps what is not given, and what is given as undefined', () => {
    expect(mergePreprocess(base)).toEqual(base);
    expect(mergePreprocess(base, { crop: undefined, order: 'bgr' })).toEqual({ ...base, order: 'bgr' });
  });

  it('switches a step off with null', () => {
    expect(mergePreprocess(base, { resize: null, crop: null })).toEqual({ ...base, resize: null, crop: null });
  });

  it('replaces resize as a whole and does not change its arguments', () => {
    const frozen = Object.freeze({ ...base });
    const resize = { size: [32, 48] as [number, number], edge: 'exact', filter: 'bicubic', kernel: 'opencv' } as const;
    expect(mergePreprocess(frozen, { resize }).resize).toEqual(resize);
  });

  it('leaves a recipe alone that no image will use', () => {
    expect(mergePreprocess(base, { crop: 32 }, 4).mean).toHaveLength(3);
    expect(() => checkChannels(base, 4)).toThrowErrorMatchingInlineSnapshot(
      `[ResnetError: [preprocess.mean] The network takes 4 channels, an image has 3 (or 1, as luma). Make the tensor yourself and call run().]`,
    );
    expect(() => checkChannels(base, 1)).toThrowErrorMatchingInlineSnapshot(
      `[ResnetError: [preprocess.mean] has 3 numbers, but the network takes 1 channels. Give one number for each input channel, on the 0..255 scale.]`,
    );
  });

  const refused: [string, object][] = [
    ['mean of another length', { mean: [0] }],
    ['std of another length', { std: [1, 1] }],
    ['mean that is no list', { mean: 127.5 }],
    ['mean that is no number', { mean: [1, 2, Number.NaN] }],
    ['a std of zero', { std: [1, 0, 1] }],
    ['an unknown order', { order: 'grb' }],
    ['an unknown filter', { resize: { ...base.resize, filter: 'sinc' } }],
    ['a filter that the kernel has not', { resize: { ...base.resize, filter: 'lanczos', kernel: 'torch' } }],
    ['an unknown kernel', { resize: { ...base.resize, kernel: 'canvas' } }],
    ['an unknown edge', { resize: { ...base.resize, edge: 'long' } }],
    ['two sizes of a short edge', { resize: { ...base.resize, size: [10, 20] } }],
    ['a size of zero', { resize: { ...base.resize, size: 0 } }],
    ['a resize without its fields', { resize: { size: 20 } }],
    ['half a crop', { crop: [224] }],
    ['a crop in fractions', { crop: 0.875 }],
    ['an unknown rounding', { cropRounding: 'timm' }],
    ['a divisor of zero', { padDivisor: 0 }],
    ['two divisors', { padDivisor: [32, 32] }],
    ['an infinite pad value', { padValue: Number.POSITIVE_INFINITY }],
  ];
  it.each(refused)('refuses %s', (_, partial) => {
    expect(() => mergePreprocess(base, partial as Partial<Preprocess>)).toThrowErrorMatchingSnapshot();
  });

  it('refuses a misspelt field', () => {
    expect(() => mergePreprocess(base, { means: [0, 0, 0] } as Partial<Preprocess>)).toThrowError(
      /\[preprocess\.means\] is not a step of preprocessing\. Use resize, crop/,
    );
  });
});
