/** From logits to the most probable classes. Pure. */

import type { Prediction } from '../api/types.ts';
import { ResnetError } from '../util/errors.ts';

export interface PredictOptions {
  /** Maximum number of classes; default 5. */
  topK?: number;
  /** Class names in index order. A class without a name gets its index as name. */
  labels?: readonly string[];
  /** `sigmoid` for classes that do not exclude each other, `none` if the network itself returns probabilities; default `softmax`. */
  scores?: 'softmax' | 'sigmoid' | 'none';
}

/** The facts about a row of logits that are needed to name its most probable classes. */
export interface Ranking {
  classes: number;
  /** First logit that is not finite. */
  bad?: { index: number; logit: number };
  /** Indices of the largest logits, largest first, equal ones by index. */
  indices: readonly number[];
  logits: readonly number[];
  /** Sum of exp(logit - largest) over all classes. */
  sum: number;
}

/** The classes with the largest logits, largest first, equal ones by index. Computed in double precision. */
export function predict(logits: Float32Array, options: PredictOptions = {}): Prediction[] {
  return predictions(rank(logits, checkTopK(options.topK)), options);
}

export function checkTopK(topK = 5): number {
  if (Number.isInteger(topK) && topK > 0) return topK;
  throw new ResnetError('usage', `${topK} is not a number of classes.`, { layer: 'topK', hint: 'Pass a whole number from 1.' });
}

function rank(values: Float32Array, k: number): Ranking {
  const at = (index: number) => values[index] ?? 0;
  const bad = values.findIndex((x) => !Number.isFinite(x));
  const indices = [...values.keys()].sort((a, b) => at(b) - at(a) || a - b).slice(0, k);
  const largest = at(indices[0] ?? 0);
  return {
    classes: values.length,
    ...(bad >= 0 && { bad: { index: bad, logit: at(bad) } }),
    indices,
    logits: indices.map(at),
    sum: values.reduce((sum, x) => sum + Math.exp(x - largest), 0),
  };
}

/** Names and probabilities of a ranking from the CPU or the GPU. */
export function predictions({ classes, bad, indices, logits, sum }: Ranking, { labels, scores, topK }: PredictOptions): Prediction[] {
  if (bad) {
    throw new ResnetError('not-finite', `Class ${bad.index} of ${classes} has the logit ${bad.logit}, so no class is most probable.`, {
      layer: 'logits',
      hint: "Check the checkpoint and the preprocessing; with precision: 'f16' try 'f32'.",
    });
  }
  if (classes === 1 && scores === 'sigmoid' && labels?.length === 2) return bothAnswers(logits[0] ?? 0, labels).slice(0, topK);
  // The largest logit is subtracted first, so that no exponential overflows.
  const [largest = 0] = logits;
  return indices.map((index, i) => {
    const logit = logits[i] ?? 0;
    const probability = scores === 'none' ? logit : scores === 'sigmoid' ? 1 / (1 + Math.exp(-logit)) : Math.exp(logit - largest) / sum;
    return { label: labels?.[index] ?? String(index), index, probability };
  });
}

/** If one logit has two names, they are the classes that were trained as 0 and as 1. Their probabilities add up to 1. */
function bothAnswers(logit: number, labels: readonly string[]): Prediction[] {
  const answers = [-logit, logit].map((x, index) => ({ label: labels[index] ?? '', index, probability: 1 / (1 + Math.exp(-x)) }));
  return logit > 0 ? answers.reverse() : answers;
}
