/** Rows of f16 values in GPU memory, and their dot products with a vector. search.wgsl defines the layout. */
import { ResnetError } from '../util/errors.ts';
import shader from './search.wgsl?raw';

export const BLOCK = 64;

// The same as in src/gpu/constants.ts, which belongs to the core. Node has no GPUBufferUsage.
const MAP_READ = 1;
const COPY_SRC = 4;
const COPY_DST = 8;
const UNIFORM = 64;
const STORAGE = 128;

export class GpuRows {
  readonly device: GPUDevice;
  readonly #pairs: number;
  /** Blocks in a buffer, within the device's limits. */
  readonly #span: number;
  readonly #pipeline: GPUComputePipeline;
  readonly #query: GPUBuffer;
  readonly #buffers: GPUBuffer[] = [];
  /** Why the driver refuses the kernel, if it does. Known before the first search has a result. */
  readonly refused: Promise<string | undefined>;

  /** @param pairs number of pairs of f16 values in a row @throws ResnetError `device-limits` */
  constructor(device: GPUDevice, pairs: number) {
    const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
    this.device = device;
    this.#pairs = pairs;
    this.#span = Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize) / this.blockBytes);
    if (this.#span < 1) {
      throw new ResnetError('device-limits', `64 rows of ${2 * pairs} f16 values do not fit into a buffer of this GPU.`, {
        hint: 'Use another model.',
      });
    }
    device.pushErrorScope('internal');
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ label: 'search', code: shader });
    this.#pipeline = device.createComputePipeline({ label: 'search', layout: 'auto', compute: { module, entryPoint: 'main' } });
    // A lost device does not answer. The search on it fails by itself.
    const scopes = [0, 1].map(() => device.popErrorScope().catch(() => null));
    this.refused = Promise.all(scopes).then((errors) => errors.find((error) => error !== null)?.message);
    this.#query = device.createBuffer({ label: 'query', size: 8 * pairs, usage: STORAGE | COPY_DST });
  }

  get blockBytes(): number {
    return this.#pairs * BLOCK * 4;
  }

  /** @param words of one block */
  write(block: number, words: Uint32Array<ArrayBuffer>): void {
    const [at, within] = [Math.floor(block / this.#span), block % this.#span];
    while (this.#buffers.length <= at) this.#buffers.push(this.#grown(undefined, 1));
    let buffer = this.#buffers[at] as GPUBuffer;
    if (buffer.size < (within + 1) * this.blockBytes) {
      buffer = this.#grown(buffer, within + 1);
      this.#buffers[at] = buffer;
    }
    this.device.queue.writeBuffer(buffer, within * this.blockBytes, words);
  }

  /** Doubles each time, so that n rows are copied once on average. */
  #grown(old: GPUBuffer | undefined, blocks: number): GPUBuffer {
    const size = Math.min(this.#span, Math.max(blocks, 2 * ((old?.size ?? 0) / this.blockBytes))) * this.blockBytes;
    const buffer = this.device.createBuffer({ label: 'rows', size, usage: STORAGE | COPY_SRC | COPY_DST });
    if (old) {
      const encoder = this.device.createCommandEncoder();
      encoder.copyBufferToBuffer(old, 0, buffer, 0, old.size);
      this.device.queue.submit([encoder.finish()]);
      old.destroy();
    }
    return buffer;
  }

  /**
   * Dot products with the first `count` rows.
   * @param query two floats for each pair
   * @throws ResnetError `out-of-memory`, `device-lost`
   */
  async similarities(query: Float32Array<ArrayBuffer>, count: number): Promise<Float32Array> {
    const { device } = this;
    const blocks = Math.ceil(count / BLOCK);
    device.pushErrorScope('out-of-memory');
    device.queue.writeBuffer(this.#query, 0, query);
    const size = blocks * BLOCK * 4;
    const result = device.createBuffer({ label: 'similarities', size, usage: STORAGE | COPY_SRC });
    const staging = device.createBuffer({ label: 'similarities', size, usage: MAP_READ | COPY_DST });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(this.#pipeline);
    const uniforms: GPUBuffer[] = [];
    for (const [at, rows] of this.#buffers.entries()) {
      const here = Math.min(this.#span, blocks - at * this.#span);
      if (here <= 0) break;
      const across = Math.min(here, 0x8000);
      const uniform = device.createBuffer({ size: 16, usage: UNIFORM | COPY_DST });
      uniforms.push(uniform);
      device.queue.writeBuffer(uniform, 0, new Uint32Array([here, this.#pairs, at * this.#span * BLOCK, across]));
      const buffers = [rows, this.#query, result, uniform];
      const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
      pass.setBindGroup(0, device.createBindGroup({ layout: this.#pipeline.getBindGroupLayout(0), entries }));
      pass.dispatchWorkgroups(across, Math.ceil(here / across));
    }
    pass.end();
    encoder.copyBufferToBuffer(result, 0, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    const [error, mapped] = await Promise.all([
      device.popErrorScope().catch(() => null),
      staging.mapAsync(MAP_READ).then(
        () => true,
        () => false,
      ),
    ]);
    try {
      if (error) throw noMemory(count);
      if (!mapped) {
        throw new ResnetError('device-lost', 'The GPU device was lost during the search.', { layer: 'index', hint: 'Search again.' });
      }
      return new Float32Array(staging.getMappedRange().slice(0)).subarray(0, count);
    } finally {
      for (const buffer of [result, staging, ...uniforms]) buffer.destroy();
    }
  }

  dispose(): void {
    for (const buffer of [...this.#buffers.splice(0), this.#query]) buffer.destroy();
  }
}

export function noMemory(count: number): ResnetError {
  return new ResnetError('out-of-memory', `The GPU has no memory for ${count} rows.`, {
    layer: 'index',
    hint: 'Keep fewer images, or close other tabs.',
  });
}
