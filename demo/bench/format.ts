/** Numbers for people. */

/** Three significant digits, never an exponent. */
export function milliseconds(ms: number | undefined): string {
  if (ms === undefined || !Number.isFinite(ms)) return '–';
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${digits(ms)} ms`;
}

export function digits(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(size >= 0.01 || size === 0 ? 2 : 4);
}

export function bytes(count: number | undefined): string {
  if (count === undefined) return '–';
  if (count >= 2 ** 20) return `${digits(count / 2 ** 20)} MiB`;
  return count >= 1024 ? `${digits(count / 1024)} KiB` : `${count} B`;
}

export function times(ratio: number | undefined): string {
  return ratio === undefined || !Number.isFinite(ratio) ? '–' : `${digits(ratio)}×`;
}

export function error(relative: number | undefined): string {
  if (relative === undefined) return '–';
  return Number.isFinite(relative) ? relative.toExponential(1) : 'not a number';
}

export function count(value: number | undefined): string {
  return value === undefined ? '–' : value.toLocaleString('en');
}
