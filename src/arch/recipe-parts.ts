/** The parts of preprocessing recipes. */

import type { Preprocess } from '../api/types.ts';

export interface Recipe {
  preprocess: Preprocess;
  /** [height, width] */
  inputSize: [number, number];
  /** The test size, if the authors test with another size than they trained with. Published accuracy often refers to it. */
  test?: Omit<Recipe, 'test'>;
}

export interface Colour {
  mean: readonly number[];
  std: readonly number[];
  order: 'rgb' | 'bgr';
}

export const IMAGENET: Colour = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], order: 'rgb' };

type Filter = 'bilinear' | 'bicubic';
type Kernel = 'pillow' | 'opencv';

export function recipe(
  resize: number | undefined,
  crop: number,
  filter: Filter,
  kernel: Kernel,
  cropRounding: Preprocess['cropRounding'],
  { mean, std, order }: Colour,
): Recipe {
  const step = resize === undefined ? {} : { resize: { size: resize, edge: 'short' as const, filter, kernel }, crop };
  return { preprocess: { ...step, cropRounding, mean: [...mean], std: [...std], order }, inputSize: [crop, crop] };
}

/** timm's pretrained_cfg (config.json of its repositories). mean and std are on the 0..1 scale. */
export interface TimmRecipe {
  size: number;
  cropPct: number;
  interpolation: string;
  mean?: readonly number[];
  std?: readonly number[];
  /** timm's test_input_size and test_crop_pct. */
  test?: { size: number; cropPct: number };
}
