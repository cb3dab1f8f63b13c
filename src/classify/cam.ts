/** Means of feature maps, and class activation maps. Pure. */
import type { Explanation, Tensor } from '../api/types.ts';

/**
 * Class activation map (Zhou et al. 2016, https://arxiv.org/abs/1512.04150): the sum of the feature maps, each times its weight
 * for the class. Negative values become 0, and the largest value 1. All zeros if nothing is positive.
 *
 * @param features [1, c, h, w], the input of the global average pooling
 * @param weights c values: the row of the last linear layer for the class
 */
export function classActivationMap({ data, shape }: Tensor, weights: ArrayLike<number>, classIndex: number): Explanation {
  const [, channels = 0, height = 0, width = 0] = shape;
  const area = height * width;
  const sums = new Float64Array(area);
  for (let c = 0; c < channels; c++) {
    const weight = weights[c] ?? 0;
    for (let i = 0; i < area; i++) sums[i] = (sums[i] ?? 0) + weight * (data[c * area + i] ?? 0);
  }
  const largest = sums.reduce((a, b) => Math.max(a, b), 0);
  return { width, height, data: Float32Array.from(sums, (x) => (x > 0 ? x / largest : 0)), classIndex };
}

/** [1, c, h, w] -> c means. */
export function averagePool({ data, shape }: Tensor): Float32Array {
  const [, channels = 0, height = 0, width = 0] = shape;
  const area = height * width;
  return Float32Array.from({ length: channels }, (_, c) => data.subarray(c * area, (c + 1) * area).reduce((a, b) => a + b, 0) / area);
}
