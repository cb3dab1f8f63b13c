/** A report for spreadsheets: one row for each runtime with each network, numbers without units. */
import { cpuOf, firstResultOf, gpuOf, type Report, type RuntimeResult, type Table, warmOf } from './report.ts';
import { RUNTIMES } from './runtimes.ts';

type Value = string | number | undefined;

const COLUMNS: readonly (readonly [title: string, of: (result: RuntimeResult, table: Table, report: Report) => Value])[] = [
  ['date', (_, __, { environment }) => environment.date],
  [
    'adapter',
    (_, __, { environment: { adapter } }) => adapter && [adapter.vendor, adapter.architecture, adapter.description].join(' ').trim(),
  ],
  ['software', (_, __, { environment: { adapter } }) => adapter && String(adapter.software)],
  ['browser', (_, __, { environment }) => environment.browser],
  ['network', (_, { model }) => model],
  ['shape', (_, { shape }) => shape.join('x')],
  ['runtime', ({ id }) => RUNTIMES[id].name],
  ['version', ({ version }) => version],
  ['status', ({ status }) => status],
  ['warm ms', (result) => warmOf(result)?.median],
  ['warm p10 ms', (result) => warmOf(result)?.p10],
  ['warm p90 ms', (result) => warmOf(result)?.p90],
  ['rounds', ({ warm }) => warm.length],
  ['GPU ms', (result) => gpuOf(result)?.median],
  ['CPU ms', cpuOf],
  ['frames per second', ({ stream }) => stream?.framesPerSecond],
  ['import ms', ({ importMs }) => importMs],
  ['load ms', ({ loadMs }) => loadMs],
  ['first ms', ({ firstMs }) => firstMs],
  ['load and first ms', firstResultOf],
  ['pipelines', ({ loadCalls }) => loadCalls?.pipelines],
  ['shader bytes', ({ loadCalls }) => loadCalls?.shaderBytes],
  ['download gzip bytes', ({ download }) => download?.gzip],
  ['model bytes', ({ modelBytes }) => modelBytes],
  ['dispatches', ({ calls }) => calls?.dispatches],
  ['submits', ({ calls }) => calls?.submits],
  ['GPU memory bytes', ({ alive }) => alive?.bytes],
  ['relative error', ({ deviation }) => deviation?.relative],
  ['failure', ({ error }) => error],
];

export function toCsv(report: Report): string {
  const rows = report.tables.flatMap((table) => table.runtimes.map((result) => COLUMNS.map(([, of]) => cell(of(result, table, report)))));
  return [COLUMNS.map(([title]) => title), ...rows].map((cells) => `${cells.join(',')}\r\n`).join('');
}

/** Follows RFC 4180. Spreadsheets evaluate texts that start like formulas, and error messages are strangers' texts. */
function cell(value: Value): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(Math.round(value * 1e9) / 1e9 || value) : '';
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
