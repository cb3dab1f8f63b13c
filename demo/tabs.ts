/** The page's tabs: one photo, a whole folder, your own classes. The address's fragment says which is open. */
import { element } from './view/dom.ts';

export const TABS = ['photo', 'folder', 'classes'] as const;
export type TabName = (typeof TABS)[number];

const tabs = TABS.map((name) => ({
  name,
  button: element(`open-${name}`, HTMLButtonElement),
  panel: element(`tab-${name}`, HTMLDivElement),
}));

const listeners = new Map<TabName, (panel: HTMLDivElement) => void>();
let current: TabName = 'photo';

/** @param open called once, when the tab is first opened */
export function onFirstOpen(name: TabName, open: (panel: HTMLDivElement) => void): void {
  listeners.set(name, open);
  if (current === name) begin(name);
}

function begin(name: TabName): void {
  const open = listeners.get(name);
  listeners.delete(name);
  const panel = tabs.find((tab) => tab.name === name)?.panel;
  if (open && panel) open(panel);
}

export function openedTab(): TabName {
  return current;
}

export function openTab(name: TabName): void {
  current = name;
  for (const tab of tabs) {
    const selected = tab.name === name;
    tab.button.ariaSelected = String(selected);
    // All tabs are one stop of the Tab key. Arrow keys move between them.
    tab.button.tabIndex = selected ? 0 : -1;
    tab.panel.hidden = !selected;
  }
  begin(name);
}

function tabOf(fragment: string): TabName {
  return TABS.find((name) => `#${name}` === fragment) ?? 'photo';
}

export function setUpTabs(): void {
  for (const [at, { name, button }] of tabs.entries()) {
    button.addEventListener('click', () => {
      openTab(name);
      history.replaceState(null, '', `${location.pathname}${location.search}${name === 'photo' ? '' : `#${name}`}`);
    });
    button.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const to = event.key === 'Home' ? 0 : event.key === 'End' ? tabs.length - 1 : step && (at + step + tabs.length) % tabs.length;
      if (to === undefined) return;
      event.preventDefault();
      tabs[to]?.button.focus();
    });
  }
  addEventListener('hashchange', () => openTab(tabOf(location.hash)));
  openTab(tabOf(location.hash));
}
