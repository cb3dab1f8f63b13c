/** Controls are disabled while something is running, and lists are made again afterwards. Keyboard users keep their position. */

export interface Focused {
  element: HTMLElement;
  /** Identifies the control's successor. */
  label: string | null;
}

/** The element inside it that has the focus. */
export function focusOf(root: HTMLElement): Focused | undefined {
  const element = document.activeElement;
  return element instanceof HTMLElement && root.contains(element) ? { element, label: element.getAttribute('aria-label') } : undefined;
}

/** If nothing else has taken the focus: moves it back to the same control, to one with the same name, or to the field for a new class. */
export function restoreFocus(root: HTMLElement, focused: Focused | undefined): void {
  if (!focused || document.activeElement !== document.body) return;
  const { element, label } = focused;
  const successor = [...root.querySelectorAll<HTMLElement>('[aria-label]')].find((other) => other.getAttribute('aria-label') === label);
  const target = element.isConnected ? element : (successor ?? root.querySelector<HTMLElement>('.classes-name'));
  target?.focus({ preventScroll: true });
}
