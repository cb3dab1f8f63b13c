/** The page's elements by id. They are checked once, so that a mistake in the markup fails immediately and by name. */

import { printable } from '../../src/util/show.ts';

export function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`The page has no <${type.name}> #${id}.`);
  return found;
}

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (className !== '') node.className = className;
  node.append(...children.map((child) => (typeof child === 'string' ? printable(child) : child)));
  return node;
}

/** Shows text with names that may be from a stranger's file. They are escaped, so that they cannot reorder it. */
export function show(node: Element, text: string): void {
  node.textContent = printable(text);
}

/** Fills a <dl> with rows of term and description. */
export function fillFacts(list: HTMLElement, facts: readonly (readonly [term: string, description: string])[]): void {
  list.replaceChildren(...facts.map(([term, description]) => make('div', '', make('dt', '', term), make('dd', '', description))));
}

const live = () => element('live', HTMLParagraphElement);

/** Announces it to screen readers, without moving the focus. */
export function announce(text: string): void {
  show(live(), text);
}
