/**
 * A network on one device: its weights, and the executables of the input sizes in use. A lost device takes its whole
 * deployment along; the session makes another.
 */

import { type Engine, type EngineOptions, openEngine } from '../gpu/device.ts';
import { Executable } from '../gpu/executable.ts';
import { WeightStore } from '../gpu/weights.ts';
import type { Precision } from '../kernels/lib/kernel.ts';
import type { ReadTensor } from '../kernels/lib/pack.ts';
import type { PlannedWeights } from '../kernels/lib/step.ts';
import type { Plan } from '../plan/types.ts';
import { ResnetError } from '../util/errors.ts';

/** Executables kept; each holds the activations of one input size and set of outputs. */
const MAX_EXECUTABLES = 4;

interface Entry {
  made: Promise<Executable>;
  /** Calls that use it right now; such a one is never evicted. */
  users: number;
  /** Whether a call failed on it: it is used by no other one. */
  broken?: boolean;
}

export class Deployment {
  readonly engine: Engine;
  readonly weights: WeightStore;
  /** In order of use, the longest unused first. */
  readonly #entries = new Map<string, Entry>();
  #loss: GPUDeviceLostInfo | undefined;

  private constructor(engine: Engine) {
    this.engine = engine;
    this.weights = new WeightStore(engine);
    engine.device.lost.then((info) => {
      this.#loss = info;
    });
  }

  static async open(options: EngineOptions): Promise<Deployment> {
    return new Deployment(await openEngine(options));
  }

  get loss(): GPUDeviceLostInfo | undefined {
    return this.#loss;
  }

  /** Whether the device is gone, also where its loss is reported only after the call that it broke. */
  async isLost(): Promise<boolean> {
    await Promise.race([this.engine.device.lost, new Promise((resolve) => setTimeout(resolve, 100))]);
    return this.#loss !== undefined;
  }

  lossError(): ResnetError {
    return new ResnetError('device-lost', `The GPU device was lost: ${this.#loss?.message || this.#loss?.reason || 'no reason given'}.`, {
      hint: this.engine.owned ? 'Load the model again.' : 'Make a new device and load the model on it.',
    });
  }

  /** Compiles the plan while the weights arrive, and returns when both are there. */
  async prepare(
    key: string,
    plan: Plan,
    weights: readonly PlannedWeights[],
    { precision, read, signal, onCompiled, onUploaded }: PrepareOptions,
  ): Promise<void> {
    await this.weights.allocate(weights);
    const compiled = this.use(
      key,
      () => Executable.create(this.engine, plan, this.weights, onCompiled),
      async () => undefined,
    );
    compiled.catch(() => undefined);
    await this.weights.upload(weights, precision, read, { signal, onProgress: onUploaded });
    await compiled;
  }

  /** Runs `use` on the executable of that key, made if it is not there, and kept until `use` is done. */
  async use<T>(key: string, make: () => Promise<Executable>, use: (executable: Executable) => Promise<T>): Promise<T> {
    const entry = this.#entries.get(key) ?? { made: make(), users: 0 };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.users++;
    let made = false;
    try {
      const executable = await entry.made;
      made = true;
      return await use(executable);
    } catch (error) {
      if (!made || !(error instanceof ResnetError) || BREAKS.has(error.code)) {
        entry.broken = true;
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      }
      throw error;
    } finally {
      if (--entry.users === 0 && entry.broken) discard(entry);
      this.#evict();
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

  /** Gives every byte back; a device of the library's own is destroyed, too. */
  dispose(): void {
    for (const entry of this.#entries.values()) discard(entry);
    this.#entries.clear();
    this.weights.dispose();
    this.engine.memory.destroyAll();
    if (this.engine.owned) this.engine.device.destroy();
  }
}

/** Errors of the GPU, after which nobody knows what is in an executable's buffers, or what of it was ever made. */
const BREAKS = new Set(['out-of-memory', 'shader', 'disposed']);

function discard({ made }: Pick<Entry, 'made'>): void {
  made.then((executable) => executable.dispose()).catch(() => undefined);
}

export interface PrepareOptions {
  precision: Precision;
  read: ReadTensor;
  signal?: AbortSignal;
  onCompiled?: (done: number, total: number) => void;
  onUploaded?: (loaded: number, total: number) => void;
}
