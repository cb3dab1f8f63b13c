/** Splits long computations on the main thread, to leave time for frames and for the abort signal. */
import { throwIfAborted } from './errors.ts';

/** A third of a long task as browsers define it (50 ms), because a single step may take as long again. */
const SLICE_MS = 16;

export class Pace {
  readonly #signal: AbortSignal | undefined;
  #rested = performance.now();

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Whether it is time for `rest`. Check it first, because awaiting costs more than a short step. */
  get due(): boolean {
    return performance.now() - this.#rested > SLICE_MS;
  }

  /** Lets the page draw. @throws ResnetError `aborted` */
  async rest(): Promise<void> {
    throwIfAborted(this.#signal);
    // In browsers without scheduler.yield, timers run immediately up to five levels of nesting, then after 4 ms.
    await new Promise((resolve) => setTimeout(resolve));
    throwIfAborted(this.#signal);
    this.#rested = performance.now();
  }
}
