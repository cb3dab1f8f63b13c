import { ResnetError, throwIfAborted } from '../util/errors.ts';
import { tagOf } from '../util/tag.ts';
import type { Segments } from './segments.ts';

/** Rejects with `aborted` as soon as the signal fires, whatever the promise does. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const stop = () => {
      try {
        throwIfAborted(signal);
      } catch (error) {
        reject(error);
      }
    };
    signal.addEventListener('abort', stop);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    stop();
  });
}

/**
 * Appends a stream to `bytes` and releases it, also if aborted.
 * @returns the error that broke the stream, undefined if it was read to its end
 */
export async function drain(
  stream: ReadableStream<Uint8Array>,
  bytes: Segments,
  signal: AbortSignal | undefined,
  onBytes: (loaded: number) => void,
): Promise<{ cause: unknown } | undefined> {
  const reader = stream.getReader();
  try {
    for (;;) {
      let chunk: ReadableStreamReadResult<Uint8Array>;
      try {
        chunk = await abortable(reader.read(), signal);
      } catch (cause) {
        throwIfAborted(signal);
        return { cause };
      }
      if (chunk.done) return undefined;
      if (tagOf(chunk.value) !== 'Uint8Array') {
        throw new ResnetError('usage', `The stream gives ${tagOf(chunk.value)}, not Uint8Array.`, {
          layer: 'weights',
          hint: 'Pass a stream of bytes, like response.body or blob.stream().',
        });
      }
      bytes.append(chunk.value);
      onBytes(bytes.size);
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}
