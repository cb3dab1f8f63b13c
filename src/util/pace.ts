/** Long computations on the main thread, in slices that leave room for frames and for the abort signal. */
import { throwIfAborted } from './errors.ts';

/** A third of what browsers call a long task (50 ms), since one step may take as long again. */
const SLICE_MS = 16;

export class Pace {
  readonly #signal: AbortSignal | undefined;
  #rested = performance.now();

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Whether it is time for `rest`; asked before it, since awaiting costs more than a short step. */
  get due(): boolean {
    return performance.now() - this.#rested > SLICE_MS;
  }

  /** Lets the page draw. @throws ResnetError `aborted` */
  async rest(): Promise<void> {
    throwIfAborted(this.#signal);
    // Timers come immediately in browsers without scheduler.yield, if not nested deeper than five: then after 4 ms.
    await new Promise((resolve) => setTimeout(resolve));
    throwIfAborted(this.#signal);
    this.#rested = performance.now();
  }
}
