import { describe, expect, it } from 'vitest';
import { parseVariant, tilesOf, variantName } from './variant.ts';

const NAMES = [
  'direct-4x16-4-64',
  'tiled-8x4-16',
  'serial-7x32-4',
  'direct-1x16-16-8/4',
  'tiled-8x4-16/2',
  'winograd4 tiled-8x4-16',
  'winograd2 direct-4x16-4-64',
  'f16 direct-1x16-16-64',
];

describe('the word of a variant', () => {
  it.each(NAMES)('%s is read and written', (name) => {
    const variant = parseVariant(name);
    expect(variant && variantName(variant)).toBe(name);
  });

  it.each(['', 'direct', 'winograd3 tiled-8x4-16', 'f16 tiled-8x4-16', 'tiled-8x4', 'direct-4x16-4-64 '])("'%s' is none", (name) => {
    expect(parseVariant(name)).toBeUndefined();
  });
});

it('tiles cover all pixels and channels, and begin anew with each group where the shader is tiled', () => {
  const tiles = (name: string, ...sizes: [number, number, number?]) => {
    const variant = parseVariant(name);
    return variant && tilesOf(variant, ...sizes);
  };
  // 64 threads of 4 pixels, each with 4 groups of 4 channels.
  expect(tiles('direct-4x16-4-64', 257, 5)).toEqual([2, 2]);
  // 8 threads of 8 pixels, 8 of 4 channels. Each of 2 convolution groups with 6 groups of 4 takes a tile.
  expect(tiles('tiled-8x4-16', 65, 12)).toEqual([2, 2]);
  expect(tiles('tiled-8x4-16', 65, 12, 2)).toEqual([2, 2]);
  expect(tiles('tiled-8x4-16', 65, 12, 4)).toEqual([2, 4]);
});
