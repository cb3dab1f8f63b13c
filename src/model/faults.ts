/**
 * Whether something was wrong with a GPU on an earlier visit (inspect/verify), which must be known before the first result. Told by a cache
 * that is there and empty: the core can ask for one in a line, and on nearly all machines there is none.
 */
const FAULTS = 'resnet-webgpu faults';

/** Of this page or program; in Node there is no cache. */
let found = false;

export async function markFaults(): Promise<void> {
  found = true;
  try {
    await caches.open(FAULTS);
  } catch {
    // Known as long as this page lives.
  }
}

export async function hasFaults(): Promise<boolean> {
  try {
    return found || (await caches.has(FAULTS));
  } catch {
    // No caches here, or none for this page.
    return false;
  }
}
