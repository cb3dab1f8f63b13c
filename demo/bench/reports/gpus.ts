/** docs/gpus.md: the results of the reports in reports/, one row for each network of each. */
import { milliseconds, times } from '../format.ts';
import { cpuOf, firstResultOf, gpuOf, type Report, type RuntimeResult, type Table, warmOf } from '../report.ts';
import { RUNTIMES } from '../runtimes.ts';
import { PEERS } from './plausible.ts';

const warm = (result: RuntimeResult) => warmOf(result)?.median;

export function gpusTable(reports: readonly Report[]): string {
  const peers = PEERS.map((id) => `${RUNTIMES[id].short} ÷ ours`);
  const head = ['adapter', 'browser', 'network', 'warm', 'GPU', 'CPU', 'load + first', ...peers, 'self test', 'version', 'date'];
  const row = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rows = [...reports].sort(byAdapter).flatMap((report) => report.tables.map((table) => row(cellsOf(report, table))));
  return [row(head), row(head.map((_, i) => (i < 3 ? '---' : '---:'))), ...rows].join('\n');
}

const nameOf = ({ environment: { adapter } }: Report): string =>
  adapter ? adapter.description || [adapter.vendor, adapter.architecture].filter(Boolean).join(' ') || 'not named' : 'none';

/** GPUs before software adapters, then by name and date. */
function byAdapter(a: Report, b: Report): number {
  const [x, y] = [a, b].map((report) => `${report.environment.adapter?.software ? 1 : 0} ${nameOf(report)} ${report.environment.date}`);
  return (x ?? '').localeCompare(y ?? '');
}

function cellsOf(report: Report, table: Table): string[] {
  const { environment } = report;
  const ours = table.runtimes.find(({ id, status }) => id === 'ours' && status === 'ok');
  const size = table.shape.slice(2).join('x');
  const network = `${table.model}, ${size}${table.batch > 1 ? `, batch ${table.batch}` : ''}`;
  return [
    `${nameOf(report)}${environment.adapter?.software ? ' (software)' : ''}`,
    environment.browser,
    network,
    milliseconds(ours && warm(ours)),
    milliseconds(ours && gpuOf(ours)?.median),
    milliseconds(ours && cpuOf(ours)),
    milliseconds(ours && firstResultOf(ours)),
    ...PEERS.map((id) => {
      const peer = table.runtimes.find((result) => result.id === id);
      if (!peer) return '–';
      const [own, other] = [ours && warm(ours), warm(peer)];
      return peer.status === 'ok' && own && other ? times(other / own) : peer.status;
    }),
    table.selfTest?.pass ? 'pass' : '–',
    `${environment.library}, ${environment.commit}`,
    environment.date.slice(0, 10),
  ];
}
