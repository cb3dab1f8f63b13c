/** Copies results from the GPU to the CPU. */

import { USAGE } from './constants.ts';
import type { Engine } from './device.ts';
import { mapForReading } from './readback.ts';

/** What a run reads back, and how to decode it. */
export interface Reading<T> {
  buffer: GPUBuffer;
  /** From the start of the buffer. At most the size of the outputs. */
  byteLength: number;
  /** The bytes are no longer valid after it returns. */
  decode(bytes: ArrayBuffer): T;
}

/** Buffers for reading back. They are reused, so there are as many as the most runs that were ever in flight. */
export class Staging {
  readonly engine: Pick<Engine, 'device' | 'memory'>;
  /** The word that f16 kernels write if a value is out of range. It is read with the results. */
  readonly overflow: GPUBuffer | undefined;
  readonly #bytes: number;
  readonly #idle: GPUBuffer[] = [];
  readonly #all: GPUBuffer[] = [];

  /** @param bytes size of the largest reading */
  constructor(engine: Pick<Engine, 'device' | 'memory'>, bytes: number, overflow: GPUBuffer | undefined) {
    this.engine = engine;
    this.overflow = overflow;
    this.#bytes = bytes + (overflow ? 4 : 0);
  }

  /** An unmapped buffer, made if none is idle. So call it inside an error scope. */
  take(): GPUBuffer {
    const idle = this.#idle.pop();
    if (idle) return idle;
    const buffer = this.engine.memory.create('staging', 'readback', this.#bytes, USAGE.MAP_READ | USAGE.COPY_DST);
    this.#all.push(buffer);
    return buffer;
  }

  giveBack(buffer: GPUBuffer): void {
    this.#idle.push(buffer);
  }

  dispose(): void {
    for (const buffer of this.#all) this.engine.memory.destroy(buffer);
  }
}

/** One reading of one run: recorded with the run's last commands, mapped when they are submitted, read when the GPU is done. */
export class Readback<T> {
  readonly #from: Staging;
  readonly #reading: Reading<T>;
  #buffer: GPUBuffer | undefined;
  #mapped: Promise<unknown> | undefined;

  constructor(from: Staging, reading: Reading<T>) {
    this.#from = from;
    this.#reading = reading;
  }

  get #size(): number {
    return this.#reading.byteLength + (this.#from.overflow ? 4 : 0);
  }

  record(encoder: GPUCommandEncoder): void {
    const { overflow } = this.#from;
    const { buffer, byteLength } = this.#reading;
    this.#buffer = this.#from.take();
    encoder.copyBufferToBuffer(buffer, 0, this.#buffer, 0, byteLength);
    if (!overflow) return;
    encoder.copyBufferToBuffer(overflow, 0, this.#buffer, byteLength, 4);
    // The word is only cleared when it was read. So the next run that reads also reports overflows of runs that leave outputs on the GPU.
    encoder.clearBuffer(overflow);
  }

  /** Called right after the submit. Hearing first whether the commands were accepted would take time. */
  map(): void {
    this.#mapped = this.#buffer && mapForReading(this.#from.engine.device, this.#buffer, this.#size);
    this.#mapped?.catch(() => undefined);
  }

  /** @param overflowed throws the error for the word of a value that was out of range */
  async read(overflowed: (word: number) => never): Promise<T> {
    await this.#mapped;
    const buffer = this.#buffer as GPUBuffer;
    this.#buffer = undefined;
    try {
      const bytes = buffer.getMappedRange(0, this.#size);
      const word = this.#from.overflow ? new Uint32Array(bytes, this.#reading.byteLength, 1)[0] : 0;
      if (word) overflowed(word);
      return this.#reading.decode(bytes);
    } finally {
      buffer.unmap();
      this.#from.giveBack(buffer);
    }
  }

  /** After a failure. A buffer that is not mapped may still be pending, or may itself be the error. */
  drop(): void {
    if (this.#buffer) this.#from.engine.memory.destroy(this.#buffer);
  }
}
