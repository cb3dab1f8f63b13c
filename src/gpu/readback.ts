/** Waiting for a buffer that the GPU writes and the CPU reads. */
import { MAP_READ } from './constants.ts';

const NUDGE_INTERVAL_MS = 4;

/**
 * Resolves when the buffer is mapped for reading.
 *
 * Firefox looks for finished work on a timer of 100 ms, and at every submission
 * (https://bugzilla.mozilla.org/show_bug.cgi?id=1870699). So there, empty submissions follow until the buffer is mapped: a
 * readback of a tiny kernel took 103 ms without them and takes 5 ms with them (Firefox 153). To be deleted with the bug.
 */
export async function mapForReading(device: GPUDevice, buffer: GPUBuffer): Promise<void> {
  const mapped = buffer.mapAsync(MAP_READ);
  if (!/Firefox/.test(globalThis.navigator?.userAgent ?? '')) return mapped;
  const timer = setInterval(() => device.queue.submit([]), NUDGE_INTERVAL_MS);
  try {
    await mapped;
  } finally {
    clearInterval(timer);
  }
}
