/** The executables of one device: one for each input size and set of outputs in use. */

import { ResnetError } from '../util/errors.ts';
import type { Executable } from './executable.ts';

/** Number of executables that are kept. Each has the activations of one input size and set of outputs. */
const MAX_EXECUTABLES = 4;

interface Entry {
  made: Promise<Executable>;
  /** Calls that use it right now. Such an executable is never evicted. */
  users: number;
  /** Whether a call failed on it. Then no other call uses it. */
  broken?: boolean;
}

/** Keeps an executable while a call uses it. */
export interface Hold {
  /** Rejects if it cannot be made. */
  executable: Promise<Executable>;
  /** Reports an error of the call. After an error of the GPU, no call uses the executable again. */
  failed(error: unknown): void;
  /** Call it once, at the end. */
  release(): void;
}

export class Executables {
  /** In order of use, least recently used first. */
  readonly #entries = new Map<string, Entry>();

  /** The executable with that key. It is made if necessary, and stays at least until the hold is released. */
  hold(key: string, make: () => Promise<Executable>): Hold {
    this.#discardForgotten();
    const kept = this.#entries.get(key);
    const entry = kept && !kept.broken ? kept : { made: make(), users: 0 };
    if (entry !== kept) entry.made.catch(() => this.#break(key, entry));
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.users++;
    return {
      executable: entry.made,
      failed: (error) => {
        if (!(error instanceof ResnetError) || BREAKS.has(error.code)) this.#break(key, entry);
      },
      release: () => {
        if (--entry.users === 0 && entry.broken) discard(entry);
        this.#evict();
      },
    };
  }

  #break(key: string, entry: Entry): void {
    entry.broken = true;
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
  }

  /** Keys of the executables in use. */
  get keys(): Iterable<string> {
    return this.#entries.keys();
  }

  /** The next calls make new ones. Until then a caller may still use what the last call left on the GPU. */
  forget(): void {
    for (const entry of this.#entries.values()) entry.broken = true;
  }

  #discardForgotten(): void {
    for (const [key, entry] of this.#entries) {
      if (!entry.broken || entry.users > 0) continue;
      this.#entries.delete(key);
      discard(entry);
    }
  }

  #evict(): void {
    for (const [key, { made, users }] of this.#entries) {
      if (this.#entries.size <= MAX_EXECUTABLES) return;
      if (users > 0) continue;
      this.#entries.delete(key);
      discard({ made });
    }
  }

  dispose(): void {
    for (const entry of this.#entries.values()) discard(entry);
    this.#entries.clear();
  }
}

/** GPU errors after which the contents of an executable's buffers are unknown, or whether they were made at all. */
const BREAKS = new Set(['out-of-memory', 'shader', 'disposed']);

function discard({ made }: Pick<Entry, 'made'>): void {
  made.then((executable) => executable.dispose()).catch(() => undefined);
}
