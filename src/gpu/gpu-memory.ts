/** Makes GPU buffers, counts their bytes by purpose, and frees them. */
import { disposed, ResnetError } from '../util/errors.ts';

export type Purpose = 'weights' | 'derived' | 'activations' | 'staging';

export class GpuMemory {
  readonly #device: GPUDevice;
  readonly #buffers = new Map<GPUBuffer, Purpose>();
  /** What `guard` is making right now. */
  #making: GPUBuffer[] = [];
  #closed = false;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /**
   * A zeroed buffer. Throws `device-limits` if it is larger than the device can make, and `disposed` after `close`: work that
   * goes on in the background ends there and leaves nothing on the device.
   */
  create(purpose: Purpose, label: string, size: number, usage: number): GPUBuffer {
    if (this.#closed) throw disposed();
    const limit = this.#device.limits.maxBufferSize;
    if (size > limit) {
      throw new ResnetError('device-limits', `needs a buffer of ${mebibytes(size)}, but this device makes at most ${mebibytes(limit)}.`, {
        layer: label,
        hint: "Use a smaller input or precision: 'f16'.",
      });
    }
    const buffer = this.#device.createBuffer({ label, size, usage });
    this.#buffers.set(buffer, purpose);
    this.#making.push(buffer);
    return buffer;
  }

  destroy(buffer: GPUBuffer): void {
    if (this.#buffers.delete(buffer)) buffer.destroy();
  }

  /** Whether the buffer was made here and was not destroyed since. */
  owns(buffer: GPUBuffer): boolean {
    return this.#buffers.has(buffer);
  }

  /** Destroys all buffers, and makes none from now on. */
  close(): void {
    this.#closed = true;
    for (const buffer of [...this.#buffers.keys()]) this.destroy(buffer);
  }

  bytes(purpose: Purpose): number {
    let sum = 0;
    for (const [buffer, of] of this.#buffers) if (of === purpose) sum += buffer.size;
    return sum;
  }

  /**
   * Runs `make` immediately, and turns what the device reports about it later into an error: no memory left, or refused commands,
   * which would leave the previous contents in place. In that case, frees the buffers that `make` made.
   */
  async guard<T>(make: () => T): Promise<T> {
    this.#device.pushErrorScope('out-of-memory');
    this.#device.pushErrorScope('validation');
    const made: GPUBuffer[] = [];
    this.#making = made;
    try {
      return await this.#judged(make);
    } catch (error) {
      for (const buffer of made) this.destroy(buffer);
      throw error;
    }
  }

  async #judged<T>(make: () => T): Promise<T> {
    let result: T;
    try {
      result = make();
    } catch (error) {
      await this.#popScopes();
      throw error;
    } finally {
      this.#making = [];
    }
    const [refused, exhausted] = await this.#popScopes();
    if (exhausted) {
      throw new ResnetError('out-of-memory', `The GPU is out of memory: ${exhausted.message}`, {
        hint: "Dispose models that are no longer needed, use a smaller batch or precision: 'f16'.",
      });
    }
    if (refused) {
      throw new ResnetError('shader', `The device refused a command: ${refused.message}`, {
        hint: 'Please report this with your browser, GPU and driver versions.',
      });
    }
    return result;
  }

  /** A lost device answers with a rejection. The loss itself is reported elsewhere. */
  #popScopes(): Promise<(GPUError | null)[]> {
    return Promise.all([0, 1].map(() => this.#device.popErrorScope().catch(() => null)));
  }
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 20 ? 3 : 1)} MiB`;
}
