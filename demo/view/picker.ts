/** The picker: every network that the page offers, with size and origin, before anything is fetched. */
import { downloadSize, type Offer } from '../logic/offers.ts';
import { element, make, show } from './dom.ts';

const list = element('offers', HTMLUListElement);
const which = element('which', HTMLParagraphElement);
const buttons = new Map<string, HTMLButtonElement>();

interface Card {
  id: string;
  name: string;
  /** To the right of the name. Screen readers and tooltips say what it is. */
  figure?: readonly [text: string, what: string];
  lines: readonly [string, string];
}

function addCard({ id, name, figure, lines }: Card, choose: () => void, first = false): void {
  const head = make('span', 'offer-head', make('span', 'offer-name', name));
  if (figure) head.append(make('span', 'offer-figure number', figure[0], make('span', 'unseen', ` ${figure[1]}`)));
  const button = make('button', 'offer', head, make('span', 'offer-line', lines[0]), make('span', 'offer-line', lines[1]));
  button.type = 'button';
  if (figure) button.title = `${figure[0]} ${figure[1]}`;
  button.dataset.offer = id;
  button.ariaPressed = 'false';
  button.addEventListener('click', choose);
  buttons.set(id, button);
  const item = make('li', '', button);
  if (first) list.prepend(item);
  else list.append(item);
}

function offerCard(offer: Offer, onBoard: boolean): Card {
  const { id, name, classes, bytes, accuracy, dataset, origin, licence } = offer;
  const size = onBoard ? 'on board' : downloadSize(bytes);
  return {
    id,
    name,
    figure: [`${accuracy.toFixed(1)} %`, `of the photos of ${dataset}’s test set named right`],
    lines: [`${classes} classes · ${size}`, `${origin} · ${licence}`],
  };
}

export interface PickerActions {
  choose(offer: Offer): void;
  openClasses(): void;
}

export function showOffers(bundled: Offer, hub: readonly Offer[], { choose, openClasses }: PickerActions): void {
  addCard(offerCard(bundled, true), () => choose(bundled));
  addCard(
    {
      id: 'classes',
      name: 'Your own classes',
      lines: ['from a few photos each', 'trained here, in seconds'],
    },
    openClasses,
  );
  for (const offer of hub) addCard(offerCard(offer, false), () => choose(offer));
}

/** A network that comes with the site, before all others. */
export function addOwnOffer(name: string, classes: number | undefined, bytes: number, choose: () => void): void {
  const known = classes === undefined ? 'features only' : `${classes} classes`;
  addCard({ id: 'own', name, lines: [`${known} · ${downloadSize(bytes)}`, 'from this site'] }, choose, true);
}

/** @param id of the offer in use. Undefined if it is not an offer */
export function markOffer(id: string | undefined): void {
  for (const [offer, button] of buttons) {
    button.ariaPressed = String(offer === id);
    button.classList.remove('loading');
  }
}

/** @param id of the offer that is being loaded */
export function markLoading(id: string | undefined): void {
  for (const [offer, button] of buttons) button.classList.toggle('loading', offer === id);
}

export function disableOffers(): void {
  for (const button of buttons.values()) button.disabled = true;
}

/** The network in use, and why. */
export function showWhich(text: string): void {
  show(which, text);
}
