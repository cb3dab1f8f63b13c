/** A report to paste into an issue or a document. */
import { CALL_COLUMNS, type Column, ERROR_COLUMNS, environmentFacts, findings, START_COLUMNS, TIME_COLUMNS } from './columns.ts';
import { count } from './format.ts';
import { mayRank, type Report, type Table } from './report.ts';
import { RUNTIMES } from './runtimes.ts';

export const SOFTWARE_NOTE =
  'A software adapter: the ratios say how much work each runtime makes of the same network, not how fast a GPU would be. Nothing is ranked.';

export function toMarkdown(report: Report): string {
  const facts = environmentFacts(report).map(([term, description]) => `- ${term}: ${description}`);
  const note = report.environment.adapter?.software ? [SOFTWARE_NOTE, ''] : [];
  return [...facts, '', ...note, ...report.tables.flatMap((table) => [...tableMarkdown(table, mayRank(report)), ''])].join('\n').trimEnd();
}

export function tableTitle({ model, shape, macs, parameters }: Table): string {
  const size = shape.length > 0 ? `, ${shape.join('×')}` : '';
  const cost = macs > 0 ? `, ${(macs / 1e9).toPrecision(3)} GMAC, ${(parameters / 1e6).toPrecision(3)} M parameters` : '';
  return `${model}${size}${cost}`;
}

function tableMarkdown(table: Table, rank: boolean): string[] {
  const lines = [`### ${tableTitle(table)}`, ''];
  if (table.error) return [...lines, `Failed: ${inline(table.error)}`];
  lines.push(`Weights: ${inline(table.weights)}. Reference: ${table.reference}.`);
  for (const finding of findings(table, rank)) lines.push('', finding);
  const groups: Column[][] = [[...TIME_COLUMNS, ...ERROR_COLUMNS], START_COLUMNS, CALL_COLUMNS];
  for (const columns of groups) lines.push('', ...grid(table, columns, rank));
  if (table.note) lines.push('', inline(table.note));
  const failed = table.runtimes.filter(({ status }) => status !== 'ok');
  for (const { id, status, error } of failed) lines.push('', `${RUNTIMES[id].name} ${status}${error ? `: ${inline(error)}` : ''}`);
  return lines;
}

function grid(table: Table, columns: readonly Column[], rank: boolean): string[] {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rows = inOrder(table, rank).map((result) =>
    row([RUNTIMES[result.id].name + (result.version ? ` ${result.version}` : ''), ...columns.map(({ of }) => of(result, table))]),
  );
  return [row(['', ...columns.map(({ title }) => title)]), row(['---', ...columns.map(() => '---:')]), ...rows];
}

/** By warm time if ranking means something, otherwise in the requested order. */
export function inOrder({ runtimes }: Table, rank: boolean): Table['runtimes'] {
  const ok = runtimes.filter(({ status }) => status === 'ok');
  if (!rank) return ok;
  const warm = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.POSITIVE_INFINITY;
  return [...ok].sort((a, b) => warm(a.warm) - warm(b.warm));
}

const inline = (text: string) => text.replace(/\s+/g, ' ').replaceAll('|', '\\|').slice(0, 300);

/** For a terminal: columns of equal width. */
export function toText(report: Report): string {
  const lines = environmentFacts(report).map(([term, description]) => `${term.padEnd(11)}${description}`);
  for (const table of report.tables) {
    lines.push('', tableTitle(table));
    if (table.error) {
      lines.push(`  failed: ${table.error}`);
      continue;
    }
    lines.push(`  weights ${table.weights}, reference ${table.reference}`);
    for (const columns of [[...TIME_COLUMNS, ...ERROR_COLUMNS], START_COLUMNS, CALL_COLUMNS]) {
      const head = ['', ...columns.map(({ title }) => title)];
      const rows = inOrder(table, mayRank(report)).map((result) => [
        RUNTIMES[result.id].name,
        ...columns.map(({ of }) => of(result, table)),
      ]);
      const widths = head.map((title, i) => Math.max(title.length, ...rows.map((cells) => cells[i]?.length ?? 0)));
      for (const cells of [head, ...rows]) {
        lines.push(`  ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')}`);
      }
      lines.push('');
    }
    for (const { id, status, error } of table.runtimes) if (status !== 'ok') lines.push(`  ${RUNTIMES[id].name} ${status}: ${error ?? ''}`);
    for (const finding of findings(table, mayRank(report))) lines.push(`  ${finding}`);
  }
  if (report.environment.adapter?.software) lines.push('', SOFTWARE_NOTE);
  const total = report.tables.reduce((sum, { runtimes }) => sum + runtimes.reduce((runs, { warm }) => runs + warm.length, 0), 0);
  lines.push('', `${count(total)} timed inferences`);
  return lines.join('\n');
}
