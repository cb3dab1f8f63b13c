/** Search by similarity: embeddings of unit length as f16 values. They are kept here, and from the first search on also on the GPU. */

import type { Bytes } from '../api/bytes.ts';
import type { CallOptions, ImageSource, Model } from '../api/types.ts';
import { readCheckpoint } from '../checkpoint/read.ts';
import { halfBits, halfValue } from '../kernels/lib/half.ts';
import { type ModelParts, partsOf } from '../model/model.ts';
import { ResnetError } from '../util/errors.ts';
import { floatsFromBase64, floatsToBase64 } from './base64.ts';
import { BLOCK, GpuRows, noMemory } from './gpu-rows.ts';
import { checkProbe, embedded, probeOf } from './model-probe.ts';
import { unit } from './nearest.ts';
import type { ImageIndex } from './types.ts';
import { safetensors } from './write-safetensors.ts';

const CARD = 'resnet-webgpu-index';
const TENSOR = 'embeddings';

export async function createIndex(model: Model, from?: Uint8Array): Promise<ImageIndex> {
  const parts = partsOf.get(model);
  if (!parts) {
    const hint = 'Pass what loadModel() gave, from the same copy of resnet-webgpu.';
    throw new ResnetError('usage', 'This is not a model.', { layer: 'model', hint });
  }
  const probe = await probeOf(model);
  const index = new Index(model, probe, parts.report);
  if (from !== undefined) await index.fill(from);
  return index;
}

/** Rows of each search that the CPU also computes. This takes microseconds, and reveals a kernel that is wrong. */
const SAMPLES = 8;

/** Tolerance for a similarity, which is at most 1. Sums of 2048 products in float32 are off by 1e-6. */
const MAX_ERROR = 1e-4;

class Index implements ImageIndex {
  readonly #model: Model;
  readonly #probe: Float32Array;
  readonly #ids: string[] = [];
  readonly #places = new Map<string, number>();
  readonly #length: number;
  /** Capacity x length. The capacity doubles. */
  #values = new Uint16Array();
  readonly #stale = new Set<number>();
  readonly #report: ModelParts['report'];
  #gpu: GpuRows | undefined;
  /** Whether the CPU searches, because the GPU cannot, or does it wrongly. */
  #alone = false;
  /** Settles like the last upload. */
  #uploaded: Promise<GPUError | null> = Promise.resolve(null);

  constructor(model: Model, probe: Float32Array, report: ModelParts['report']) {
    this.#model = model;
    this.#report = report;
    this.#probe = probe;
    this.#length = probe.length;
  }

  get size(): number {
    return this.#ids.length;
  }

  async add(id: string, image: ImageSource, options?: CallOptions): Promise<void> {
    if (typeof id !== 'string')
      throw new ResnetError('usage', `${JSON.stringify(id)} is not an id.`, { layer: 'id', hint: 'Pass a string.' });
    const row = unit(await embedded(this.#model, image, options));
    this.#put(id, Uint16Array.from(row, halfBits));
  }

  #put(id: string, row: Uint16Array): void {
    const at = this.#places.get(id) ?? this.#ids.length;
    if ((at + 1) * this.#length > this.#values.length) this.#reserve(Math.max(BLOCK, (2 * this.#values.length) / this.#length));
    this.#values.set(row, at * this.#length);
    this.#ids[at] = id;
    this.#places.set(id, at);
    this.#stale.add(Math.floor(at / BLOCK));
  }

  #reserve(rows: number): void {
    const larger = new Uint16Array(rows * this.#length);
    larger.set(this.#values);
    this.#values = larger;
  }

  /** The last image takes its index. */
  remove(id: string): void {
    const at = this.#places.get(id);
    if (at === undefined) {
      throw new ResnetError('usage', `There is no image '${id}'.`, {
        layer: 'id',
        hint: `Use an id that was added; there are ${this.size}.`,
      });
    }
    const from = this.size - 1;
    const last = this.#ids[from] as string;
    this.#values.copyWithin(at * this.#length, from * this.#length, (from + 1) * this.#length);
    this.#ids[at] = last;
    this.#ids.length = from;
    this.#places.set(last, at);
    this.#places.delete(id);
    this.#stale.add(Math.floor(at / BLOCK));
  }

  async search(image: ImageSource, k = 10, options?: CallOptions): Promise<{ id: string; similarity: number }[]> {
    if (!Number.isInteger(k) || k < 1) {
      throw new ResnetError('usage', `${k} is not a number of images.`, { layer: 'k', hint: 'Pass a whole number from 1.' });
    }
    const query = unit(await embedded(this.#model, image, options));
    const padded = new Float32Array(2 * Math.ceil(this.#length / 2));
    padded.set(query);
    // Images may be added and removed before the result arrives.
    const [similarities, ids] = (this.#alone ? undefined : await this.#onGpu(padded)) ?? this.#onProcessor(query);
    return largest(similarities, k).map((at) => ({ id: ids[at] as string, similarity: similarities[at] as number }));
  }

  /** Undefined if the GPU's kernel is unusable, which is reported once. */
  async #onGpu(query: Float32Array<ArrayBuffer>): Promise<[Float32Array, string[]] | undefined> {
    let gpu: GpuRows;
    do {
      if (this.size === 0) return [new Float32Array(), []];
      gpu = this.#upload();
      const error = await this.#uploaded;
      // Nothing of it can be trusted. The next search writes everything again.
      if (error && this.#gpu === gpu) this.dispose();
      if (error) throw noMemory(this.size);
      const refused = await gpu.refused;
      if (refused !== undefined) return this.#goAlone(`the driver refused it (${refused.split('\n')[0]})`);
    } while (this.#stale.size > 0 || this.#gpu !== gpu);
    const ids = this.#ids.slice();
    const samples = Array.from({ length: SAMPLES }, (_, i) => Math.floor((i * (ids.length - 1)) / (SAMPLES - 1)));
    const expected = samples.map((at) => this.#similarity(at, query));
    const similarities = await gpu.similarities(query, ids.length);
    const isRight = samples.every((at, i) => Math.abs((similarities[at] ?? Number.NaN) - (expected[i] ?? 0)) < MAX_ERROR);
    return isRight ? [similarities, ids] : this.#goAlone('it computes something else on this GPU');
  }

  #onProcessor(query: Float32Array): [Float32Array, string[]] {
    const ids = this.#ids.slice();
    return [Float32Array.from(ids, (_, at) => this.#similarity(at, query)), ids];
  }

  /** The row at this index. */
  #similarity(at: number, query: Float32Array): number {
    const start = at * this.#length;
    let sum = 0;
    for (let i = 0; i < this.#length; i++) sum += halfValue(this.#values[start + i] ?? 0) * (query[i] ?? 0);
    return sum;
  }

  #goAlone(reason: string): undefined {
    if (!this.#alone) this.#report.warnings.push(`[index] search: ${reason}. In its place: the processor, which is slower.`);
    this.#alone = true;
    this.dispose();
  }

  /** The changed rows. All rows if the device is another one, because the old one was lost. */
  #upload(): GpuRows {
    const { device } = this.#model;
    const pairs = Math.ceil(this.#length / 2);
    if (this.#gpu?.device === device && this.#stale.size === 0) return this.#gpu;
    device.pushErrorScope('out-of-memory');
    try {
      if (this.#gpu?.device !== device) {
        this.#gpu?.dispose();
        this.#gpu = new GpuRows(device, pairs);
        for (let block = 0; block * BLOCK < this.size; block++) this.#stale.add(block);
      }
      this.#write(this.#gpu, pairs);
      return this.#gpu;
    } finally {
      // A lost device does not answer. The search on it fails by itself.
      this.#uploaded = device.popErrorScope().catch(() => null);
    }
  }

  #write(gpu: GpuRows, pairs: number): void {
    const words = new Uint32Array(pairs * BLOCK);
    for (const block of this.#stale) {
      words.fill(0);
      const rows = Math.min(BLOCK, this.size - block * BLOCK);
      for (let row = 0; row < rows; row++) {
        const start = (block * BLOCK + row) * this.#length;
        for (let i = 0; i < this.#length; i++) {
          const at = (i >> 1) * BLOCK + row;
          words[at] = (words[at] as number) | ((this.#values[start + i] as number) << (i & 1 ? 16 : 0));
        }
      }
      if (rows > 0) gpu.write(block, words);
    }
    this.#stale.clear();
  }

  async toSafetensors(): Promise<Bytes> {
    const values = this.#values.slice(0, this.size * this.#length);
    const card = { version: 1, arch: this.#model.info.arch, probe: floatsToBase64(this.#probe), ids: this.#ids };
    const entry = { dtype: 'F16' as const, shape: [this.size, this.#length], bytes: new Uint8Array(values.buffer) };
    return safetensors(new Map([[TENSOR, entry]]), { [CARD]: JSON.stringify(card) });
  }

  async fill(bytes: Uint8Array): Promise<void> {
    const { metadata, tensors } = await readCheckpoint(bytes);
    const card = parsed(metadata[CARD]);
    const tensor = tensors.get(TENSOR);
    const { ids, arch, probe } = card;
    const whole = Array.isArray(ids) && ids.every((id) => typeof id === 'string') && new Set(ids).size === ids.length;
    if (card.version !== 1 || !whole || !tensor) {
      const hint = 'Pass what toSafetensors() gave, as a Uint8Array.';
      throw new ResnetError('checkpoint-format', 'The bytes are not an index of images.', { layer: 'index', hint });
    }
    checkProbe(this.#probe, floatsFromBase64(probe, this.#length), 'index', this.#model.info.arch, String(arch));
    const { data, shape } = await tensor.read();
    if (shape[0] !== ids.length || shape[1] !== this.#length || !data.every(Number.isFinite)) {
      throw new ResnetError('checkpoint-format', `The index has ${ids.length} ids and embeddings of [${shape.join(', ')}].`, {
        layer: 'index',
        hint: 'Save it again with toSafetensors().',
      });
    }
    this.#reserve(ids.length);
    ids.forEach((id, i) => {
      this.#put(id, Uint16Array.from(data.subarray(i * this.#length, (i + 1) * this.#length), halfBits));
    });
  }

  dispose(): void {
    this.#gpu?.dispose();
    this.#gpu = undefined;
  }
}

function parsed(text: unknown): { version?: unknown; arch?: unknown; probe?: unknown; ids?: unknown } {
  try {
    return JSON.parse(String(text)) ?? {};
  } catch {
    return {};
  }
}

/** Indices of the k largest values, largest first. Among equals, the earlier one comes first. */
export function largest(values: Float32Array, k: number): number[] {
  // 1e5 values take 2 ms. Sorting all of them takes 60.
  const places: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (places.length === k && value <= (values[places[k - 1] as number] as number)) continue;
    let at = places.length;
    while (at > 0 && value > (values[places[at - 1] as number] as number)) at--;
    places.splice(at, 0, i);
    if (places.length > k) places.pop();
  }
  return places;
}
