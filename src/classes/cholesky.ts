/** Symmetric positive definite matrices, row-major n x n in float64. */
import type { Pace } from '../util/pace.ts';

/** The lower triangle L of A = L Lᵀ, in place of A's; what lies above the diagonal stays as it is. */
export async function cholesky(a: Float64Array, n: number, pace: Pace): Promise<void> {
  for (let i = 0; i < n; i++) {
    if (pace.due) await pace.rest();
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j] as number;
      for (let k = 0; k < j; k++) sum -= (a[i * n + k] as number) * (a[j * n + k] as number);
      // Rounding may leave a singular matrix with less than nothing.
      a[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / (a[j * n + j] as number);
    }
  }
}

/** x of L x = b, in place of b. */
export function solveLower(l: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = b[i] as number;
    for (let k = 0; k < i; k++) sum -= (l[i * n + k] as number) * (b[k] as number);
    b[i] = sum / (l[i * n + i] as number);
  }
}

/** x of Lᵀ x = b, in place of b. */
export function solveUpper(l: Float64Array, n: number, b: Float64Array): void {
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i] as number;
    for (let k = i + 1; k < n; k++) sum -= (l[k * n + i] as number) * (b[k] as number);
    b[i] = sum / (l[i * n + i] as number);
  }
}
