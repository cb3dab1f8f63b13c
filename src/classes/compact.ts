/**
 * Reduces the columns to as many as there are rows. With n examples of d > n features, only their inner products matter. The Cholesky
 * factor L (Z Zᵀ = L Lᵀ) has rows of n numbers with the same inner products. So the same penalised regression on L gives the same
 * logits, and weights V for L are weights Zᵀ L⁻ᵀ V for Z.
 */

import type { Pace } from '../util/pace.ts';
import { cholesky, solveUpper } from './cholesky.ts';

/** Relative to the diagonal's mean. Avoids a division by zero, because n centred rows have rank n - 1. */
const RIDGE = 1e-9;

export interface Compact {
  /** n rows of `width` */
  rows: Float64Array;
  width: number;
  /** From weights [width + 1, classes] for these rows to weights [d + 1, classes] for the original ones. */
  expand(parameters: Float64Array, classes: number): Float64Array;
}

/** @param rows n x d */
export async function compact(rows: Float64Array, n: number, d: number, pace: Pace): Promise<Compact> {
  if (n >= d) return { rows, width: d, expand: (parameters) => parameters };
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    if (pace.due) await pace.rest();
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < d; k++) sum += (rows[i * d + k] as number) * (rows[j * d + k] as number);
      l[i * n + j] = sum;
    }
  }
  let trace = 0;
  for (let i = 0; i < n; i++) trace += l[i * n + i] as number;
  for (let i = 0; i < n; i++) l[i * n + i] = (l[i * n + i] as number) + (RIDGE * trace) / n + Number.MIN_VALUE;
  await cholesky(l, n, pace);
  return {
    rows: l,
    width: n,
    expand(parameters, classes) {
      const out = new Float64Array((d + 1) * classes);
      out.set(parameters.subarray(n * classes), d * classes);
      const column = new Float64Array(n);
      for (let c = 0; c < classes; c++) {
        for (let i = 0; i < n; i++) column[i] = parameters[i * classes + c] as number;
        solveUpper(l, n, column);
        for (let i = 0; i < n; i++) {
          const share = column[i] as number;
          for (let k = 0; k < d; k++) out[k * classes + c] = (out[k * classes + c] as number) + share * (rows[i * d + k] as number);
        }
      }
      return out;
    },
  };
}
