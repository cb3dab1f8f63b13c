/** The tab "A whole folder". Fetched when it is opened. */
import type { Host } from '../host.ts';
import type { ImageInfo, ImageRow, Model } from '../library.ts';
import { isPhoto } from '../logic/intake.ts';
import { isAbort, problemOf } from '../logic/problem.ts';
import { type Counts, countRows, ERRORS, type Row, type SortKey, toCsv, toGo, toJson, type View, viewed, WAITING } from '../logic/rows.ts';
import { announce, make, show } from '../view/dom.ts';
import { clearNotice, showProblem } from '../view/notice.ts';
import { reveal } from '../view/reveal.ts';
import { saveFile } from '../view/save.ts';
import { Table } from './table.ts';

/** Rows arrive faster than one can read. The page is drawn a few times each second. */
const DRAW_MS = 200;
/** Labels that get a button. The list has all of them. */
const CHIPS = 8;
const TOP = 5;

export class Folder {
  private readonly host: Host;
  private rows: Row<File>[] = [];
  private view: View = { sort: 'order', descending: false, filter: '' };
  private running: AbortController | undefined;
  /** The network whose answers the rows have. */
  private answeredBy: Model | undefined;
  private timer = 0;
  private startedAt = 0;
  private doneBefore = 0;
  private others = 0;

  private readonly table: Table;
  private readonly summary = make('p', 'folder-summary');
  private readonly bar = make('progress', 'folder-bar');
  private readonly chips = make('div', 'folder-chips');
  private readonly filter = make('select', 'folder-filter');
  private readonly stop = button('Cancel', 'button', () => this.toggle());
  private readonly csv = button('CSV', 'button quiet small', () => this.save('csv'));
  private readonly json = button('JSON', 'button quiet small', () => this.save('json'));
  private readonly results = make('div', 'folder-results');
  private readonly notice = make('div', 'notice-slot');

  /** @param look shows one of the files in the photo tab */
  constructor(root: HTMLElement, host: Host, look: (file: File) => void) {
    this.host = host;
    this.table = new Table(look, (key) => this.sort(key));
    const [folderButton, folderInput] = picker('Choose a folder', 'button primary', (files) => this.add(files));
    folderInput.webkitdirectory = true;
    const [filesButton, filesInput] = picker('Choose files', 'button', (files) => this.add(files));
    filesInput.accept = 'image/*';
    const hint = make('p', 'muted intake-hint', 'or drop a folder anywhere; it stays in this tab');
    const ways = make('div', 'intake', folderButton, folderInput, filesButton, filesInput, hint);
    ways.role = 'group';
    ways.ariaLabel = 'Choose a folder';
    this.filter.ariaLabel = 'Show only';
    this.filter.addEventListener('change', () => this.filterBy(this.filter.value));
    this.bar.ariaLabel = 'Images classified';
    this.summary.tabIndex = -1;
    this.results.hidden = true;
    const save = make('div', 'folder-save', make('span', 'muted small', 'Download'), this.csv, this.json);
    const controls = make('div', 'folder-controls', this.stop, this.filter, this.chips, save);
    this.results.append(this.summary, this.bar, controls, this.table.element);
    const title = make('h2', 'unseen', 'A whole folder');
    const intro = make(
      'p',
      'muted',
      'Each photo gets a row, in folders within folders, too. Sort and filter them, and take them along as CSV or JSON.',
    );
    const section = make('section', 'folder', title, intro, ways, this.notice, this.results);
    root.append(section);
    host.onModel((model) => this.use(model));
  }

  add(files: readonly File[]): void {
    clearNotice(this.notice);
    const photos = files.filter((file) => isPhoto(file) || !/\.\w+$/.test(file.name)).filter(({ name }) => !name.startsWith('.'));
    if (photos.length === 0) {
      const what = files.length === 0 ? 'There are no files in that folder.' : `None of the ${files.length} files there is an image.`;
      showProblem(this.notice, { code: 'folder', what, remedy: 'Choose a folder with photos in it.', details: '' });
      return;
    }
    this.running?.abort();
    this.others = files.length - photos.length;
    this.rows = photos.map((file) => ({ file, name: file.webkitRelativePath || file.name }));
    this.view = { sort: 'order', descending: false, filter: '' };
    this.results.hidden = false;
    this.draw();
    reveal(this.summary);
    this.run();
  }

  /** Another network: its answers replace the earlier ones. */
  private use(model: Model): void {
    if (this.rows.length === 0 || this.answeredBy === model) return;
    const wanted = this.running !== undefined || countRows(this.rows).done > 0;
    this.running?.abort();
    this.rows = this.rows.map(({ file, name }) => ({ file, name }));
    this.draw();
    if (wanted) this.run();
  }

  private async run(): Promise<void> {
    const { model } = this.host;
    if (!model) return;
    const running = new AbortController();
    this.running = running;
    this.answeredBy = model;
    const rows = this.rows;
    const waiting = rows.filter((row) => row.predictions === undefined && row.error === undefined);
    this.startedAt = performance.now();
    this.doneBefore = rows.length - waiting.length;
    this.draw();
    try {
      await model.classify(
        waiting.map(({ file }) => file),
        {
          topK: TOP,
          errors: 'rows',
          signal: running.signal,
          onResult: (result: ImageRow, { index, latency }: ImageInfo) => {
            const row = waiting[index];
            if (!row || running.signal.aborted) return;
            if (Array.isArray(result)) Object.assign(row, { predictions: result, latency });
            else row.error = problemOf(result).what.replace(/^\[[^\]]*\] /, '');
            this.drawSoon();
          },
        },
      );
      if (rows === this.rows) this.sayEnd();
    } catch (error) {
      const replaced = model !== this.host.model || running !== this.running;
      if (!isAbort(error) && !replaced) showProblem(this.notice, problemOf(error));
    } finally {
      if (this.running === running) this.running = undefined;
      this.draw();
    }
  }

  private sayEnd(): void {
    const { total, errors, labels } = countRows(this.rows);
    announce(`${total} images are classified, ${errors} of them not readable. Most frequent: ${labels[0]?.[0] ?? 'none'}.`);
  }

  private toggle(): void {
    if (this.running) {
      this.running.abort();
      this.running = undefined;
      this.draw();
    } else this.run();
  }

  private sort(key: SortKey): void {
    const { sort, descending } = this.view;
    // Columns of numbers are first sorted with the largest on top, names from the start of the alphabet.
    const first = key === 'probability' || key === 'latency';
    this.view =
      sort !== key
        ? { ...this.view, sort: key, descending: first }
        : descending === first
          ? { ...this.view, descending: !first }
          : { ...this.view, sort: 'order', descending: false };
    this.draw();
  }

  private filterBy(filter: string): void {
    this.view = { ...this.view, filter };
    this.draw();
  }

  private drawSoon(): void {
    this.timer ||= window.setTimeout(() => this.draw(), DRAW_MS);
  }

  private draw(): void {
    clearTimeout(this.timer);
    this.timer = 0;
    const counts = countRows(this.rows);
    this.table.show(viewed(this.rows, this.view), this.view);
    show(this.summary, this.inWords(counts));
    this.bar.max = Math.max(1, counts.total);
    this.bar.value = counts.done;
    this.bar.hidden = counts.done === counts.total;
    this.stop.hidden = counts.done === counts.total;
    show(this.stop, this.running ? 'Cancel' : 'Resume');
    this.csv.disabled = this.json.disabled = counts.done === 0;
    this.drawFilter(counts);
  }

  private inWords({ total, done, errors }: Counts): string {
    const elapsed = performance.now() - this.startedAt;
    const now = done - this.doneBefore;
    const images = total === 1 ? 'image' : 'images';
    const parts = [done === total ? `${total} ${images}` : `${done} of ${total} ${images}`];
    if (errors > 0) parts.push(`${errors} not readable`);
    if (this.others > 0) parts.push(`${this.others} other ${this.others === 1 ? 'file' : 'files'} left out`);
    if (this.running && now >= 5) parts.push(`${((now * 1000) / elapsed).toFixed(now * 1000 > 10 * elapsed ? 0 : 1)} a second`);
    const left = this.running ? toGo(total - done, now, elapsed) : '';
    if (left) parts.push(left);
    else if (!this.running && done < total) parts.push('stopped');
    return parts.join(' · ');
  }

  private drawFilter({ total, done, errors, labels }: Counts): void {
    const options: [string, string][] = [['', `All (${total})`]];
    if (errors > 0) options.push([ERRORS, `Not readable (${errors})`]);
    if (done < total) options.push([WAITING, `Not classified yet (${total - done})`]);
    options.push(...labels.map(([label, count]): [string, string] => [label, `${label} (${count})`]));
    // A list must not change while it is open.
    if (document.activeElement !== this.filter || !this.running) {
      this.filter.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
      this.filter.value = this.view.filter;
      if (this.filter.selectedIndex < 0) this.filter.add(new Option(this.view.filter, this.view.filter, true, true));
    }
    const focused = this.chips.contains(document.activeElement) ? document.activeElement?.textContent?.replace(/\d+$/, '') : undefined;
    this.chips.replaceChildren(
      ...labels.slice(0, CHIPS).map(([label, count]) => {
        const chip = button('', 'folder-chip', () => this.filterBy(this.view.filter === label ? '' : label));
        chip.append(make('span', '', label), make('span', 'number muted', String(count)));
        chip.ariaPressed = String(this.view.filter === label);
        return chip;
      }),
    );
    for (const chip of this.chips.querySelectorAll('button'))
      if (focused && chip.textContent?.replace(/\d+$/, '') === focused) chip.focus();
  }

  private save(kind: 'csv' | 'json'): void {
    const text = kind === 'csv' ? toCsv(this.rows) : toJson(this.rows, this.host.network?.name ?? '');
    saveFile(`labels.${kind}`, text, kind === 'csv' ? 'text/csv' : 'application/json');
  }
}

function button(text: string, className: string, press: () => void): HTMLButtonElement {
  const made = make('button', className, text);
  made.type = 'button';
  made.addEventListener('click', press);
  return made;
}

function picker(text: string, className: string, take: (files: File[]) => void): [HTMLButtonElement, HTMLInputElement] {
  const input = make('input', '');
  input.type = 'file';
  input.multiple = true;
  input.hidden = true;
  input.ariaLabel = text;
  input.addEventListener('change', () => {
    take([...(input.files ?? [])]);
    input.value = '';
  });
  return [button(text, className, () => input.click()), input];
}
