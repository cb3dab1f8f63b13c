/** What the page remembers between visits. Storage may be blocked; then it remembers nothing. */
import { type Remembered, readRemembered } from './logic/offers.ts';

const KEY = 'network';

export function recall(): Remembered | undefined {
  try {
    return readRemembered(localStorage.getItem(KEY));
  } catch {
    return undefined;
  }
}

/** @param choice undefined for the page's own network */
export function remember(choice: Remembered | undefined): void {
  try {
    if (choice) localStorage.setItem(KEY, JSON.stringify(choice));
    else localStorage.removeItem(KEY);
  } catch {
    // The choice lasts until the page is closed.
  }
}
