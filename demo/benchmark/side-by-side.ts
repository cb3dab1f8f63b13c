/** Compares two reports: the one on the page, and one that is opened for this. */
import { type Comparison, compareReports, reportName } from '../bench/compare.ts';
import { parseReport } from '../bench/link.ts';
import type { Report } from '../bench/report.ts';
import { element, make } from '../view/dom.ts';

const button = element('compare', HTMLButtonElement);
const picker = element('compare-file', HTMLInputElement);
const place = element('compared', HTMLDivElement);

/** @param onProblem called with the reason if a file is not a report */
export function setUpCompare(current: () => Report | undefined, onProblem: (error: unknown) => void): void {
  button.addEventListener('click', () => picker.click());
  picker.addEventListener('change', async () => {
    const [file] = picker.files ?? [];
    picker.value = '';
    const shown = current();
    if (!file || !shown) return;
    try {
      show(shown, parseReport(await file.text()));
    } catch (error) {
      onProblem(error);
    }
  });
}

/** The comparison was with a report that is no longer shown. */
export function clearComparison(): void {
  place.replaceChildren();
}

function show(a: Report, b: Report): void {
  const tables = compareReports(a, b);
  const close = make('button', 'button quiet small', 'Close');
  close.type = 'button';
  close.addEventListener('click', clearComparison);
  const names = make('dl', 'facts', row('A', reportName(a)), row('B', reportName(b)));
  const none = make('p', '', 'The two have no network of the same size in the same runtime.');
  const title = make('h2', 'eyebrow', 'Side by side');
  title.tabIndex = -1;
  place.replaceChildren(make('section', 'panel side-by-side', title, names, ...(tables.length > 0 ? tables.map(grid) : [none]), close));
  title.focus();
  title.scrollIntoView({ block: 'start' });
}

const row = (term: string, description: string) => make('div', '', make('dt', '', term), make('dd', '', description));

function grid({ title, head, rows }: Comparison): HTMLElement {
  const cell = (kind: 'row' | 'col', text: string) => {
    const made = make('th', '', text);
    made.scope = kind;
    return made;
  };
  const body = rows.map(([name = '', ...cells]) => make('tr', '', cell('row', name), ...cells.map((text) => make('td', 'number', text))));
  const headRow = make('tr', '', cell('col', 'Runtime'), ...head.map((text) => cell('col', text)));
  const scroller = make('div', 'scroller', make('table', 'grid', make('thead', '', headRow), make('tbody', '', ...body)));
  scroller.tabIndex = 0;
  scroller.role = 'region';
  scroller.ariaLabel = `Side by side, ${title}`;
  return make('section', '', make('h3', 'grid-title', title), scroller);
}
