export interface Standardize {
  kind: 'ws' | 'aws' | 'bit';
  eps: number;
  /** Keys of ConvAWS's buffers: standard deviation and mean of the pretrained weights. */
  gamma?: string;
  beta?: string;
}

/**
 * Weight standardisation as a scale and a shift for each output channel's weights.
 * ConvWS (mmcv): (w - mean) / (std + eps), unbiased std. ConvAWS (mmcv): gamma * (w - mean) / sqrt(var + eps) + beta,
 * unbiased variance. BiT's StdConv2d (timm, transformers): (w - mean) / sqrt(var + eps), var over all weights of the channel.
 */
export async function standardization(
  { kind, eps, gamma, beta }: Standardize,
  outChannels: number,
  weight: Float32Array,
  read: (key: string) => Promise<Float32Array>,
): Promise<{ scale: Float64Array; shift: Float64Array }> {
  const gain = gamma === undefined ? undefined : await read(gamma);
  const offset = beta === undefined ? undefined : await read(beta);
  const size = weight.length / outChannels;
  const scale = new Float64Array(outChannels);
  const shift = new Float64Array(outChannels);
  for (let o = 0; o < outChannels; o++) {
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
