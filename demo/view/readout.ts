/** The line under the masthead: what the page is doing right now. */
import type { Progress } from '../library.ts';
import { Overall } from '../logic/overall.ts';
import { progressWords } from '../logic/words.ts';
import { announce, element } from './dom.ts';

export type ReadoutState = 'busy' | 'ready' | 'live' | 'failed';

const line = element('readout', HTMLElement);
const text = element('readout-text', HTMLParagraphElement);
const bar = element('readout-bar', HTMLProgressElement);
const cancel = element('cancel', HTMLButtonElement);

/** The running load. */
let overall = new Overall();

export function showState(state: ReadoutState, words: string, aloud = true): void {
  line.dataset.state = state;
  text.textContent = words;
  overall = new Overall();
  bar.hidden = true;
  cancel.hidden = true;
  if (aloud) announce(words);
}

export function showProgress(progress: Progress): void {
  line.dataset.state = 'busy';
  text.textContent = progressWords(progress);
  bar.hidden = false;
  cancel.hidden = false;
  bar.value = overall.add(progress);
}

export function onCancel(handler: () => void): void {
  cancel.addEventListener('click', handler);
}
