/** What the tab looks like: built once, filled as things change. */
import type { Evaluation } from '../../src/classes/index.ts';
import type { Prediction } from '../library.ts';
import { percent } from '../logic/words.ts';
import { make, show } from '../view/dom.ts';

export interface Parts {
  root: HTMLElement;
  state: HTMLElement;
  source: HTMLSelectElement;
  notice: HTMLElement;
  controls: HTMLFieldSetElement;
  form: HTMLFormElement;
  name: HTMLInputElement;
  list: HTMLElement;
  train: HTMLButtonElement;
  ask: HTMLInputElement;
  camera: HTMLButtonElement;
  snap: HTMLButtonElement;
  into: HTMLSelectElement;
  video: HTMLVideoElement;
  verdict: HTMLElement;
  confusion: HTMLElement;
  exports: HTMLElement;
  exportFile: HTMLButtonElement;
  exportJson: HTMLButtonElement;
  javascript: HTMLElement;
  python: HTMLElement;
}

function button(className: string, text: string): HTMLButtonElement {
  const made = make('button', `button ${className}`, text);
  made.type = 'button';
  return made;
}

function fileInput(label: string, multiple: boolean): { input: HTMLInputElement; field: HTMLLabelElement } {
  const input = make('input', 'unseen');
  input.type = 'file';
  input.accept = 'image/*';
  input.multiple = multiple;
  return { input, field: make('label', 'button small file-button', label, input) };
}

function section(title: string, ...children: Node[]): HTMLElement {
  const made = make('section', 'classes-part', make('h2', 'eyebrow', title), ...children);
  made.setAttribute('aria-label', title);
  return made;
}

export function build(root: HTMLElement): Parts {
  const source = make('select', 'classes-select');
  source.append(new Option('Network on board: ImageNet, 15 MB', 'board'), new Option('The network of the picker above', 'picker'));
  source.setAttribute('aria-label', 'Network that looks at the photos');
  const state = make('p', 'small classes-state', 'Loading the network');
  state.setAttribute('role', 'status');
  const notice = make('div', 'notice-slot');
  const name = make('input', 'classes-name');
  name.placeholder = 'A name, such as “my cup”';
  name.maxLength = 60;
  name.setAttribute('aria-label', 'Name of a new class');
  const add = button('', 'Add class');
  add.type = 'submit';
  const form = make('form', 'classes-form', name, add);
  const list = make('ul', 'classes-list');
  const train = button('primary', 'Train');
  const into = make('select', 'classes-select');
  into.setAttribute('aria-label', 'Class that camera pictures go to');
  const camera = button('', 'Camera');
  const snap = button('', 'Take a picture for');
  const video = make('video', 'classes-video');
  video.muted = true;
  video.playsInline = true;
  video.hidden = true;
  video.setAttribute('aria-label', 'Camera picture');
  const { input: ask, field: askField } = fileInput('Ask about a photo', false);
  const verdict = make('ol', 'bars classes-verdict');
  verdict.setAttribute('aria-label', 'Verdict');
  verdict.tabIndex = -1;
  const confusion = make('div', 'classes-confusion');
  confusion.hidden = true;
  const [exportFile, exportJson] = [button('', 'Checkpoint (.safetensors)'), button('quiet', 'Examples (.json)')];
  const [javascript, python] = [make('code', ''), make('code', '')];
  const pre = (code: HTMLElement, label: string) => {
    const block = make('pre', 'code', code);
    block.tabIndex = 0;
    block.setAttribute('aria-label', label);
    return block;
  };
  const exports = section(
    'Take it along',
    make('div', 'classes-row', exportFile, exportJson),
    pre(javascript, 'JavaScript that loads the checkpoint'),
    pre(python, 'Python that loads the checkpoint'),
  );
  exports.hidden = true;
  const controls = make('fieldset', 'classes-controls');
  controls.append(
    section('1 Show it a few photos of each', form, list, make('div', 'classes-row', camera, snap, into), video),
    section('2 Train, and ask', make('div', 'classes-row', train, askField), verdict, confusion),
  );
  const intro = make('p', 'muted', 'Five to twenty photos a class are enough; drop them on the class’s name. They stay in this tab.');
  root.replaceChildren(make('div', 'classes-head', intro, source, state), notice, controls, exports);
  root.classList.add('classes-tab');
  return {
    root,
    state,
    source,
    notice,
    controls,
    form,
    name,
    list,
    train,
    ask,
    camera,
    snap,
    into,
    video,
    verdict,
    confusion,
    exports,
    exportFile,
    exportJson,
    javascript,
    python,
  };
}

export interface ClassActions {
  add(label: string, files: File[]): void;
  remove(label: string): void;
}

export function showClasses(
  { list, into }: Parts,
  labels: readonly string[],
  counts: readonly number[],
  { add, remove }: ClassActions,
): void {
  const chosen = into.value;
  into.replaceChildren(...labels.map((label) => new Option(label, label, false, label === chosen)));
  list.replaceChildren(
    ...labels.map((label, c) => {
      const { input, field } = fileInput('Add photos', true);
      input.setAttribute('aria-label', `Add photos of ${label}`);
      input.addEventListener('change', () => add(label, [...(input.files ?? [])]));
      const folder = fileInput('Folder', true);
      folder.input.webkitdirectory = true;
      folder.input.setAttribute('aria-label', `Add a folder of ${label}`);
      folder.input.addEventListener('change', () =>
        add(
          label,
          [...(folder.input.files ?? [])].filter(({ type }) => type.startsWith('image/')),
        ),
      );
      const away = button('quiet small', 'Remove');
      away.setAttribute('aria-label', `Remove ${label}`);
      away.addEventListener('click', () => remove(label));
      const count = counts[c] ?? 0;
      const item = make(
        'li',
        'classes-item',
        make('strong', '', label),
        make('span', 'number small muted', `${count} ${count === 1 ? 'photo' : 'photos'}`),
        field,
        folder.field,
        away,
      );
      item.dataset.label = label;
      return item;
    }),
  );
}

export function showVerdict({ verdict }: Parts, predictions: readonly Prediction[], trained: boolean): void {
  verdict.dataset.method = trained ? 'linear' : 'mean';
  verdict.replaceChildren(
    ...predictions.map(({ label, probability }) => {
      const fill = make('span', 'bar-fill');
      fill.style.transform = `scaleX(${probability})`;
      return make(
        'li',
        'bar',
        make('span', 'bar-name', label),
        make('span', 'bar-number number', percent(probability)),
        make('span', 'bar-track', fill),
      );
    }),
  );
}

export function showConfusion({ confusion }: Parts, labels: readonly string[], { accuracy, confusion: counts, exact }: Evaluation): void {
  const table = make('table', 'confusion');
  table.append(make('caption', 'small', 'Rows: what it is. Columns: what it would be taken for, had it not been seen.'));
  const heading = (text: string, scope: string) => {
    const cell = make('th', '', text);
    cell.scope = scope;
    return cell;
  };
  const head = make('tr', '', make('td', ''), ...labels.map((label) => heading(label, 'col')));
  const rows = counts.map((row, c) => {
    const cells = row.map((count, other) =>
      make('td', other === c ? 'number right' : count > 0 ? 'number wrong' : 'number', String(count)),
    );
    return make('tr', '', heading(labels[c] ?? '', 'row'), ...cells);
  });
  table.append(make('thead', '', head), make('tbody', '', ...rows));
  const summary = make('p', '');
  show(summary, `${percent(accuracy)} right about its own photos, each left out in turn${exact ? '' : ' (approximately)'}`);
  confusion.replaceChildren(summary, make('div', 'confusion-scroll', table));
  confusion.hidden = false;
}
