import type { ConvFold, ReadTensor } from './pack.ts';

/**
 * Weight standardisation as scale and shift of each output channel's weights.
 * ConvWS (mmcv): (w - mean) / (std + eps), unbiased std. ConvAWS (mmcv): gamma * (w - mean) / sqrt(var + eps) + beta,
 * unbiased variance. BiT's StdConv2d (timm, transformers): (w - mean) / sqrt(var + eps), var over all weights of the channel.
 */
export async function standardization(
  recipe: ConvFold,
  weight: Float32Array,
  read: ReadTensor,
): Promise<{ scale: Float64Array; shift: Float64Array }> {
  const { kind, eps, gamma, beta } = recipe.standardize ?? { kind: 'ws', eps: 0 };
  const gain = gamma === undefined ? undefined : await read(gamma);
  const offset = beta === undefined ? undefined : await read(beta);
  const size = weight.length / recipe.outChannels;
  const scale = new Float64Array(recipe.outChannels);
  const shift = new Float64Array(recipe.outChannels);
  for (let o = 0; o < recipe.outChannels; o++) {
    const row = weight.subarray(o * size, (o + 1) * size);
    let mean = 0;
    for (const value of row) mean += value / size;
    let variance = 0;
    for (const value of row) variance += (value - mean) ** 2 / (kind === 'bit' ? size : size - 1);
    const s = (gain?.[o] ?? 1) / (kind === 'ws' ? Math.sqrt(variance) + eps : Math.sqrt(variance + eps));
    scale[o] = s;
    shift[o] = (offset?.[o] ?? 0) - mean * s;
  }
  return { scale, shift };
}
