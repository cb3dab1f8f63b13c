/** Compares two reports: the same network in the same runtime, on two machines or in two versions. Pure. */
import { milliseconds, times } from './format.ts';
import { cpuOf, firstResultOf, gpuOf, type Report, type RuntimeResult, warmOf } from './report.ts';
import { RUNTIMES } from './runtimes.ts';

export interface Comparison {
  /** Network and shape. */
  title: string;
  head: string[];
  rows: string[][];
}

const MEASURES: readonly (readonly [title: string, of: (result: RuntimeResult) => number | undefined])[] = [
  ['warm', (result) => warmOf(result)?.median],
  ['GPU', (result) => gpuOf(result)?.median],
  ['CPU', cpuOf],
  ['load + first', firstResultOf],
];

/** What both measured, in the order of the first. The ratio says how many times as long the second takes. */
export function compareReports(a: Report, b: Report): Comparison[] {
  return a.tables.flatMap((table) => {
    const other = b.tables.find(({ model, shape }) => model === table.model && shape.join() === table.shape.join());
    if (!other) return [];
    const rows = table.runtimes.flatMap((first) => {
      const second = other.runtimes.find(({ id, status }) => id === first.id && status === 'ok');
      if (!second || first.status !== 'ok') return [];
      const cells = MEASURES.flatMap(([, of]) => {
        const [x, y] = [of(first), of(second)];
        return [milliseconds(x), milliseconds(y), x && y ? times(y / x) : '–'];
      });
      return [[RUNTIMES[first.id].name, ...cells]];
    });
    const head = MEASURES.flatMap(([title]) => [`${title}, A`, `${title}, B`, 'B ÷ A']);
    return rows.length > 0 ? [{ title: `${table.model}, ${table.shape.join('×')}`, head, rows }] : [];
  });
}

/** One of the two reports, in words. */
export function reportName({ environment: { adapter, browser, date, library, commit } }: Report): string {
  const name = adapter ? adapter.description || [adapter.vendor, adapter.architecture].filter(Boolean).join(' ') : 'no WebGPU';
  return `${name}${adapter?.software ? ' (software)' : ''}, ${browser}, version ${library}${commit ? ` at ${commit}` : ''}, ${date.slice(0, 10)}`;
}
