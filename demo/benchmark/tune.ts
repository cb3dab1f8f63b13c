/** The panel that measures the kernel variants on this GPU, and stores the results. */

import type { TunedShape, Tuning } from '../../src/api/tuning-types.ts';
import { adapterName, tunedVariants } from '../../src/tuning/tuning-table.ts';
import type { TuningOf } from '../bench/bench.ts';
import type { BenchConfig } from '../bench/config.ts';
import { digits, times } from '../bench/format.ts';
import { Remote } from '../bench/rpc.ts';
import { forgetTuning, type KeptTuning, keepTuning, keptTuning } from '../bench/tune/store.ts';
import type { TuneHandlers, TuneProgress } from '../bench/tune/worker.ts';
import { announce, element, make } from '../view/dom.ts';
import { clearNotice, showProblem } from '../view/notice.ts';

const PRECISIONS = ['f32', 'f16'] as const;

const startButton = element('tune-start', HTMLButtonElement);
const openButton = element('tune-open', HTMLButtonElement);
const openFile = element('tune-file', HTMLInputElement);
const useBox = element('tune-use', HTMLInputElement);
const hint = element('tune-hint', HTMLParagraphElement);
const notice = element('tune-notice', HTMLDivElement);
const tables = element('tune-tables', HTMLDivElement);

/** What the panel needs from the page. */
export interface Page {
  /** Whether something is chosen. If not, says what is missing. */
  isReady(): boolean;
  readConfig(): BenchConfig;
  /** Runs work that has progress and can be cancelled, unless the page is busy. `work` returns what to say at the end. */
  occupy(
    words: string,
    work: (signal: AbortSignal, onStep: (text: string, done: number) => void) => Promise<string>,
    problems: HTMLElement,
  ): Promise<void>;
}

let here: string | undefined;

export function setUpTune(page: Page): void {
  useBox.checked = localStorage.getItem('tuning') !== 'off';
  useBox.addEventListener('change', () => localStorage.setItem('tuning', useBox.checked ? 'on' : 'off'));
  startButton.addEventListener('click', () => {
    clearNotice(notice);
    if (!page.isReady()) return;
    const config = page.readConfig();
    void page.occupy('Tuning', (signal, onStep) => tuneAll(config, signal, onStep), notice);
  });
  openButton.addEventListener('click', () => openFile.click());
  openFile.addEventListener('change', async () => {
    const [file] = openFile.files ?? [];
    openFile.value = '';
    if (file) await openTable(await file.text());
  });
}

/** Shows the stored tables for an adapter, which is this page's. */
export async function showTunings(adapter: string): Promise<void> {
  here = adapter;
  const kept = await Promise.all(PRECISIONS.map((precision) => keptTuning(adapter, precision).catch(() => undefined)));
  tables.replaceChildren(...kept.flatMap((tuning) => (tuning ? [tableOf(tuning)] : [])));
}

/** For a benchmark: the stored table, unless it should not be used. */
export const tuningInUse: TuningOf = async (adapter, precision) =>
  useBox.checked ? keptTuning(adapterName(adapter), precision).catch(() => undefined) : undefined;

async function tuneAll(config: BenchConfig, signal: AbortSignal, onStep: (text: string, done: number) => void): Promise<string> {
  const wanted = PRECISIONS.filter((precision) => config.runtimes.includes(precision === 'f16' ? 'ours-f16' : 'ours'));
  const precisions = wanted.length > 0 ? wanted : PRECISIONS.slice(0, 1);
  const jobs = config.models.flatMap((model) =>
    config.batches.flatMap((batch) => precisions.map((precision) => ({ model, batch, precision, size: config.size }))),
  );
  const shapes: TunedShape[] = [];
  for (const [i, job] of jobs.entries()) {
    const words = `Tuning for ${job.model}, batch ${job.batch}, ${job.precision}`;
    onStep(words, i / jobs.length);
    const tuning = await tuneOne(job, signal, (done) => onStep(words, (i + done) / jobs.length));
    await keepTuning(kept(tuning));
    shapes.push(...(tuning.measured ?? []));
    await showTunings(tuning.adapter ?? '');
  }
  const better = shapes.filter(({ winner, default: usual }) => winner !== usual).length;
  return `Tuned: ${better} of ${shapes.length} shapes have a faster variant`;
}

async function tuneOne(job: Parameters<TuneHandlers['tune']>[0], signal: AbortSignal, onProgress: (done: number) => void): Promise<Tuning> {
  signal.throwIfAborted();
  const worker = new Worker(new URL('../bench/tune/worker.ts', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data }: MessageEvent<Partial<TuneProgress>>) => {
    if (data.progress !== undefined) onProgress(data.progress);
  });
  const remote = new Remote<TuneHandlers>(worker);
  const abort = () => remote.terminate();
  signal.addEventListener('abort', abort);
  try {
    return await remote.call('tune', job, 3600);
  } finally {
    signal.removeEventListener('abort', abort);
    remote.terminate();
  }
}

const kept = (tuning: Tuning): KeptTuning => ({ ...tuning, adapter: tuning.adapter ?? here ?? '', precision: tuning.precision ?? 'f32' });

async function openTable(text: string): Promise<void> {
  try {
    const tuning = JSON.parse(text) as Tuning;
    tunedVariants(tuning);
    const table = kept(tuning);
    await keepTuning(table);
    clearNotice(notice);
    const isHere = table.adapter === here;
    if (isHere) await showTunings(table.adapter);
    say(isHere ? 'The table is loaded.' : `The table is kept for “${table.adapter}”; benchmarks on this adapter do not use it.`);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    showProblem(notice, {
      what,
      remedy: 'Open a JSON file that this panel saved, or the JSON of what tune() gave.',
      code: 'tuning',
      details: '',
    });
  }
}

function tableOf(tuning: KeptTuning): HTMLElement {
  // A table may have been written by hand, without saying how it was measured.
  const measured = new Map(tuning.measured?.map((row) => [row.shape, row]));
  const rows = Object.entries(tuning.variants).map(([shape, winner]) => rowOf({ ...measured.get(shape), shape, winner }));
  const body = make('tbody', '', ...rows);
  const heads = ['Shape', 'Layers', 'Default', 'Winner', 'µs', 'Gain'].map((title) => {
    const head = make('th', '', title);
    head.scope = 'col';
    return head;
  });
  const scroller = make('div', 'scroller', make('table', 'grid', make('thead', '', make('tr', '', ...heads)), body));
  scroller.tabIndex = 0;
  scroller.role = 'region';
  scroller.ariaLabel = `Variants, ${tuning.precision}`;
  const json = () => JSON.stringify(tuning, null, 1);
  const buttons = make(
    'div',
    'form-end',
    button('Copy JSON', () => copy(json())),
    button('Save JSON', async () => save(json(), tuning.precision)),
    button('Clear', async () => {
      await forgetTuning(tuning);
      await showTunings(tuning.adapter);
      say('The table is gone.');
    }),
  );
  const title = make('h3', 'grid-title', `Variants, ${tuning.precision}`, ' ', make('span', 'muted', tuning.adapter));
  const block = make('section', 'tuning', title, scroller, buttons);
  block.dataset.precision = tuning.precision;
  return block;
}

function rowOf(row: Partial<TunedShape> & Pick<TunedShape, 'shape' | 'winner'>): HTMLElement {
  const { shape, layers, default: usual, winner, defaultUs, winnerUs } = row;
  const head = make('th', '', shape);
  head.scope = 'row';
  const gain = defaultUs && winnerUs && winner !== usual ? times(defaultUs / winnerUs) : '–';
  const cells = [layers, usual, winner, winnerUs && digits(winnerUs), gain].map((text) => make('td', 'number', String(text ?? '–')));
  return make('tr', winner === usual ? '' : 'ours', head, ...cells);
}

function button(words: string, act: () => Promise<void>): HTMLButtonElement {
  const made = make('button', 'button small', words);
  made.type = 'button';
  made.addEventListener('click', () => void act());
  return made;
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say('The JSON is on the clipboard: pass it to loadModel as tuning.');
  } catch {
    say('The browser refuses the clipboard. Save the JSON instead.');
  }
}

function save(text: string, precision: string): void {
  const link = make('a', '');
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.href = url;
  link.download = `resnet-webgpu-tuning-${precision}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  say(`Saved as ${link.download}.`);
}

function say(words: string): void {
  hint.textContent = words;
  announce(words);
}
