/** Makes GPU buffers, counts their bytes by purpose, and frees them. */
import { ResnetError } from '../errors.ts';

export type Purpose = 'weights' | 'activations' | 'staging';

export class GpuMemory {
  readonly #device: GPUDevice;
  readonly #buffers = new Map<GPUBuffer, Purpose>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** A zeroed buffer. Throws `device-limits` where it is larger than the device can make. */
  create(purpose: Purpose, label: string, size: number, usage: number): GPUBuffer {
    const limit = this.#device.limits.maxBufferSize;
    if (size > limit) {
      throw new ResnetError('device-limits', `needs a buffer of ${mebibytes(size)}, this device makes ${mebibytes(limit)} at most.`, {
        layer: label,
        hint: "Use a smaller input or precision: 'f16'.",
      });
    }
    const buffer = this.#device.createBuffer({ label, size, usage });
    this.#buffers.set(buffer, purpose);
    return buffer;
  }

  destroy(buffer: GPUBuffer): void {
    if (this.#buffers.delete(buffer)) buffer.destroy();
  }

  destroyAll(): void {
    for (const buffer of [...this.#buffers.keys()]) this.destroy(buffer);
  }

  bytes(purpose: Purpose): number {
    let sum = 0;
    for (const [buffer, of] of this.#buffers) if (of === purpose) sum += buffer.size;
    return sum;
  }

  /**
   * Runs `make` and turns running out of GPU memory within it into an error; WebGPU tells of that only afterwards.
   */
  async guard<T>(make: () => T): Promise<T> {
    this.#device.pushErrorScope('out-of-memory');
    let result: T | undefined;
    let thrown: unknown;
    try {
      result = make();
    } catch (error) {
      thrown = error;
    }
    // A lost device answers with a rejection; the loss itself is reported elsewhere.
    const found = await this.#device.popErrorScope().catch(() => null);
    if (found) {
      throw new ResnetError('out-of-memory', `The GPU is out of memory: ${found.message}`, {
        hint: "Dispose models that are no longer needed, use a smaller batch or precision: 'f16'.",
        cause: thrown,
      });
    }
    if (thrown !== undefined) throw thrown;
    return result as T;
  }
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 20 ? 3 : 1)} MiB`;
}
