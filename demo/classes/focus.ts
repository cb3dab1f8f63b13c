/** Controls are off while something is under way, and a list is made anew afterwards; whoever uses the keyboard stays where they were. */

export interface Focused {
  element: HTMLElement;
  /** By which its successor is found. */
  label: string | null;
}

/** What has the focus inside of it. */
export function focusOf(root: HTMLElement): Focused | undefined {
  const element = document.activeElement;
  return element instanceof HTMLElement && root.contains(element) ? { element, label: element.getAttribute('aria-label') } : undefined;
}

/** Where nothing else has taken the focus: back to the same control, to that of the same name, or to the field for a new class. */
export function restoreFocus(root: HTMLElement, focused: Focused | undefined): void {
  if (!focused || document.activeElement !== document.body) return;
  const { element, label } = focused;
  const successor = [...root.querySelectorAll<HTMLElement>('[aria-label]')].find((other) => other.getAttribute('aria-label') === label);
  const target = element.isConnected ? element : (successor ?? root.querySelector<HTMLElement>('.classes-name'));
  target?.focus({ preventScroll: true });
}
