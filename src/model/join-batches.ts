/** Joins the results of several submits. Loaded when a batch is too large for one. */
import type { Tensor } from '../api/types.ts';

/**
 * One output of a batch that ran in slices of `limit` images. An output may have several images for each input image (TridentNet's branches),
 * ordered by branch first. The joined output must have this order for the whole batch.
 */
export function joinBatches(parts: readonly Tensor[], limit: number): Tensor {
  const [first] = parts;
  const branches = (first?.shape[0] ?? 1) / limit;
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (let branch = 0; branch < branches; branch++) {
    for (const part of parts) {
      const size = part.data.length / branches;
      data.set(part.data.subarray(branch * size, (branch + 1) * size), at);
      at += size;
    }
  }
  return { data, shape: [parts.reduce((sum, part) => sum + (part.shape[0] ?? 0), 0), ...(first?.shape.slice(1) ?? [])] };
}
