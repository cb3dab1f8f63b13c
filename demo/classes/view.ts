/** The tab's elements: built once, updated when something changes. */
import type { Evaluation } from '../../src/classes/index.ts';
import type { Prediction } from '../library.ts';
import { percent } from '../logic/words.ts';
import { copiesOnPress } from '../view/copy.ts';
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
  asked: HTMLElement;
  saved: HTMLInputElement;
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

function fileInput(label: string, multiple: boolean, size = 'small'): { input: HTMLInputElement; field: HTMLLabelElement } {
  const input = make('input', 'unseen');
  input.type = 'file';
  input.accept = 'image/*';
  input.multiple = multiple;
  return { input, field: make('label', `button ${size} file-button`, label, input) };
}

function section(title: string, ...children: Node[]): HTMLElement {
  const made = make('section', 'classes-part', make('h2', 'eyebrow', title), ...children);
  made.setAttribute('aria-label', title);
  return made;
}

export function build(root: HTMLElement): Parts {
  const source = make('select', 'classes-select');
  source.append(new Option('On board: ImageNet, 15 MB', 'board'), new Option('The one chosen above', 'picker'));
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
  const { input: saved, field: savedField } = fileInput('Open saved classes', false);
  saved.accept = '.json';
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
  const { input: ask, field: askField } = fileInput('Ask about a photo', false, '');
  const asked = make('div', 'classes-asked');
  const verdict = make('ol', 'bars classes-verdict');
  verdict.setAttribute('aria-label', 'Verdict');
  verdict.tabIndex = -1;
  const hint = make('p', 'muted classes-hint', 'Its answer stands here: each class, and how sure it is.');
  const confusion = make('div', 'classes-confusion');
  confusion.hidden = true;
  const [exportFile, exportJson] = [button('', 'Checkpoint (.safetensors)'), button('small', 'Save the classes')];
  const [javascript, python] = [make('code', ''), make('code', '')];
  const program = (language: string, code: HTMLElement) => {
    const block = make('pre', 'code', code);
    block.tabIndex = 0;
    block.setAttribute('aria-label', `${language} that loads the checkpoint`);
    const copy = button('quiet small', 'Copy');
    copy.setAttribute('aria-label', `Copy the ${language}`);
    copiesOnPress(copy, () => code.textContent ?? '');
    return make('div', 'classes-program', make('div', 'classes-row', make('strong', '', language), copy), block);
  };
  const exports = section(
    'Take it along',
    make('div', 'classes-row', exportFile),
    program('JavaScript', javascript),
    program('Python', python),
    make(
      'p',
      'muted small',
      'Python gives the same probabilities for the same file, to 0.001. Exceptions are PNG with 16 bits and WebP that a camera turned: browsers read them differently.',
    ),
  );
  exports.hidden = true;
  const controls = make('fieldset', 'classes-controls');
  controls.append(
    section(
      '1 Show it a few photos of each',
      form,
      list,
      make('div', 'classes-row', camera, snap, into),
      video,
      make('div', 'classes-row', exportJson, savedField),
    ),
    section(
      '2 Train, and ask',
      make('div', 'classes-row', train, askField),
      make('div', 'classes-answer', asked, verdict, hint),
      confusion,
    ),
  );
  const intro = make('p', 'muted', 'Five to twenty photos a class are enough; drop them on the class’s name. They stay in this tab.');
  const network = make('label', 'classes-source', make('span', 'small muted', 'Network'), source);
  root.replaceChildren(make('div', 'classes-head', intro, network, state), notice, controls, exports);
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
    asked,
    saved,
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
  picturesOf(label: string): readonly HTMLCanvasElement[];
  add(label: string, files: File[]): void;
  remove(label: string): void;
}

export function showClasses(
  { list, into }: Parts,
  labels: readonly string[],
  counts: readonly number[],
  { picturesOf, add, remove }: ClassActions,
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
        make('div', 'classes-actions', field, folder.field, away),
      );
      const pictures = picturesOf(label);
      if (pictures.length > 0) item.append(make('div', 'classes-pictures', ...pictures));
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
  confusion.hidden = false;
  // A class with a single photo cannot be evaluated without it.
  if (counts.some((row) => row.reduce((sum, count) => sum + count, 0) === 1)) {
    confusion.replaceChildren(make('p', 'muted', 'With a second photo of each class, it can be told how often it is right.'));
    return;
  }
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
}
