/** The doctor's page: verdict, GPU, table of checks, faults. */
import { bytes } from '../logic/words.ts';
import { announce, element, fillFacts, make, show } from '../view/dom.ts';
import { clearNotice, showAdvice } from '../view/notice.ts';
import type { NoGpu } from './gpu.ts';
import { type GpuFacts, gpuName } from './report.ts';
import { PRECISIONS, power, type Result, type Titled, type Verdict, worst } from './results.ts';

const readout = element('readout', HTMLElement);
const readoutText = element('readout-text', HTMLParagraphElement);
const bar = element('readout-bar', HTMLProgressElement);
const cancel = element('cancel', HTMLButtonElement);
const diagnosis = element('verdict', HTMLDivElement);
const word = element('word', HTMLParagraphElement);
const sentence = element('sentence', HTMLParagraphElement);
const notice = element('notice', HTMLDivElement);
const table = element('checks', HTMLTableElement);
const faultsPanel = element('faults-panel', HTMLElement);
const faults = element('faults', HTMLUListElement);

const cells = new Map<string, HTMLTableCellElement>();

export function showState(state: 'busy' | 'ready' | 'failed' | 'idle', words: string): void {
  readout.dataset.state = state;
  readoutText.textContent = words;
  bar.hidden = cancel.hidden = state !== 'busy';
  if (state === 'busy') {
    diagnosis.ariaBusy = 'true';
    delete diagnosis.dataset.tone;
    word.textContent = 'Checking';
  }
  announce(words);
}

/** Not spoken each time, because the table has the same content. */
export function showProgress(words: string, share: number): void {
  readoutText.textContent = words;
  bar.value = share;
}

export function onCancel(handler: () => void): void {
  cancel.addEventListener('click', handler);
}

export function showVerdict(verdict: Verdict): void {
  diagnosis.ariaBusy = 'false';
  diagnosis.dataset.tone = verdict.tone;
  show(word, verdict.word);
  show(sentence, verdict.sentence);
  announce(`${verdict.word} ${verdict.sentence}`);
}

/** @param remedies what to do. Empty if there is nothing to do */
export function showRemedies(what: string, why: string, remedies: readonly string[]): void {
  if (remedies.length === 0) clearNotice(notice);
  else showAdvice(notice, what, why, remedies);
}

/** What the optional features are used for. */
const FEATURES: Readonly<Record<string, string>> = {
  'timestamp-query': 'times of single layers are exact',
  'shader-f16': 'f16 models use f16 arithmetic where it pays (AMD)',
  subgroups: 'used on processors only',
};

export function showGpu(gpu: GpuFacts | undefined, browser: string): void {
  show(element('gpu-name', HTMLParagraphElement), gpu ? gpuName(gpu) : 'No WebGPU');
  const limits = element('limits', HTMLDetailsElement);
  limits.hidden = gpu === undefined;
  const facts: [string, string][] = [['Browser', browser]];
  if (gpu) {
    facts.unshift(['Vendor', gpu.vendor || 'not told'], ['Architecture', gpu.architecture || 'not told']);
    facts.push(['Kind', gpu.software ? 'a processor that plays GPU' : 'GPU']);
    for (const [name, use] of Object.entries(FEATURES))
      facts.push([name, gpu.features.includes(name) ? `yes: ${use}` : 'no; nothing needs it']);
    const { maxBufferSize = 0, maxStorageBufferBindingSize = 0 } = gpu.limits;
    facts.push(['Buffers', `up to ${bytes(Math.min(maxBufferSize, maxStorageBufferBindingSize))} bound`]);
    fillFacts(
      element('gpu-limits', HTMLDListElement),
      Object.entries(gpu.limits).map(([name, value]) => [name, String(value)]),
    );
  }
  fillFacts(element('gpu-facts', HTMLDListElement), facts);
}

export function setUpTable(checks: readonly (Titled & { what: string })[]): void {
  const [body] = table.tBodies;
  for (const { id, title, what } of checks) {
    const head = make('th', '', title, make('span', 'muted', what));
    head.scope = 'row';
    const row = make('tr', '', head);
    for (const precision of PRECISIONS) {
      const cell = make('td', '');
      cells.set(`${id} ${precision}`, cell);
      row.append(cell);
    }
    body?.append(row);
  }
}

const WORDS: Record<Result['state'], string> = {
  waiting: '–',
  running: 'running',
  right: 'right',
  wrong: 'wrong',
  failed: 'failed',
  'left-out': 'left out',
};

export function showResults(results: readonly Result[]): void {
  for (const result of results) {
    const cell = cells.get(`${result.check} ${result.precision}`);
    if (!cell || cell.dataset.state === result.state) continue;
    cell.dataset.state = result.state;
    const state = make('span', 'state', WORDS[result.state]);
    state.dataset.state = result.state;
    cell.replaceChildren(state);
    const most = worst(result);
    if (most && result.state !== 'running') cell.append(make('span', 'number', power(most.error)));
  }
}

export function clearResults(): void {
  for (const cell of cells.values()) {
    cell.replaceChildren();
    delete cell.dataset.state;
  }
  faultsPanel.hidden = true;
  clearNotice(notice);
}

/** More of the same check would only repeat it. */
const MOST = 5;

export function showFaults(results: readonly Result[], checks: readonly Titled[]): void {
  const items = results.flatMap(({ check, precision, compared, failure }) => {
    const wrong = compared.filter(({ pass }) => !pass);
    if (wrong.length === 0 && !failure) return [];
    const item = make('li', '', make('strong', '', `${checks.find(({ id }) => id === check)?.title} in ${precision}`));
    for (const { name, kernel, error } of wrong.slice(0, MOST)) {
      item.append(make('p', '', `${name}: off by ${power(error)}`, ...(kernel === '' ? [] : [make('span', 'muted', ` (${kernel})`)])));
    }
    if (wrong.length > MOST) item.append(make('p', 'muted', `and ${wrong.length - MOST} more of ${compared.length}`));
    if (failure) item.append(make('p', '', failure.what), make('p', 'muted', failure.remedy));
    return item;
  });
  faults.replaceChildren(...items);
  faultsPanel.hidden = items.length === 0;
}

export function showNoGpu({ message, why, remedies }: NoGpu): void {
  showVerdict({ tone: 'bad', word: 'No.', sentence: message });
  showRemedies(message, why, remedies);
}
