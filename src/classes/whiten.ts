/**
 * Directions in which examples vary most, whatever their class, say least about it. So rows are divided by the root of their covariance,
 * which a few examples of hundreds of features know badly: it is shrunk towards that of rows that vary alike in all directions (Ledoit and
 * Wolf 2004). Labels have no part in it, so an example that is left out afterwards tells no more than one that was never seen.
 */

import type { Pace } from '../util/pace.ts';
import { cholesky, solveLower, solveUpper } from './cholesky.ts';
import type { Compact } from './compact.ts';

/** How much of the covariance is replaced. docs/classes.md has accuracies; 0.95 and 0.8 are as good, within a point. */
const SHRINKAGE = 0.9;

/** @param compact of n rows that are centred, with features whose variance is 1 on average */
export async function whiten({ rows, width, expand }: Compact, n: number, pace: Pace): Promise<Compact> {
  const root = new Float64Array(width * width);
  for (let k = 0; k < width; k++) root[k * width + k] = SHRINKAGE;
  for (let i = 0; i < n; i++) {
    if (pace.due) await pace.rest();
    for (let k = 0; k < width; k++) {
      const part = ((1 - SHRINKAGE) / n) * (rows[i * width + k] as number);
      // Compact rows are half zeros.
      if (part === 0) continue;
      for (let j = 0; j <= k; j++) root[k * width + j] = (root[k * width + j] as number) + part * (rows[i * width + j] as number);
    }
  }
  await cholesky(root, width, pace);
  const white = rows.slice();
  for (let i = 0; i < n; i++) {
    if (pace.due) await pace.rest();
    solveLower(root, width, white.subarray(i * width, (i + 1) * width));
  }
  return {
    rows: white,
    width,
    expand(parameters, classes) {
      const out = parameters.slice();
      const column = new Float64Array(width);
      for (let c = 0; c < classes; c++) {
        for (let k = 0; k < width; k++) column[k] = parameters[k * classes + c] as number;
        solveUpper(root, width, column);
        for (let k = 0; k < width; k++) out[k * classes + c] = column[k] as number;
      }
      return expand(out, classes);
    },
  };
}
