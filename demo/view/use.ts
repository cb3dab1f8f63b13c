/** "In your own page": how to install the library, and what the visitor just did as a program. */

import { projectLinks } from '../logic/repository.ts';
import { type Done, LANGUAGES, type Language, snippet } from '../logic/snippet.ts';
import { copiesOnPress } from './copy.ts';
import { element, make, show } from './dom.ts';

const code = element('snippet', HTMLElement);
const buttons = LANGUAGES.map((language) => {
  const button = make('button', 'button quiet small', language);
  button.type = 'button';
  button.addEventListener('click', () => {
    chosen = language;
    draw();
  });
  return button;
});
let chosen: Language = 'JavaScript';
let done: Done | undefined;

function draw(): void {
  LANGUAGES.forEach((language, at) => {
    const button = buttons[at];
    if (button) button.ariaPressed = String(language === chosen);
  });
  if (done) show(code, snippet(done, chosen));
}

/** @param what was just done. Properties that are left out stay unchanged */
export function showUse(what: Partial<Done>): void {
  done = { source: { arch: 'resnet50', weights: 'resnet50.pth' }, precision: 'f32', what: 'photo', ...done, ...what };
  draw();
}

export function setUpUse(): void {
  element('languages', HTMLDivElement).append(...buttons);
  copiesOnPress(element('copy-install', HTMLButtonElement), () => element('install', HTMLElement).textContent ?? '');
  copiesOnPress(element('copy-snippet', HTMLButtonElement), () => code.textContent ?? '');
  const links = element('links', HTMLUListElement);
  links.append(
    ...projectLinks().map(([text, address]) => {
      const link = make('a', '', text);
      link.href = address;
      return make('li', '', link);
    }),
  );
  links.hidden = links.children.length === 0;
  showUse({});
}
