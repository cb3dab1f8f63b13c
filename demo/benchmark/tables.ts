/** The results in words and numbers; the charts repeat them. */
import { CALL_COLUMNS, type Column, ERROR_COLUMNS, headline, START_COLUMNS, TIME_COLUMNS } from '../bench/columns.ts';
import { times } from '../bench/format.ts';
import { inOrder, tableTitle } from '../bench/markdown.ts';
import { bestPeer, type Table, warmOf } from '../bench/report.ts';
import { RUNTIMES } from '../bench/runtimes.ts';
import { make } from '../view/dom.ts';

const TABLES: [title: string, note: string, columns: Column[]][] = [
  ['Warm inference', 'One inference after the other, all runtimes in turns', [...TIME_COLUMNS, ...ERROR_COLUMNS]],
  ['First result', 'From nothing to the first logits; weights are in memory when the clock starts', START_COLUMNS],
  ['Calls', 'What one warm inference asks of WebGPU, and what is alive afterwards', CALL_COLUMNS],
];

export function tableHead(table: Table): HTMLElement {
  const head = make(
    'header',
    'table-head',
    make('h2', '', table.model),
    make('p', 'muted', tableTitle(table).replace(`${table.model}, `, '')),
  );
  if (table.weights !== '') head.append(make('p', 'muted small', `Weights: ${table.weights}. Logits compared with ${table.reference}’s.`));
  return head;
}

export function verdict(table: Table, rank: boolean): HTMLElement[] {
  const parts: HTMLElement[] = [];
  if (table.error) parts.push(notice('problem', 'This network could not be measured', table.error));
  if (table.note) parts.push(notice('advice', 'Not everything could be measured', table.note));
  for (const { id, status, error } of table.runtimes) {
    if (status === 'failed') parts.push(notice('problem', `${RUNTIMES[id].name} failed`, error ?? 'It did not say why.'));
  }
  const warm = bestPeer(table, (result) => warmOf(result)?.median);
  if (warm) {
    const { name } = RUNTIMES[warm.peer];
    const faster = warm.ratio >= 1 ? `as fast as ${name}, the fastest other runtime on WebGPU` : `as fast as ${name}, which is faster here`;
    const words = rank ? faster : `as much time takes ${name} for a warm inference`;
    parts.push(make('p', 'verdict-line', make('strong', 'ratio number', times(warm.ratio)), make('span', '', words)));
    parts.push(make('p', 'muted small', `${capital(headline(table) ?? '')}.`));
  }
  return parts;
}

const capital = (text: string) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

function notice(kind: string, what: string, why: string): HTMLElement {
  return make('div', `notice ${kind}`, make('p', 'notice-what', what), make('p', 'notice-more', why));
}

export function resultTables(table: Table, rank: boolean): HTMLElement[] {
  const results = inOrder(table, rank);
  if (results.length === 0) return [];
  return TABLES.map(([title, note, columns]) => {
    const grid = make('table', 'grid', headRow(columns));
    const body = make('tbody', '');
    for (const result of results) {
      const { name, family } = RUNTIMES[result.id];
      const version = make('span', 'muted', result.version ?? '');
      const label = make('th', '', make('span', `swatch ${result.id}`), make('span', '', name, ' ', version));
      label.scope = 'row';
      const row = make('tr', family, label, ...columns.map(({ of }) => make('td', 'number', of(result, table))));
      body.append(row);
    }
    grid.append(body);
    // Wide tables scroll by themselves, also by keyboard.
    const scroller = make('div', 'scroller', grid);
    scroller.tabIndex = 0;
    scroller.role = 'region';
    scroller.ariaLabel = `${title}, ${table.model}`;
    return make('section', '', make('h3', 'grid-title', title, ' ', make('span', 'muted', note)), scroller);
  });
}

function headRow(columns: readonly Column[]): HTMLElement {
  const corner = make('th', '', make('span', 'unseen', 'Runtime'));
  corner.scope = 'col';
  const cells = columns.map(({ title, hint }) => {
    const cell = make('th', '', title);
    cell.scope = 'col';
    cell.title = hint;
    return cell;
  });
  return make('thead', '', make('tr', '', corner, ...cells));
}
