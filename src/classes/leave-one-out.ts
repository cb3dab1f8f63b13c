/**
 * The regression's result for each example as if it had not seen that example.
 *
 * Approximate: one Newton step from the weights of all examples to those of all but one (Rad and Maleki 2020, arXiv:1801.10243), with a
 * separate block of the Hessian for each class. With 100 examples of 10 classes, the cross entropy is within 2 % of the exact one, in a
 * 60th of the time. Exact: fitted again without the example.
 */

import type { Pace } from '../util/pace.ts';
import { cholesky, solveLower } from './cholesky.ts';
import { type Examples, fitSoftmax, logitsOf, softmaxRows } from './regression.ts';

/** Logits n x classes. Each row comes from the other examples, and from `parameters` that were fitted to all. */
export async function approximateLogits(examples: Examples, penalty: number, parameters: Float64Array, pace: Pace): Promise<Float64Array> {
  const { rows, width, classOf, classes } = examples;
  const n = classOf.length;
  const logits = logitsOf(examples, parameters);
  const shares = logits.slice();
  softmaxRows(shares, classes, classOf);
  const size = width + 1;
  const x = new Float64Array(size);
  const load = (i: number) => {
    x.set(rows.subarray(i * width, (i + 1) * width));
    x[width] = 1;
  };
  const hessian = new Float64Array(size * size);
  for (let c = 0; c < classes; c++) {
    hessian.fill(0);
    for (let i = 0; i < n; i++) {
      if (pace.due) await pace.rest();
      const p = shares[i * classes + c] as number;
      load(i);
      for (let k = 0; k < size; k++) {
        const part = p * (1 - p) * (x[k] as number);
        if (part === 0) continue;
        for (let j = 0; j <= k; j++) hessian[k * size + j] = (hessian[k * size + j] as number) + part * (x[j] as number);
      }
    }
    for (let k = 0; k < size; k++) hessian[k * size + k] = (hessian[k * size + k] as number) + (k < width ? n * penalty : 1e-9);
    await cholesky(hessian, size, pace);
    for (let i = 0; i < n; i++) {
      if (pace.due) await pace.rest();
      load(i);
      solveLower(hessian, size, x);
      let leverage = 0;
      for (const part of x) leverage += part * part;
      const p = shares[i * classes + c] as number;
      const error = p - (classOf[i] === c ? 1 : 0);
      // Without the example, its part of the Hessian is also missing.
      const own = i * classes + c;
      logits[own] = (logits[own] as number) + (leverage * error) / Math.max(1 - leverage * p * (1 - p), 1e-3);
    }
  }
  return logits;
}

/** The same, with a new fit for each. n = 100 with 10 classes takes 1.5 s. */
export async function exactLogits(examples: Examples, penalty: number, parameters: Float64Array, pace: Pace): Promise<Float64Array> {
  const { rows, width, classOf, classes } = examples;
  const logits = new Float64Array(classOf.length * classes);
  for (let i = 0; i < classOf.length; i++) {
    const own = parameters.slice();
    await fitSoftmax(examples, penalty, own, pace, i);
    const one = { rows: rows.subarray(i * width, (i + 1) * width), width, classOf: classOf.subarray(i, i + 1), classes };
    logits.set(logitsOf(one, own), i * classes);
  }
  return logits;
}
