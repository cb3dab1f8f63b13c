/** The contact sheet: every photo with its label, as a row of toggle buttons. */
import type { Photo } from '../catalog.ts';
import { type Reading, withoutAnswer } from '../logic/steps.ts';
import { percent } from '../logic/words.ts';
import { element, make, show } from './dom.ts';
import { blankIfUnreadable } from './pixels.ts';

const list = element('sheet', HTMLUListElement);
const buttons = new Map<string, HTMLButtonElement>();
for (const button of list.querySelectorAll<HTMLButtonElement>('button[data-photo]')) buttons.set(button.dataset.photo ?? '', button);

let choose: (id: string) => void = () => {};

export function onChoose(handler: (id: string) => void): void {
  choose = handler;
}

list.addEventListener('click', (event) => {
  const button = event.target instanceof Element ? event.target.closest<HTMLButtonElement>('button[data-photo]') : null;
  if (button?.dataset.photo) choose(button.dataset.photo);
});

export function addThumb(photo: Photo): void {
  const image = make('img', '');
  blankIfUnreadable(image);
  image.src = photo.url;
  image.alt = photo.alt;
  const label = make('span', 'thumb-label', '…');
  label.dataset.label = '';
  const button = make('button', 'thumb', image, make('span', 'thumb-name', photo.name), label);
  button.type = 'button';
  button.dataset.photo = photo.id;
  button.ariaPressed = 'false';
  buttons.set(photo.id, button);
  list.prepend(make('li', '', button));
}

export function removeThumb(id: string): void {
  buttons.get(id)?.closest('li')?.remove();
  buttons.delete(id);
}

export function markSelected(id: string | undefined): void {
  for (const [photo, button] of buttons) button.ariaPressed = String(photo === id);
}

export function showThumbLabel(id: string, reading: Reading | undefined): void {
  const label = buttons.get(id)?.querySelector('[data-label]');
  if (!label) return;
  const best = reading?.predictions?.[0];
  if (best) {
    // A long name is cut off, the number is not.
    const name = make('span', 'thumb-best', best.label);
    label.replaceChildren(name, ' ', make('span', '', percent(best.probability)));
  } else show(label, reading?.failure ? withoutAnswer(reading.failure) : '…');
}
