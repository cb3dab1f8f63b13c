/** The results in words and numbers. The charts repeat them. */
import { CALL_COLUMNS, type Column, ERROR_COLUMNS, findings, START_COLUMNS, TIME_COLUMNS } from '../bench/columns.ts';
import { explainFailure } from '../bench/explain.ts';
import { error as errorText, times } from '../bench/format.ts';
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
  if (table.error) parts.push(notice('This network could not be measured', 'The other networks were.', table.error));
  if (table.note)
    parts.push(make('div', 'notice advice', make('p', 'notice-what', 'Not everything could be measured'), make('p', '', table.note)));
  for (const { id, status, error } of table.runtimes) {
    if (status !== 'failed') continue;
    const { what, why } = explainFailure(id, error);
    parts.push(notice(what, why, error ?? 'It did not say why.'));
  }
  const [warm, ...more] = findings(table, rank);
  const best = rank ? bestPeer(table, (result) => warmOf(result)?.median) : undefined;
  if (warm && best && best.ratio >= 1)
    parts.push(make('p', 'verdict-line', make('strong', 'ratio number', times(best.ratio)), make('span', '', warm)));
  else if (warm) parts.push(make('p', '', warm));
  for (const finding of more) parts.push(make('p', 'muted small', finding));
  const { selfTest } = table;
  if (selfTest?.pass) {
    parts.push(
      make(
        'p',
        'muted small',
        `Self test: all ${selfTest.layers} layers are right on this adapter; the worst is off by ${errorText(selfTest.worst)}.`,
      ),
    );
  } else if (selfTest) {
    const words = `${selfTest.firstBad ?? 'A layer'} differs from what plain JavaScript computes. Please report this with the JSON below.`;
    parts.push(notice('The self test of resnet-webgpu failed', words, `largest relative error ${errorText(selfTest.worst)}`));
  }
  return parts;
}

/** @param said the program's own message */
function notice(what: string, why: string, said: string): HTMLElement {
  return make('div', 'notice problem', make('p', 'notice-what', what), make('p', '', why), make('p', 'notice-more', said));
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
    // Wide tables scroll separately, also by keyboard.
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
