/** From logits to the most probable classes. Pure. */
import { ResnetError } from '../errors.ts';
import type { Prediction } from '../types.ts';

export interface PredictOptions {
  /** How many, at most; default 5. */
  topK?: number;
  /** Class names in index order; a class without one is named by its index. */
  labels?: readonly string[];
  /** `sigmoid` for classes that do not exclude one another; default `softmax`. */
  scores?: 'softmax' | 'sigmoid';
}

/** The classes with the largest logits, largest first, equal ones by index. Computed in double precision. */
export function predict(logits: Float32Array, { topK = 5, labels, scores = 'softmax' }: PredictOptions = {}): Prediction[] {
  if (!(Number.isInteger(topK) && topK > 0)) {
    throw new ResnetError('usage', `${topK} is no number of classes.`, { layer: 'topK', hint: 'Pass a whole number from 1.' });
  }
  const bad = logits.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0) {
    throw new ResnetError('not-finite', `Class ${bad} of ${logits.length} has the logit ${logits[bad]}, so no class is most probable.`, {
      layer: 'logits',
      hint: "Check the checkpoint and the preprocessing; with precision: 'f16' try 'f32'.",
    });
  }
  const probabilities = (scores === 'sigmoid' ? sigmoid : softmax)(logits);
  return [...logits.keys()]
    .sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b)
    .slice(0, topK)
    .map((index) => ({ label: labels?.[index] ?? String(index), index, probability: probabilities[index] ?? 0 }));
}

/** Sums to 1; the largest is subtracted first, so that no exponential overflows. */
export function softmax(logits: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(logits);
  const largest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const exponentials = values.map((x) => Math.exp(x - largest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((x) => x / sum);
}

export function sigmoid(logits: ArrayLike<number>): Float64Array {
  return Float64Array.from(logits, (x) => 1 / (1 + Math.exp(-x)));
}
