import { expect, test } from 'vitest';
import { recipeFacts } from './recipe.ts';

const imagenet = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], order: 'rgb' } as const;
const copy = { ...imagenet, mean: [...imagenet.mean], std: [...imagenet.std] };

test('a recipe of ImageNet', () => {
  const resize = { size: 256, edge: 'short', filter: 'bicubic', kernel: 'pillow' } as const;
  expect(recipeFacts({ ...copy, resize, crop: 224 }, [224, 224])).toEqual([
    ['Input', '224 × 224 pixels'],
    ['Resize', 'shorter side to 256, bicubic'],
    ['Crop', '224 from the middle'],
    ['Mean', '0.485, 0.456, 0.406'],
    ['Deviation', '0.229, 0.224, 0.225'],
  ]);
});

test('what is done otherwise is said', () => {
  const resize = { size: [320, 480] as [number, number], edge: 'exact', filter: 'bilinear', kernel: 'opencv' } as const;
  expect(recipeFacts({ ...copy, order: 'bgr', resize, crop: null, padDivisor: 32 }, [320, 480])).toEqual([
    ['Input', '480 × 320 pixels'],
    ['Resize', 'to 480 × 320, bilinear, as OpenCV does'],
    ['Crop', 'no'],
    ['Mean', '0.485, 0.456, 0.406 (blue, green, red)'],
    ['Deviation', '0.229, 0.224, 0.225'],
    ['Padding', 'to multiples of 32'],
  ]);
  expect(recipeFacts({ ...copy, resize: null }, [32, 32])[1]).toEqual(['Resize', 'no']);
});
