/** A table of any length. Only the visible rows, and some around them, are in the page. */
import { labelOf, type Row, type SortKey, type View } from '../logic/rows.ts';
import { milliseconds } from '../logic/timing.ts';
import { percent } from '../logic/words.ts';
import { make, show } from '../view/dom.ts';
import { Thumbs } from './thumbs.ts';

/** All rows have the same height, so positions can be computed. The height is also in styles/folder.css. */
const ROW_PX = 56;
/** Rows above and below the visible ones. */
const AROUND = 6;

const COLUMNS: readonly [key: SortKey, title: string][] = [
  ['name', 'File'],
  ['label', 'Label'],
  ['probability', 'Probability'],
  ['latency', 'Time'],
];

interface Line {
  element: HTMLDivElement;
  canvas: HTMLCanvasElement;
  name: HTMLSpanElement;
  label: HTMLSpanElement;
  probability: HTMLSpanElement;
  time: HTMLSpanElement;
  button: HTMLButtonElement;
  row?: Row<File>;
}

export class Table {
  readonly element: HTMLDivElement;
  private readonly scroller = make('div', 'rows');
  private readonly body = make('div', 'rows-body');
  private readonly headings: HTMLElement[];
  private readonly lines: Line[] = [];
  private readonly thumbs = new Thumbs();
  private readonly look: (file: File) => void;
  private rows: readonly Row<File>[] = [];

  /** @param look called with the row that was clicked, @param sort with the column */
  constructor(look: (file: File) => void, sort: (key: SortKey) => void) {
    this.look = look;
    this.headings = COLUMNS.map(([key, title]) => {
      const button = make('button', 'rows-sort', title);
      button.type = 'button';
      button.addEventListener('click', () => sort(key));
      const heading = make('div', `rows-heading rows-${key}`, button);
      heading.role = 'columnheader';
      return heading;
    });
    const picture = make('div', 'rows-heading', make('span', 'unseen', 'Picture'));
    picture.role = 'columnheader';
    const head = make('div', 'rows-line rows-head', picture, ...this.headings);
    head.role = 'row';
    head.ariaRowIndex = '1';
    const group = (inside: HTMLElement) => {
      inside.role = 'rowgroup';
      return inside;
    };
    this.scroller.append(group(this.body));
    // Also for the keyboard: arrow and page keys scroll the element with the focus.
    this.scroller.tabIndex = 0;
    this.scroller.role = 'group';
    this.scroller.ariaLabel = 'Rows';
    this.element = make('div', 'rows-table', group(make('div', '', head)), this.scroller);
    this.element.role = 'table';
    this.element.ariaLabel = 'Images of the folder';
    this.scroller.addEventListener('scroll', () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(this.scroller);
  }

  show(rows: readonly Row<File>[], { sort, descending }: View): void {
    this.rows = rows;
    this.element.ariaRowCount = String(rows.length + 1);
    this.body.style.height = `${rows.length * ROW_PX}px`;
    COLUMNS.forEach(([key], at) => {
      const heading = this.headings[at];
      if (heading) heading.ariaSort = key === sort ? (descending ? 'descending' : 'ascending') : 'none';
    });
    this.draw();
  }

  private draw(): void {
    const { scrollTop, clientHeight } = this.scroller;
    const first = Math.max(0, Math.floor(scrollTop / ROW_PX) - AROUND);
    const last = Math.min(this.rows.length, Math.ceil((scrollTop + clientHeight) / ROW_PX) + AROUND);
    while (this.lines.length < last - first) this.addLine();
    this.lines.forEach((line, at) => {
      const row = first + at < last ? this.rows[first + at] : undefined;
      line.element.hidden = row === undefined;
      if (row) this.fill(line, row, first + at);
      else this.thumbs.clear(line.canvas);
    });
  }

  private addLine(): void {
    const canvas = make('canvas', 'rows-thumb');
    canvas.width = canvas.height = 80;
    canvas.ariaHidden = 'true';
    const button = make('button', 'rows-name');
    button.type = 'button';
    const name = make('span', '');
    button.append(name);
    const label = make('span', 'rows-label');
    const probability = make('span', 'rows-probability number');
    const time = make('span', 'rows-latency number');
    const cells = [canvas, button, label, probability, time].map((inside) => {
      const cell = make('div', 'rows-cell', inside);
      cell.role = 'cell';
      return cell;
    });
    const element = make('div', 'rows-line rows-row', ...cells);
    element.role = 'row';
    const line: Line = { element, canvas, name, label, probability, time, button };
    button.addEventListener('click', () => line.row && this.look(line.row.file));
    this.lines.push(line);
    this.body.append(element);
  }

  private fill(line: Line, row: Row<File>, at: number): void {
    const { element, canvas, name, label, probability, time } = line;
    element.style.transform = `translateY(${at * ROW_PX}px)`;
    element.ariaRowIndex = String(at + 2);
    if (line.row !== row) {
      line.row = row;
      show(name, row.name);
    }
    // On a phone, an error is cut off.
    element.title = row.error === undefined ? row.name : `${row.name}: ${row.error}`;
    const best = row.predictions?.[0];
    element.classList.toggle('failed', row.error !== undefined);
    show(label, row.error ?? labelOf(row) ?? '…');
    show(probability, best ? percent(best.probability) : '');
    show(time, row.latency === undefined ? '' : milliseconds(row.latency));
    if (row.error === undefined) this.thumbs.draw(canvas, row.file);
    else this.thumbs.clear(canvas);
  }
}
