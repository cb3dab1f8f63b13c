/** The tab "Your own classes": collect, train, ask, look at the mistakes, save. Fetched when it is opened. */
import { type ClassesJSON, type Classifier, createClassifier } from '../../src/classes/index.ts';
import type { Host } from '../host.ts';
import type { Model } from '../library.ts';
import { problemOf } from '../logic/problem.ts';
import { progressWords } from '../logic/words.ts';
import { announce } from '../view/dom.ts';
import { clearNotice, showProblem } from '../view/notice.ts';
import { reveal } from '../view/reveal.ts';
import { saveFile } from '../view/save.ts';
import { loadOnBoard } from './backbone.ts';
import { Camera } from './camera.ts';
import { javascriptCode, pythonCode } from './code.ts';
import { focusOf, restoreFocus } from './focus.ts';
import { Pictures, pictureOf, type Source } from './pictures.ts';
import { build, type Parts, showClasses, showConfusion, showVerdict } from './view.ts';

/** @param root the tab's panel, empty */
export function openClasses(root: HTMLElement, host: Host): ClassesTab {
  const tab = new ClassesTab(build(root), host);
  tab.begin();
  return tab;
}

export class ClassesTab {
  readonly #parts: Parts;
  readonly #host: Host;
  readonly #camera: Camera;
  readonly #pictures = new Pictures();
  #own: Model | undefined;
  #few: Classifier | undefined;
  #busy = false;

  constructor(parts: Parts, host: Host) {
    this.#parts = parts;
    this.#host = host;
    this.#camera = new Camera(
      parts.video,
      (frame) => this.#ask(frame, true),
      () => this.#show(),
    );
  }

  begin(): void {
    const { form, name, saved, train, ask, camera, snap, exportFile, exportJson, source } = this.#parts;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const label = name.value.trim();
      if (label === '') return name.focus();
      name.value = '';
      this.#work(() => this.#few?.add(label, []));
    });
    saved.addEventListener('change', () => {
      const [file] = saved.files ?? [];
      saved.value = '';
      if (file) this.open(file);
    });
    ask.addEventListener('change', () => {
      const [file] = ask.files ?? [];
      ask.value = '';
      if (file) this.#ask(file);
    });
    train.addEventListener('click', () => this.#work(() => this.#train()));
    camera.addEventListener('click', () => this.#work(() => this.#toggleCamera()));
    snap.addEventListener('click', () => {
      const label = this.#parts.into.value;
      if (label && this.#camera.isOn) this.#work(() => this.#add(label, [this.#parts.video]));
    });
    exportFile.addEventListener('click', () =>
      this.#work(async () => {
        const bytes = await this.#few?.toCheckpoint();
        if (bytes) saveFile('classes.safetensors', bytes, 'application/octet-stream');
      }),
    );
    exportJson.addEventListener('click', () => saveFile('classes.json', JSON.stringify(this.#few), 'application/json'));
    source.addEventListener('change', () => this.#work(() => this.#use()));
    this.#host.onModel(() => {
      if (source.value === 'picker') this.#work(() => this.#use());
    });
    this.#work(() => this.#use());
  }

  /** Photos that were pasted or dropped. On a class's name they are added to it. Anywhere else the first of them is classified. */
  take(files: readonly File[], place?: { x: number; y: number }): void {
    const item = place && document.elementFromPoint(place.x, place.y)?.closest<HTMLElement>('.classes-item');
    const { label } = item?.dataset ?? {};
    const [file] = files;
    if (label !== undefined) this.#work(() => this.#add(label, files));
    else if (file) this.#ask(file);
  }

  /** Classes that were saved here, and the network that they were made with. */
  open(file: File): void {
    this.#work(async () => {
      if (!this.#model) return;
      this.#few = await createClassifier(this.#model, await readSaved(file));
      this.#pictures.clear();
    });
  }

  async #add(label: string, sources: readonly Source[]): Promise<void> {
    const { state } = this.#parts;
    const onProgress = ({ loaded, total }: { loaded: number; total: number }) => {
      state.textContent = `Looking at ${loaded} of ${total} photos`;
    };
    await this.#few?.add(label, [...sources], { onProgress });
    await this.#pictures.add(label, sources);
  }

  get #model(): Model | undefined {
    return this.#parts.source.value === 'picker' ? this.#host.model : this.#own;
  }

  /** Embeddings of another network are useless, so its classes start empty. */
  async #use(): Promise<void> {
    const { source, state } = this.#parts;
    this.#few = undefined;
    this.#pictures.clear();
    if (source.value !== 'picker') this.#own ??= await loadOnBoard((progress) => (state.textContent = progressWords(progress)));
    if (this.#model) this.#few = await createClassifier(this.#model);
  }

  async #train(): Promise<void> {
    const few = this.#few;
    if (!few) return;
    await few.train();
    const result = await few.evaluate();
    showConfusion(this.#parts, few.labels, result);
    announce(`Trained: ${(result.accuracy * 100).toFixed(0)} % right about its own photos, each left out in turn`);
  }

  async #toggleCamera(): Promise<void> {
    if (this.#camera.isOn) this.#camera.stop();
    else await this.#camera.start();
  }

  async #ask(image: Blob | HTMLVideoElement, quietly = false): Promise<void> {
    if (!this.#few?.counts.some(Boolean)) {
      const remedy = 'Name one, add some photos of it, then of another, and ask again.';
      if (!quietly) showProblem(this.#parts.notice, { code: 'classes', what: 'It knows no classes yet.', remedy, details: '' });
      return;
    }
    if (!quietly) clearNotice(this.#parts.notice);
    try {
      const predictions = await this.#few.predict(image);
      const picture = image instanceof Blob ? await pictureOf(image) : undefined;
      this.#parts.asked.replaceChildren(...(picture ? [picture] : []));
      showVerdict(this.#parts, predictions, this.#few.trained);
      const [best] = predictions;
      if (!quietly) reveal(this.#parts.verdict);
      if (best && !quietly) announce(`${best.label}, ${(best.probability * 100).toFixed(0)} %`);
    } catch (error) {
      this.#camera.stop();
      this.#show();
      showProblem(this.#parts.notice, problemOf(error));
    }
  }

  /** Runs one action at a time. Shows its error where it was requested, and updates everything afterwards. */
  async #work(task: () => unknown): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    const focused = focusOf(this.#parts.root);
    clearNotice(this.#parts.notice);
    this.#show();
    try {
      await task();
    } catch (error) {
      showProblem(this.#parts.notice, problemOf(error));
    } finally {
      this.#busy = false;
      this.#show();
      restoreFocus(this.#parts.root, focused);
    }
  }

  #show(): void {
    const parts = this.#parts;
    const few = this.#few;
    const { labels = [], counts = [], trained = false } = few ?? {};
    const ready = few !== undefined && !this.#busy;
    parts.controls.disabled = !ready;
    parts.train.disabled = !ready || counts.filter(Boolean).length < 2;
    parts.exportJson.disabled = !ready || labels.length === 0;
    parts.exports.hidden = !trained;
    if (!trained) parts.confusion.hidden = true;
    parts.camera.ariaPressed = String(this.#camera.isOn);
    parts.video.hidden = !this.#camera.isOn;
    parts.snap.hidden = parts.into.hidden = !this.#camera.isOn || labels.length === 0;
    if (ready) parts.state.textContent = stateInWords(counts, trained);
    showClasses(parts, labels, counts, {
      picturesOf: (label) => this.#pictures.of(label),
      add: (label, files) => this.#work(() => this.#add(label, files)),
      remove: (label) =>
        this.#work(() => {
          few?.remove(label);
          this.#pictures.remove(label);
        }),
    });
    const { info } = this.#model ?? {};
    if (trained && info) {
      parts.javascript.textContent = javascriptCode(labels);
      parts.python.textContent = pythonCode(labels, info, parts.source.value !== 'picker');
    }
  }
}

function stateInWords(counts: readonly number[], trained: boolean): string {
  if (counts.length === 0) return 'Ready: name a first class';
  if (counts.filter(Boolean).length < 2) return 'Show it photos of two classes at least';
  return trained ? 'Trained: ask about a photo, or take it along' : 'Ask about a photo; with ten photos of each, train first';
}

async function readSaved(file: File): Promise<ClassesJSON> {
  try {
    return JSON.parse(await file.text());
  } catch (cause) {
    const hint = 'Choose a classes.json that this page has saved.';
    throw Object.assign(new Error(`${file.name} does not hold saved classes. ${hint}`, { cause }), { code: 'classes', hint });
  }
}
