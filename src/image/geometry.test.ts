import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Preprocess } from '../api/types.ts';
import { roundHalfEven } from '../util/round.ts';
import { geometry, outputSize } from './geometry.ts';

const plain: Preprocess = { mean: [0, 0, 0], std: [1, 1, 1], order: 'rgb' };

function short(size: number, crop: Preprocess['crop'] = null): Preprocess {
  return { ...plain, resize: { size, edge: 'short', filter: 'bilinear', kernel: 'pillow' }, crop };
}

describe('geometry', () => {
  it.each([
    // [width, height] -> torchvision's Resize(256)
    [640, 480, [256, 341]],
    [480, 640, [341, 256]],
    [451, 300, [256, 384]],
    [1, 10_000, [2_560_000, 256]],
    [257, 256, [256, 257]],
    [256, 256, [256, 256]],
    [1, 1, [256, 256]],
    [500, 375, [256, 341]],
  ])('truncates the long edge of %ix%i', (width, height, resized) => {
    expect(geometry(width, height, short(256, 224)).resized).toEqual(resized);
  });

  it('refuses an input that no GPU has a texture for', () => {
    expect(() => geometry(1, 10_000, short(256))).toThrowErrorMatchingInlineSnapshot(
      `[ResnetError: [image] The image of 1x10000 would become an input of 256x2560000. Crop it: inputs have at most 32768 pixels along an edge.]`,
    );
    expect(geometry(1, 128, short(256)).output).toEqual([32_768, 256]);
  });

  it('takes both edges where they are exact', () => {
    const preprocess: Preprocess = { ...plain, resize: { size: [10, 20], edge: 'exact', filter: 'bilinear', kernel: 'opencv' } };
    expect(geometry(333, 7, preprocess).resized).toEqual([10, 20]);
    expect(outputSize(333, 7, preprocess)).toEqual([10, 20]);
  });

  it('rounds the halves of the crop to the even neighbour', () => {
    // 227 - 224 = 3: 1.5 -> 2; 229 - 224 = 5: 2.5 -> 2.
    expect(geometry(229, 227, { ...plain, crop: 224 }).window).toEqual([2, 2, 224, 224]);
    expect([0.5, 1.5, 2.5, 3.5, 2.4, 2.6, -1.5].map(roundHalfEven)).toEqual([0, 2, 2, 4, 2, 3, -2]);
  });

  it('crops height and width apart', () => {
    expect(geometry(30, 20, { ...plain, crop: [10, 16] })).toMatchObject({ window: [5, 7, 10, 16], cropped: [10, 16], output: [10, 16] });
  });

  it('pads a crop larger than the image as torchvision, or ends it there as OpenMMLab', () => {
    expect(geometry(5, 20, { ...plain, crop: 10 })).toMatchObject({ window: [5, 0, 10, 5], inset: [0, 2], cropped: [10, 10] });
    expect(geometry(5, 20, { ...plain, crop: 10, cropRounding: 'openmmlab' })).toMatchObject({
      window: [5, 0, 10, 5],
      inset: [0, 0],
      cropped: [10, 5],
    });
  });

  it('rounds the offset of the crop down as transformers does', () => {
    // (227 - 224) / 2 = 1.5 -> 1, where torchvision takes 2; (229 - 224) / 2 = 2.5 -> 2.
    expect(geometry(229, 227, { ...plain, crop: 224, cropRounding: 'transformers' }).window).toEqual([1, 2, 224, 224]);
    // Its pad is ceil(5 / 2) above and left.
    expect(geometry(5, 20, { ...plain, crop: 10, cropRounding: 'transformers' })).toMatchObject({
      window: [5, 0, 10, 5],
      inset: [0, 3],
      cropped: [10, 10],
    });
  });

  it('pads to a multiple after the crop', () => {
    expect(geometry(52, 40, { ...plain, padDivisor: 32 })).toMatchObject({ cropped: [40, 52], output: [64, 64] });
    expect(outputSize(64, 32, { ...plain, padDivisor: 32 })).toEqual([32, 64]);
  });

  it('keeps the window within the image and the window within the crop', () => {
    const size = fc.integer({ min: 1, max: 3000 });
    const rounding = fc.constantFrom('torchvision', 'openmmlab', 'transformers');
    fc.assert(
      fc.property(size, size, size, size, rounding, (width, height, edge, crop, cropRounding) => {
        const g = geometry(width, height, { ...short(edge, crop), cropRounding });
        for (const axis of [0, 1] as const) {
          const [start, count] = [g.window[axis], g.window[axis + 2] ?? 0];
          expect(start).toBeGreaterThanOrEqual(0);
          expect(count).toBeGreaterThan(0);
          expect(start + count).toBeLessThanOrEqual(g.resized[axis]);
          expect(g.inset[axis] + count).toBeLessThanOrEqual(g.cropped[axis]);
        }
      }),
      { seed: 1 },
    );
  });

  it.each([
    [0, 5],
    [3, Number.NaN],
    [2.5, 2],
  ])('refuses an image of %dx%d', (width, height) => {
    expect(() => geometry(width, height, plain)).toThrowErrorMatchingSnapshot();
  });
});
