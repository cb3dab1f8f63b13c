/** Pillow's rarer filters, PyTorch's resize and timm's transforms (test/preprocess/make_filters.py), compared byte by byte. */
import { describe, expect, it } from 'vitest';
import json from '../../test/preprocess/filters.json' with { type: 'json' };
import { noise } from '../../test/preprocess/vectors.ts';
import type { Preprocess } from '../api/types.ts';
import { timmCard } from '../checkpoint/hub-timm.ts';
import { mergePreprocess } from './recipe.ts';
import { croppedReference, resizeReference } from './resample.reference.ts';
import type { Filter, Kernel } from './resample.ts';

const bytesOf = (text: string) => [...Uint8Array.from(atob(text), (character) => character.charCodeAt(0))];

describe('resizeReference', () => {
  it.each(json.cases)('equals $kernel $filter, $from to $to', ({ kernel, filter, seed, from, to, bytes }) => {
    const [width = 0, height = 0] = from;
    const image = { data: noise(seed, width * height * 3), width, height, channels: 3 };
    const { data } = resizeReference(image, [to[1] ?? 0, to[0] ?? 0], filter as Filter, kernel as Kernel);
    expect([...data]).toEqual(bytesOf(bytes));
  });
});

describe('a recipe of timm', () => {
  it.each(json.transforms)('$pretrained_cfg', ({ seed, from, to, pretrained_cfg, bytes }) => {
    const [width = 0, height = 0] = from;
    const { preprocess } = timmCard({ architecture: 'resnet18', pretrained_cfg }, 'hf:a/b');
    const plain: Preprocess = { mean: [0, 0, 0], std: [1, 1, 1], order: 'rgb' };
    const cropped = croppedReference({ data: noise(seed, width * height * 3), width, height }, mergePreprocess(plain, preprocess));
    expect([cropped.width, cropped.height]).toEqual(to);
    expect([...cropped.data]).toEqual(bytesOf(bytes));
  });
});
