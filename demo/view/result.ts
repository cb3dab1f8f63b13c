/** The results for the current photo: verdict, bars, time, and the two pictures of evidence. */
import type { Prediction } from '../library.ts';
import { type Reading, withoutAnswer } from '../logic/steps.ts';
import { milliseconds, type Timing } from '../logic/timing.ts';
import { ofClasses, percent } from '../logic/words.ts';
import { element, make, show } from './dom.ts';
import { clearCanvas, drawHeat, drawTensor } from './pixels.ts';

const TOP = 5;

const title = element('result-title', HTMLHeadingElement);
const body = element('result-body', HTMLDivElement);
const label = element('verdict-label', HTMLSpanElement);
const share = element('verdict-share', HTMLSpanElement);
const of = element('verdict-of', HTMLSpanElement);
const aside = element('aside', HTMLParagraphElement);
const timeValue = element('time-value', HTMLSpanElement);
const timeNote = element('time-note', HTMLSpanElement);
const seen = element('seen', HTMLCanvasElement);
const seenNote = element('seen-note', HTMLSpanElement);
const heat = element('heat', HTMLCanvasElement);
const heatTitle = element('heat-title', HTMLElement);
const heatNote = element('heat-note', HTMLSpanElement);

/** The element with the answer. */
export const verdict = element('verdict', HTMLParagraphElement);

interface Bar {
  row: HTMLLIElement;
  button: HTMLButtonElement;
  name: HTMLSpanElement;
  number: HTMLSpanElement;
  fill: HTMLSpanElement;
}

const bars: Bar[] = Array.from({ length: TOP }, () => {
  const name = make('span', 'bar-name', '–');
  const number = make('span', 'bar-number number', '');
  const fill = make('span', 'bar-fill');
  const track = make('span', 'bar-track', fill);
  track.ariaHidden = 'true';
  const button = make('button', 'bar', name, number, track);
  button.type = 'button';
  return { row: make('li', '', button), button, name, number, fill };
});
element('bars', HTMLOListElement).append(...bars.map((bar) => bar.row));

/** @param choose called with the rank of the class whose evidence is requested */
export function onChooseClass(choose: (rank: number) => void): void {
  for (const [rank, { button }] of bars.entries()) button.addEventListener('click', () => choose(rank));
}

/** @param rank of the class whose evidence is shown. Undefined if there is none */
export function markClass(rank: number | undefined): void {
  for (const [at, { button }] of bars.entries()) {
    button.ariaPressed = String(at === rank);
    button.disabled = rank === undefined;
  }
}

/** Without a network, its empty displays would only be in the way. */
export function showInstruments(visible: boolean): void {
  body.hidden = !visible;
}

export function showHeading(text: string, note: string): void {
  title.textContent = text;
  aside.textContent = note;
}

/** @param classes of the network, if known. @param failure why there are none, and will not be any */
export function showPredictions(predictions: readonly Prediction[] | undefined, classes?: number, failure?: unknown): void {
  body.ariaBusy = String(predictions === undefined && failure === undefined);
  body.classList.toggle('without-answer', failure !== undefined);
  const best = predictions?.[0];
  show(label, best?.label ?? (failure === undefined ? '–' : withoutAnswer(failure)));
  share.textContent = best ? percent(best.probability) : '';
  of.textContent = best && classes ? ofClasses(classes) : '';
  bars.forEach(({ row, name, number, fill }, rank) => {
    const prediction = predictions?.[rank];
    row.hidden = predictions !== undefined && prediction === undefined;
    show(name, prediction?.label ?? '–');
    number.textContent = prediction ? percent(prediction.probability) : '';
    // Bars are scaled instead of resized. This needs no layout, so that a live camera stays smooth.
    fill.style.transform = `scaleX(${prediction?.probability ?? 0})`;
  });
}

export function showTiming(timing: Timing | undefined, what: string): void {
  timeValue.textContent = timing ? milliseconds(timing.median) : '–';
  timeNote.textContent = timing
    ? `median of ${timing.n} ${what}, the middle half ${milliseconds(timing.low)} to ${milliseconds(timing.high)}; from decoded picture to labels, read-back included`
    : what;
}

export function showEvidence(reading: Pick<Reading, 'seen' | 'heat'> | undefined, className: string | undefined): void {
  if (reading?.seen) {
    drawTensor(seen, reading.seen);
    seenNote.textContent = `${reading.seen.shape.at(-1)} × ${reading.seen.shape.at(-2)} pixels`;
  } else {
    clearCanvas(seen);
    seenNote.textContent = '–';
  }
  if (reading?.seen && reading.heat) {
    drawHeat(heat, reading.seen, reading.heat);
    show(heatTitle, className ? `Evidence for “${className}”` : 'Evidence');
    heatNote.textContent = 'class activation map';
  } else {
    clearCanvas(heat);
    heatTitle.textContent = 'Evidence';
    heatNote.textContent = reading?.heat === null ? 'this network has no class activation map' : '–';
  }
}
