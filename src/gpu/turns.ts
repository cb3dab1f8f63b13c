/** Lets a few callers in immediately; the others wait in order. */
import { ResnetError } from '../util/errors.ts';

/** Of a model: runs under way at once; a third would only wait on the GPU and cost memory. */
export const MAX_IN_FLIGHT = 2;

export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Runs `use` when it is its turn. A caller whose signal fires before that never starts. */
  async take<T>(use: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#enter(signal);
    try {
      return await use();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }

  async #enter(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) throw abortedBeforeStart(signal);
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      // Who gives up must leave the queue, or it would swallow the turn of the next.
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(abortedBeforeStart(signal));
      };
      this.#waiting.push(enter);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }
}

function abortedBeforeStart(signal: AbortSignal | undefined): ResnetError {
  return new ResnetError('aborted', 'The call was aborted before it started.', { hint: 'Call again to retry.', cause: signal?.reason });
}
