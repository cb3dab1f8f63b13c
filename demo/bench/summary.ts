/** The tables of docs/performance.md: all networks of a report in one table, with a row for each runtime. */
import { machineFacts, reportFacts } from './columns.ts';
import { bytes, count, digits, error, milliseconds, times } from './format.ts';
import { cpuOf, firstResultOf, gpuOf, type Report, type RuntimeResult, type Table, warmOf } from './report.ts';
import { RUNTIMES } from './runtimes.ts';

type Cell = (result: RuntimeResult, ours: RuntimeResult | undefined) => string;

const dot = (...values: (number | undefined)[]) => values.map(count).join(' · ');
const onGpu =
  (cell: Cell): Cell =>
  (result, ours) =>
    RUNTIMES[result.id].runsOn === 'webgpu' ? cell(result, ours) : '–';

function ratio(value: (result: RuntimeResult) => number | undefined): Cell {
  return (result, ours) => {
    const [own, other] = [ours && value(ours), value(result)];
    return own && other && result !== ours ? times(other / own) : '–';
  };
}

const warm = (result: RuntimeResult) => warmOf(result)?.median;

const TIMES: [title: string, cell: Cell][] = [
  ['warm', (result) => milliseconds(warm(result))],
  ['p10 – p90', (result) => `${milliseconds(warmOf(result)?.p10)} – ${milliseconds(warmOf(result)?.p90)}`],
  ['÷ ours', ratio(warm)],
  ['GPU', onGpu((result) => milliseconds(gpuOf(result)?.median))],
  ['CPU', onGpu((result) => milliseconds(cpuOf(result)))],
  ['frames/s', ({ stream }) => (stream ? digits(stream.framesPerSecond) : '–')],
  ['load + first', (result) => milliseconds(firstResultOf(result))],
  ['÷ ours', ratio(firstResultOf)],
  ['pipelines · shader text', onGpu(({ loadCalls }) => `${count(loadCalls?.pipelines)} · ${bytes(loadCalls?.shaderBytes)}`)],
  ['error', ({ deviation }) => error(deviation?.relative)],
];

const COSTS: [title: string, cell: Cell][] = [
  ['download, gzip', ({ download }) => bytes(download?.gzip)],
  ['model', ({ modelBytes }) => bytes(modelBytes)],
  ['dispatches · passes · submits', onGpu(({ calls }) => dot(calls?.dispatches, calls?.passes, calls?.submits))],
  ['bind groups · buffers made', onGpu(({ calls }) => dot(calls?.bindGroups, calls?.buffers))],
  ['writeBuffer', onGpu(({ calls }) => `${count(calls?.writes)}, ${bytes(calls?.writeBytes)}`)],
  ['pipelines · shader text', onGpu(({ loadCalls }) => `${count(loadCalls?.pipelines)} · ${bytes(loadCalls?.shaderBytes)}`)],
  ['load + first', (result) => milliseconds(firstResultOf(result))],
  ['GPU memory · buffers', onGpu(({ alive }) => `${bytes(alive?.bytes)} · ${count(alive?.buffers)}`)],
  ['error', ({ deviation }) => error(deviation?.relative)],
];

/** Results that depend on the machine and its load. The machine is named. */
export const timesSummary = (report: Report): string => {
  const facts = [...machineFacts(report.environment), ...reportFacts(report)].map(([term, text]) => `${term}: ${text}`);
  return `${grid(report.tables, TIMES)}\n\n${facts.join(' · ')}`;
};

/** Results that do not: calls, bytes and errors. */
export function costsSummary(report: Report): string {
  const { browser, library, commit } = report.environment;
  return `${grid(report.tables, COSTS)}\n\n${browser}, resnet-webgpu ${library}${commit ? ` at ${commit}` : ''}, ${report.environment.date.slice(0, 10)}`;
}

function grid(tables: readonly Table[], columns: readonly (readonly [title: string, cell: Cell])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const lines = [row(['network', 'runtime', ...columns.map(([title]) => title)]), row(['---', '---', ...columns.map(() => '---:')])];
  for (const { model, batch, runtimes } of tables) {
    const ours = runtimes.find(({ id, status }) => id === 'ours' && status === 'ok');
    for (const result of runtimes) {
      const name = `${RUNTIMES[result.id].name}${result.version ? ` ${result.version}` : ''}`;
      const cells = columns.map(([, cell]) => (result.status === 'ok' ? cell(result, ours) : result.status));
      lines.push(row([`${model}${batch > 1 ? `, batch ${batch}` : ''}`, name, ...cells]));
    }
  }
  return lines.join('\n');
}
