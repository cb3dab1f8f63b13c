/**
 * How similar two names are, for hints: Levenshtein's distance, but two swapped neighbours count once, because people often
 * mistype this way (optimal string alignment).
 */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  const at = (cells: readonly number[], j: number) => cells[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY;
      next[j] = Math.min(at(row, j) + 1, at(next, j - 1) + 1, at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1), swapped);
    }
    [before, row] = [row, next];
  }
  return at(row, b.length);
}
