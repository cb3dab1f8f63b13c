/**
 * Whether an earlier visit found a fault in this GPU (inspect/verify), which must be known before the first result. A fault is marked by an
 * empty cache: the core can look for one with a single line, and nearly all machines have none.
 */
const FAULTS = 'resnet-webgpu faults';

/** For this page or program, because Node has no cache. */
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
