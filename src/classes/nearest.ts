/** Classification without training: by the nearest class mean, or by the nearest examples. Uses cosine similarity. Pure. */

/** Scaled to unit length. Zeros stay zeros. */
export function unit(row: ArrayLike<number>): Float32Array {
  let squares = 0;
  for (let k = 0; k < row.length; k++) squares += (row[k] as number) ** 2;
  const factor = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  return Float32Array.from(row, (x) => x * factor);
}

export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k] as number) * (b[k] as number);
  return sum;
}

/** Examples of unit length, by class. */
export type ByClass = readonly (readonly Float32Array[])[];

/** Similarity of a unit vector to the mean of each class; -1 for a class without examples. `without`: an example to leave out. */
export function toMeans(query: Float32Array, sums: readonly Float32Array[], counts: readonly number[], without?: number): number[] {
  return sums.map((sum, c) => {
    const left = without === c ? 1 : 0;
    if ((counts[c] ?? 0) - left < 1) return -1;
    let [dot, squares] = [0, 0];
    for (let k = 0; k < query.length; k++) {
      const mean = (sum[k] as number) - left * (query[k] as number);
      dot += mean * (query[k] as number);
      squares += mean * mean;
    }
    return squares > 0 ? dot / Math.sqrt(squares) : 0;
  });
}

export function sumsOf(examples: ByClass, width: number): Float32Array[] {
  return examples.map((rows) => {
    const sum = new Float32Array(width);
    for (const row of rows) for (let k = 0; k < width; k++) sum[k] = (sum[k] as number) + (row[k] as number);
    return sum;
  });
}

const SHARPNESS = [4, 8, 12, 16, 24, 32, 48, 64, 96, 128];

/**
 * The factor from similarities to logits under which the examples are most likely, each left out in turn. If no class has two
 * examples, nothing can be measured, and the middle of the table is used.
 */
export function sharpnessOf(examples: ByClass, sums: readonly Float32Array[]): number {
  const counts = examples.map(({ length }) => length);
  const cases = examples.flatMap((rows, c) => (rows.length > 1 ? rows.map((row) => ({ c, near: toMeans(row, sums, counts, c) })) : []));
  if (!cases.length || counts.filter(Boolean).length < 2) return 24;
  const loss = (factor: number) =>
    cases.reduce((sum, { c, near }) => sum + Math.log(near.reduce((all, x) => all + Math.exp(factor * (x - (near[c] as number))), 0)), 0);
  return SHARPNESS.reduce((best, factor) => (loss(factor) < loss(best) ? factor : best), SHARPNESS[0] as number);
}

/** Share of each class among the k nearest examples, each weighted by exp(sharpness * similarity). */
export function ofNeighbours(query: Float32Array, examples: ByClass, k: number, sharpness: number): number[] {
  const near = examples
    .flatMap((rows, c) => rows.map((row) => ({ c, near: cosine(row, query) })))
    .sort((a, b) => b.near - a.near)
    .slice(0, k);
  const shares = examples.map(() => 0);
  const nearest = near[0]?.near ?? 0;
  for (const one of near) shares[one.c] = (shares[one.c] ?? 0) + Math.exp(sharpness * (one.near - nearest));
  const all = shares.reduce((a, b) => a + b, 0);
  return shares.map((share) => share / all);
}

export function softmax(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits);
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = values.map((x) => Math.exp(x - most));
  const all = powers.reduce((a, b) => a + b, 0);
  return powers.map((x) => x / all);
}
