/** The packed weights of a model on its device: one copy, shared by the plans of all input sizes. */
import { ResnetError, throwIfAborted } from '../errors.ts';
import type { Precision } from '../kernels/kernel.ts';
import { packWeights, type ReadTensor } from '../kernels/pack.ts';
import { align } from '../plan/memory.ts';
import type { PlannedWeights } from '../plan/types.ts';
import { USAGE } from './constants.ts';
import type { Engine } from './device.ts';
import { mebibytes } from './memory.ts';

/**
 * Weights share buffers of at most this size: a buffer each would be hundreds, one for all would exceed the limits of
 * phones.
 */
const MAX_CHUNK_BYTES = 64 * 2 ** 20;

export class WeightStore {
  readonly #engine: Engine;
  readonly #ranges = new Map<string, { buffer: GPUBuffer; offset: number; size: number }>();
  readonly #chunks: GPUBuffer[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get(key: string): GPUBufferBinding {
    const range = this.#ranges.get(key);
    if (!range) throw new Error(`weights were never uploaded: ${key}`);
    return range;
  }

  /** Makes the buffers; fast, and before any byte of the checkpoint is read. */
  async allocate(weights: readonly PlannedWeights[]): Promise<void> {
    const { memory, device } = this.#engine;
    const limit = device.limits.maxStorageBufferBindingSize;
    const missing = weights.filter(({ key }) => !this.#ranges.has(key));
    const chunks: PlannedWeights[][] = [];
    let room = 0;
    for (const weight of missing) {
      if (weight.byteLength > limit) {
        throw new ResnetError(
          'device-limits',
          `weights take ${mebibytes(weight.byteLength)}, this device binds ${mebibytes(limit)} at most.`,
          {
            layer: weight.layer,
            hint: "Pass precision: 'f16', or a device made with deviceDescriptor(adapter).",
          },
        );
      }
      const bytes = align(weight.byteLength);
      if (bytes > room) {
        chunks.push([]);
        room = Math.max(MAX_CHUNK_BYTES, bytes);
      }
      chunks.at(-1)?.push(weight);
      room -= bytes;
    }
    await memory.guard(() => {
      for (const chunk of chunks) {
        const size = chunk.reduce((sum, { byteLength }) => sum + align(byteLength), 0);
        const buffer = memory.create('weights', `weights ${this.#chunks.length}`, size, USAGE.STORAGE | USAGE.COPY_DST | USAGE.COPY_SRC);
        this.#chunks.push(buffer);
        let offset = 0;
        for (const { key, byteLength } of chunk) {
          this.#ranges.set(key, { buffer, offset, size: byteLength });
          offset += align(byteLength);
        }
      }
    });
  }

  /** Packs and uploads, one tensor after the other, so that one is in memory at a time. */
  async upload(
    weights: readonly PlannedWeights[],
    precision: Precision,
    read: ReadTensor,
    { signal, onProgress }: { signal?: AbortSignal; onProgress?: (loaded: number, total: number) => void } = {},
  ): Promise<void> {
    const total = weights.reduce((sum, { byteLength }) => sum + byteLength, 0);
    let loaded = 0;
    for (const { key, recipe, byteLength } of weights) {
      throwIfAborted(signal);
      const bytes = await packWeights(recipe, precision, read);
      const { buffer, offset } = this.#ranges.get(key) ?? {};
      if (buffer) this.#engine.device.queue.writeBuffer(buffer, offset ?? 0, bytes);
      loaded += byteLength;
      onProgress?.(loaded, total);
    }
  }

  dispose(): void {
    for (const chunk of this.#chunks.splice(0)) this.#engine.memory.destroy(chunk);
    this.#ranges.clear();
  }
}
