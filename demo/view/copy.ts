/** Buttons that copy a text, and briefly say whether it worked. */
import { announce, show } from './dom.ts';

const SAID_MS = 2000;

export function copiesOnPress(button: HTMLButtonElement, text: () => string): void {
  const name = button.textContent ?? '';
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Not allowed: select it';
    }
    announce(button.textContent);
    setTimeout(() => show(button, name), SAID_MS);
  });
}
