/**
 * The packed weights of a model on its device: one copy that the plans of all input sizes share. Also the weights that plans
 * derive from them on the GPU. These are freed with the last plan that holds them.
 */

import type { Precision } from '../kernels/lib/kernel.ts';
import { packWeights, type ReadTensor } from '../kernels/lib/pack.ts';
import type { DerivedWeights, PlannedWeights } from '../kernels/lib/step.ts';
import { align } from '../plan/memory.ts';
import type { Plan } from '../plan/types.ts';
import { disposed, ResnetError, throwIfAborted } from '../util/errors.ts';
import { USAGE } from './constants.ts';
import type { Engine } from './device.ts';
import { mebibytes } from './gpu-memory.ts';

/**
 * Weights share buffers of at most this size. One buffer for each weight would be hundreds. One for all would exceed the
 * limits of phones.
 */
const MAX_CHUNK_BYTES = 64 * 2 ** 20;

export class WeightStore {
  readonly #engine: Engine;
  readonly #ranges = new Map<string, { buffer: GPUBuffer; offset: number; size: number }>();
  readonly #chunks: GPUBuffer[] = [];
  /** Derived weights by key, with the number of plans that hold them. */
  readonly #derived = new Map<string, { buffer: GPUBuffer; users: number; made: Promise<void> }>();
  /** Derived weights to compute once the others are uploaded. */
  #pending: DerivedWeights[] | undefined = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get(key: string): GPUBufferBinding {
    const range = this.#ranges.get(key);
    if (!range) throw new Error(`weights were never uploaded: ${key}`);
    return range;
  }

  /** Makes the buffers. This is fast, and needs no byte of the checkpoint. */
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
          `the weights take ${mebibytes(weight.byteLength)}, but this device binds at most ${mebibytes(limit)}.`,
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

  /** Packs and uploads one tensor after the other, so that only one is in memory at a time. */
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
      // The model may be disposed while packing, and with it all buffers.
      if (!buffer || !this.#engine.memory.owns(buffer)) throw disposed();
      this.#engine.device.queue.writeBuffer(buffer, offset ?? 0, bytes);
      loaded += byteLength;
      onProgress?.(loaded, total);
    }
    const pending = this.#pending ?? [];
    this.#pending = undefined;
    const made = this.#derive(pending);
    this.#await(pending, made);
    // If the driver refused something, `hold` rejects for its callers, and they do without it.
    await made.catch((error) => {
      if (!this.#engine.pipelines.refused.has(error)) throw error;
    });
  }

  /**
   * Makes the weights that a plan derives, immediately or after the upload. If another plan already asked for them, waits for
   * those.
   */
  async hold({ derived }: Pick<Plan, 'derived'>): Promise<void> {
    const { memory, pipelines } = this.#engine;
    const missing = derived.filter(({ key }) => !this.#derived.has(key));
    const allocated = memory.guard(() => {
      for (const { key, layer, byteLength } of missing) {
        const buffer = memory.create('derived', layer, align(byteLength), USAGE.STORAGE | USAGE.COPY_SRC);
        this.#derived.set(key, { buffer, users: 0, made: Promise.resolve() });
        this.#ranges.set(key, { buffer, offset: 0, size: byteLength });
      }
    });
    const made = this.#pending
      ? Promise.all([allocated, ...missing.map(({ dispatch }) => pipelines.get(dispatch))]).then(() => undefined)
      : allocated.then(() => this.#derive(missing));
    this.#pending?.push(...missing);
    this.#await(missing, made);
    const held = derived.flatMap(({ key }) => this.#derived.get(key) ?? []);
    for (const entry of held) entry.users++;
    try {
      await Promise.all([made, ...held.map((entry) => entry.made)]);
    } catch (error) {
      this.#free(held);
      throw error;
    }
  }

  /** Every plan that shares these waits for `made`. */
  #await(derived: readonly DerivedWeights[], made: Promise<void>): void {
    // `hold` reports failures to whoever holds them.
    made.catch(() => undefined);
    for (const { key } of derived) {
      const entry = this.#derived.get(key);
      if (entry) entry.made = made;
    }
  }

  /** Frees what no plan holds any more. */
  release({ derived }: Pick<Plan, 'derived'>): void {
    this.#free(derived.flatMap(({ key }) => this.#derived.get(key) ?? []));
  }

  #free(held: readonly { buffer: GPUBuffer; users: number }[]): void {
    for (const entry of held) {
      if (--entry.users > 0) continue;
      this.#engine.memory.destroy(entry.buffer);
      for (const [key, other] of this.#derived) {
        if (other !== entry) continue;
        this.#derived.delete(key);
        this.#ranges.delete(key);
      }
    }
  }

  async #derive(wanted: readonly DerivedWeights[]): Promise<void> {
    const { device, pipelines, memory } = this.#engine;
    if (wanted.length === 0) return;
    // Weights whose kernel the driver refused are no longer held.
    const compiled = await Promise.all(wanted.map(({ key, dispatch }) => (this.#derived.has(key) ? pipelines.get(dispatch) : undefined)));
    const temporary: GPUBuffer[] = [];
    const create = (label: string, size: number, usage: number) => {
      const buffer = memory.create('staging', label, size, usage);
      temporary.push(buffer);
      return buffer;
    };
    try {
      await memory.guard(() => {
        const encoder = device.createCommandEncoder({ label: 'derive weights' });
        const pass = encoder.beginComputePass();
        const overflow = create('overflow', 4, USAGE.STORAGE);
        wanted.forEach(({ key, from, dispatch }, i) => {
          const pipeline = compiled[i];
          if (!pipeline || !this.#derived.has(key)) return;
          const words = Uint32Array.from([0, ...Object.values(dispatch.uniforms)]);
          const uniforms = create('uniforms', words.byteLength, USAGE.UNIFORM | USAGE.COPY_DST);
          device.queue.writeBuffer(uniforms, 0, words);
          const resources = [{ buffer: uniforms }, this.get(from), this.get(key)];
          pass.setPipeline(pipeline);
          pass.setBindGroup(0, this.#group(pipelines.layout(dispatch.bindings), resources));
          if (dispatch.precision === 'f16') pass.setBindGroup(1, this.#group(pipelines.overflowLayout, [{ buffer: overflow }]));
          pass.dispatchWorkgroups(...dispatch.workgroups);
        });
        pass.end();
        device.queue.submit([encoder.finish()]);
        this.#engine.submitted = { steps: wanted, from: 0, to: wanted.length };
      });
    } finally {
      // Submitted commands keep the buffers alive until they are done.
      for (const buffer of temporary) memory.destroy(buffer);
    }
  }

  #group(layout: GPUBindGroupLayout, resources: GPUBufferBinding[]): GPUBindGroup {
    return this.#engine.device.createBindGroup({ layout, entries: resources.map((resource, binding) => ({ binding, resource })) });
  }

  dispose(): void {
    for (const { buffer } of this.#derived.values()) this.#engine.memory.destroy(buffer);
    this.#derived.clear();
    for (const chunk of this.#chunks.splice(0)) this.#engine.memory.destroy(chunk);
    this.#ranges.clear();
  }
}
