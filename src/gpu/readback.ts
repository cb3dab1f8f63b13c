/** Waits for the GPU. */
import { ResnetError } from '../util/errors.ts';
import { MAP_READ } from './constants.ts';

const NUDGE_INTERVAL_MS = 4;

/**
 * Resolves when the first bytes of the buffer are mapped for reading.
 * @throws ResnetError `out-of-memory`, also if the device is lost. Its owner knows about the loss
 */
export function mapForReading(device: GPUDevice, buffer: GPUBuffer, byteLength = buffer.size): Promise<undefined> {
  return nudged(device, buffer.mapAsync(MAP_READ, 0, byteLength));
}

/** Resolves when everything that was submitted is done. */
export function workDone(device: GPUDevice): Promise<undefined> {
  return nudged(device, device.queue.onSubmittedWorkDone());
}

/**
 * Firefox checks for finished work every 100 ms, and at every submission
 * (https://bugzilla.mozilla.org/show_bug.cgi?id=1870699). So empty submissions follow there until the work is done. Reading back
 * a tiny kernel's result took 103 ms without them and takes 5 ms with them (Firefox 153). Delete this when the bug is fixed.
 */
async function nudged(device: GPUDevice, done: Promise<undefined>): Promise<undefined> {
  const isFirefox = /Firefox/.test(globalThis.navigator?.userAgent ?? '');
  const timer = isFirefox ? setInterval(() => device.queue.submit([]), NUDGE_INTERVAL_MS) : undefined;
  try {
    return await done;
  } catch (cause) {
    // Browsers reject with an AbortError if a device is lost. Here nobody asked for that.
    throw new ResnetError(
      'out-of-memory',
      `The results could not be read from the GPU: ${cause instanceof Error ? cause.message : cause}`,
      {
        hint: 'Call again, or load the model again.',
        cause,
      },
    );
  } finally {
    clearInterval(timer);
  }
}
