/**
 * Whether something was wrong with a GPU on an earlier visit (inspect/verify), which must be known before the first result. Told by a cache
 * that is there and empty: the core can ask for one in a line, and on nearly all machines there is none.
 */
export const FAULTS = 'resnet-webgpu faults';

export async function hasFaults(): Promise<boolean> {
  try {
    return await caches.has(FAULTS);
  } catch {
    // No caches here, or none for this page.
    return false;
  }
}
