/** The tab "Your own classes". Fetched when it is opened. */
import type { Host } from '../host.ts';

/** @param root the tab's panel, empty */
export function openClasses(root: HTMLElement, host: Host): void {
  host.onModel((_, network) => {
    root.dataset.network = network.name;
  });
}
