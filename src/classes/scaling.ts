/** Standardises features to mean 0 and deviation 1, and converts a linear layer for those back to one for the original features. */

export interface Scaling {
  mean: Float64Array;
  /** 1 / deviation. 0 for a feature that is equal in all examples, so that it has no effect. */
  factor: Float64Array;
}

/** For rows of `width` features. */
export function scalingOf(rows: readonly Float32Array[], width: number): Scaling {
  const mean = new Float64Array(width);
  const factor = new Float64Array(width);
  for (const row of rows) for (let k = 0; k < width; k++) mean[k] = (mean[k] as number) + (row[k] as number) / rows.length;
  for (const row of rows)
    for (let k = 0; k < width; k++) factor[k] = (factor[k] as number) + ((row[k] as number) - (mean[k] as number)) ** 2 / rows.length;
  const typical = factor.reduce((sum, variance) => sum + variance, 0) / (width || 1);
  // A tiny deviation would amplify noise.
  for (let k = 0; k < width; k++) factor[k] = (factor[k] as number) > 1e-8 * typical ? 1 / Math.sqrt(factor[k] as number) : 0;
  return { mean, factor };
}

/** All rows, n x width. */
export function standardized(rows: readonly Float32Array[], { mean, factor }: Scaling): Float64Array {
  const width = mean.length;
  const out = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    for (let k = 0; k < width; k++) out[i * width + k] = ((row[k] as number) - (mean[k] as number)) * (factor[k] as number);
  });
  return out;
}

export interface LinearHead {
  /** [classes, width], row-major, as in PyTorch. */
  weight: Float32Array;
  /** [classes] */
  bias: Float32Array;
}

/** The last layer for the original features, from weights [width + 1, classes] for standardised ones. */
export function folded(parameters: Float64Array, classes: number, { mean, factor }: Scaling): LinearHead {
  const width = mean.length;
  const weight = new Float32Array(classes * width);
  const bias = new Float32Array(classes);
  for (let c = 0; c < classes; c++) {
    let shift = parameters[width * classes + c] as number;
    for (let k = 0; k < width; k++) {
      const own = (parameters[k * classes + c] as number) * (factor[k] as number);
      weight[c * width + k] = own;
      shift -= own * (mean[k] as number);
    }
    bias[c] = shift;
  }
  return { weight, bias };
}
