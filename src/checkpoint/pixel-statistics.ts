/** Mean and deviation of pixels as tensors: detectron2's buffers (`pixel_mean`), and those of networks that normalise their own input. */
import { product } from '../graph/shape.ts';
import type { CheckpointTensor } from './types.ts';

const MEAN = /(^|[._])means?$/i;

export interface PixelStatistics {
  mean: CheckpointTensor;
  std: CheckpointTensor;
  /** Their paths. */
  paths: [string, string];
}

/** Two tensors with one number for each channel of the image, whose names only differ in `mean` and `std`. */
export function pixelStatistics(tensors: ReadonlyMap<string, CheckpointTensor>, channels: number): PixelStatistics | undefined {
  for (const [path, mean] of tensors) {
    if (!MEAN.test(path) || /running_mean$/.test(path) || product(mean.shape) !== channels) continue;
    for (const name of ['std', 'stds', 'stdev']) {
      const other = path.replace(/means?$/i, name);
      const std = tensors.get(other);
      if (std && product(std.shape) === channels) return { mean, std, paths: [path, other] };
    }
  }
  return undefined;
}
