/** Statistics. */

export interface Summary {
  n: number;
  median: number;
  p10: number;
  p90: number;
}

/** Linear interpolation between the two nearest ranks. NaN for an empty list. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? below;
  return below + (above - below) * (at - Math.floor(at));
}

export function summarize(values: readonly number[]): Summary | undefined {
  if (values.length === 0) return undefined;
  return { n: values.length, median: quantile(values, 0.5), p10: quantile(values, 0.1), p90: quantile(values, 0.9) };
}

export interface Deviation {
  /** Relative L2: |a - b| / |b|. */
  relative: number;
  /** Largest absolute difference. */
  absolute: number;
  /** Whether every row has its largest value at the same index. */
  sameTop: boolean;
}

/** How far logits [rows, classes] are from the expected ones. Infinite if a value is not finite. */
export function deviation(actual: Float32Array, wanted: Float32Array, rows: number): Deviation {
  const none: Deviation = { relative: Number.POSITIVE_INFINITY, absolute: Number.POSITIVE_INFINITY, sameTop: false };
  if (actual.length !== wanted.length || wanted.length === 0) return none;
  let [error, norm, absolute] = [0, 0, 0];
  for (let i = 0; i < wanted.length; i++) {
    const difference = (actual[i] ?? Number.NaN) - (wanted[i] ?? Number.NaN);
    if (!Number.isFinite(difference)) return none;
    error += difference * difference;
    norm += (wanted[i] ?? 0) ** 2;
    absolute = Math.max(absolute, Math.abs(difference));
  }
  const classes = wanted.length / rows;
  let sameTop = true;
  for (let row = 0; row < rows; row++) {
    const [a, b] = [actual, wanted].map((all) => indexOfMax(all.subarray(row * classes, (row + 1) * classes)));
    sameTop &&= a === b;
  }
  return { relative: norm > 0 ? Math.sqrt(error / norm) : Math.sqrt(error), absolute, sameTop };
}

function indexOfMax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  return best;
}

/** Length of the union of intervals. */
export function unionLength(intervals: readonly (readonly [from: number, to: number])[]): number {
  let [sum, end] = [0, Number.NEGATIVE_INFINITY];
  for (const [from, to] of [...intervals].sort(([a], [b]) => a - b)) {
    sum += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return sum;
}
