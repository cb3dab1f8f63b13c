/** "How this file was read": a few lines under the network's facts. Each assumption has buttons that load the alternatives. */
import type { Model } from '../library.ts';
import { type Assumed, type Choice, fileReading } from '../logic/file-reading.ts';
import { element, fillFacts, make } from './dom.ts';

const title = element('file-reading-title', HTMLElement);
const facts = element('file-reading-facts', HTMLDListElement);
const list = element('file-reading-assumed', HTMLUListElement);

/** @param load called by an alternative's button */
export function showFileReading({ info }: Model, load: (choice: Choice) => void): void {
  const { facts: rows, assumed, warnings } = fileReading(info);
  fillFacts(facts, rows);
  list.replaceChildren(...assumed.map((one) => assumedItem(one, load)), ...warnings.map((text) => make('li', '', text)));
  list.hidden = assumed.length + warnings.length === 0;
  const count = assumed.length === 1 ? 'one assumption' : `${assumed.length} assumptions`;
  title.textContent = assumed.length === 0 ? 'How this file was read' : `How this file was read: ${count}`;
}

function assumedItem({ title: what, why, choices, others }: Assumed, load: (choice: Choice) => void): HTMLLIElement {
  const item = make('li', '', make('strong', '', `Assumed ${what}`), make('p', 'muted', why));
  if (others.length > 0) item.append(make('p', 'muted', `It could also be ${others.join(' or ')}.`));
  if (choices.length > 0) item.append(choiceList(choices, load));
  return item;
}

/** More would hide the other assumptions. */
const UNFOLDED = 3;

function choiceList(choices: readonly Choice[], load: (choice: Choice) => void): HTMLElement {
  const buttons = make('div', 'choices', ...choices.map((choice) => choiceButton(choice, load)));
  return choices.length > UNFOLDED ? make('details', '', make('summary', '', `${choices.length} alternatives`), buttons) : buttons;
}

export function choiceButton(choice: Choice, load: (choice: Choice) => void): HTMLButtonElement {
  const button = make('button', 'button quiet small', choice.text);
  button.type = 'button';
  button.addEventListener('click', () => load(choice));
  return button;
}
