/** Symmetric positive definite matrices, row-major n x n in float64. */
import type { Pace } from '../util/pace.ts';

/** The lower triangle L of A = L Lᵀ, written over A's. What is above the diagonal stays unchanged. */
export async function cholesky(a: Float64Array, n: number, pace: Pace): Promise<void> {
  for (let i = 0; i < n; i++) {
    if (pace.due) await pace.rest();
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j] as number;
      for (let k = 0; k < j; k++) sum -= (a[i * n + k] as number) * (a[j * n + k] as number);
      // Rounding may make a singular matrix slightly negative.
      a[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / (a[j * n + j] as number);
    }
  }
}

/** Solves L x = b. Overwrites b with x. */
export function solveLower(l: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = b[i] as number;
    for (let k = 0; k < i; k++) sum -= (l[i * n + k] as number) * (b[k] as number);
    b[i] = sum / (l[i * n + i] as number);
  }
}

/** Solves Lᵀ x = b. Overwrites b with x. */
export function solveUpper(l: Float64Array, n: number, b: Float64Array): void {
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i] as number;
    for (let k = i + 1; k < n; k++) sum -= (l[k * n + i] as number) * (b[k] as number);
    b[i] = sum / (l[i * n + i] as number);
  }
}
