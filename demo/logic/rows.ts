/** The rows of a folder: what is known about each image, and how rows are sorted, filtered, counted and exported. Pure. */
import type { Prediction } from '../library.ts';

/** The same as in a File. */
export interface RowFile {
  readonly name: string;
  readonly size: number;
}

export interface Row<F extends RowFile = RowFile> {
  readonly file: F;
  /** With its path inside the folder. */
  readonly name: string;
  /** The most probable classes. Absent until there is an answer. */
  predictions?: Prediction[];
  /** Milliseconds. */
  latency?: number;
  /** Why there is no answer. */
  error?: string;
}

export type SortKey = 'order' | 'name' | 'label' | 'probability' | 'latency';

export interface View {
  sort: SortKey;
  descending: boolean;
  /** '' for all rows, a label, or one of the two values below. */
  filter: string;
}

/** Values of `filter` that cannot be labels, because labels contain no control characters. */
export const ERRORS = '\u0001errors';
export const WAITING = '\u0001waiting';

export const labelOf = (row: Row): string | undefined => row.predictions?.[0]?.label;
const isDone = (row: Row) => row.predictions !== undefined || row.error !== undefined;

const names = new Intl.Collator(undefined, { numeric: true });

/** Rows without an answer come last, in either direction. */
const VALUES: Record<Exclude<SortKey, 'order'>, (row: Row) => string | number | undefined> = {
  name: (row) => row.name,
  label: labelOf,
  probability: (row) => row.predictions?.[0]?.probability,
  latency: (row) => row.latency,
};

export function viewed<R extends Row>(rows: readonly R[], { sort, descending, filter }: View): R[] {
  const kept = rows.filter((row) => passes(row, filter));
  if (sort === 'order') return descending ? kept.reverse() : kept;
  const value = VALUES[sort];
  const direction = descending ? -1 : 1;
  return kept.sort((a, b) => {
    const [left, right] = [value(a), value(b)];
    if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined);
    return direction * (typeof left === 'string' ? names.compare(left, String(right)) : left - Number(right));
  });
}

function passes(row: Row, filter: string): boolean {
  if (filter === '') return true;
  if (filter === ERRORS) return row.error !== undefined;
  if (filter === WAITING) return !isDone(row);
  return labelOf(row) === filter;
}

export interface Counts {
  total: number;
  done: number;
  errors: number;
  /** The most frequent first. */
  labels: [label: string, count: number][];
}

export function countRows(rows: readonly Row[]): Counts {
  const labels = new Map<string, number>();
  let done = 0;
  let errors = 0;
  for (const row of rows) {
    if (isDone(row)) done++;
    if (row.error !== undefined) errors++;
    const label = labelOf(row);
    if (label !== undefined) labels.set(label, (labels.get(label) ?? 0) + 1);
  }
  return { total: rows.length, done, errors, labels: [...labels].sort((a, b) => b[1] - a[1] || names.compare(a[0], b[0])) };
}

const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** RFC 4180, one line for each image, in the order of the folder. */
export function toCsv(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const best = row.predictions?.[0];
    return [
      quoted(row.name),
      quoted(best?.label ?? ''),
      best ? String(best.probability) : '',
      row.latency === undefined ? '' : row.latency.toFixed(1),
      quoted(row.error ?? ''),
    ].join(',');
  });
  return ['file,label,probability,milliseconds,error', ...lines, ''].join('\r\n');
}

/** Also with the further classes of each image. */
export function toJson(rows: readonly Row[], network: string): string {
  const images = rows.map(({ name, predictions, latency, error }) => ({
    file: name,
    ...(predictions && { predictions }),
    ...(latency !== undefined && { milliseconds: Number(latency.toFixed(1)) }),
    ...(error !== undefined && { error }),
  }));
  return JSON.stringify({ network, images }, null, 1);
}

/** "about 3 minutes to go". Empty if too little is known. */
export function toGo(left: number, done: number, elapsedMs: number): string {
  if (left === 0 || done < 5) return '';
  const seconds = (elapsedMs / done) * (left / 1000);
  if (seconds < 60) return `about ${Math.max(1, Math.round(seconds))} s to go`;
  const minutes = Math.round(seconds / 60);
  return `about ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} to go`;
}
