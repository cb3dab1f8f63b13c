/** Lets a few callers in immediately. The others wait in order. */
import { ResnetError } from '../util/errors.ts';

/** Runs of a model in flight. A third one would only wait for the GPU and take memory. */
export const MAX_IN_FLIGHT = 2;

export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Resolves when it is the caller's turn, who then has to `leave`. @throws ResnetError `aborted` for a signal that fires before that */
  async enter(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) throw abortedBeforeStart(signal);
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      // Whoever gives up must leave the queue, or the next caller would lose its turn.
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(abortedBeforeStart(signal));
      };
      this.#waiting.push(enter);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}

function abortedBeforeStart(signal: AbortSignal | undefined): ResnetError {
  return new ResnetError('aborted', 'The call was aborted before it started.', { hint: 'Call again to retry.', cause: signal?.reason });
}
