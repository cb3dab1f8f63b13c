/** Statistics of repeated runs, in milliseconds. */

export interface Timing {
  n: number;
  median: number;
  /** The middle half of the runs is between these. */
  low: number;
  high: number;
}

/** Linear interpolation between the two nearest ranks. */
function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? below;
  return below + (above - below) * (at - Math.floor(at));
}

export function summarize(runs: readonly number[]): Timing {
  const sorted = [...runs].sort((a, b) => a - b);
  return { n: sorted.length, median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}

const MIN_RUNS = 7;
const MAX_RUNS = 40;
const ENOUGH_MS = 400;

/** Whether there are enough warm runs: a minimum, and more if they are quick. */
export function isEnough(runs: readonly number[]): boolean {
  const spent = runs.reduce((sum, ms) => sum + ms, 0);
  return runs.length >= MAX_RUNS || (runs.length >= MIN_RUNS && spent >= ENOUGH_MS);
}

/** Three significant digits, never an exponent. */
export function milliseconds(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  const digits = ms >= 100 ? 0 : ms >= 10 ? 1 : 2;
  return `${ms.toFixed(digits)} ms`;
}
