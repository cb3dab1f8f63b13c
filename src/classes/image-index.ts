/** Search by likeness: embeddings of unit length as halves, kept here, and on the GPU from the first search on. */

import type { CallOptions, ImageSource, Model } from '../api/types.ts';
import { readCheckpoint } from '../checkpoint/read.ts';
import { halfBits } from '../kernels/lib/half.ts';
import { partsOf } from '../model/model.ts';
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
  if (!partsOf.has(model)) {
    const hint = 'Pass what loadModel() gave, from the same copy of resnet-webgpu.';
    throw new ResnetError('usage', 'This is not a model.', { layer: 'model', hint });
  }
  const probe = await probeOf(model);
  const index = new Index(model, probe);
  if (from !== undefined) await index.fill(from);
  return index;
}

class Index implements ImageIndex {
  readonly #model: Model;
  readonly #probe: Float32Array;
  readonly #ids: string[] = [];
  readonly #places = new Map<string, number>();
  readonly #length: number;
  /** Capacity x length; grows by doubling. */
  #halves = new Uint16Array();
  readonly #stale = new Set<number>();
  #gpu: GpuRows | undefined;
  /** What the last upload came to. */
  #uploaded: Promise<GPUError | null> = Promise.resolve(null);

  constructor(model: Model, probe: Float32Array) {
    this.#model = model;
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
    if ((at + 1) * this.#length > this.#halves.length) this.#reserve(Math.max(BLOCK, (2 * this.#halves.length) / this.#length));
    this.#halves.set(row, at * this.#length);
    this.#ids[at] = id;
    this.#places.set(id, at);
    this.#stale.add(Math.floor(at / BLOCK));
  }

  #reserve(rows: number): void {
    const larger = new Uint16Array(rows * this.#length);
    larger.set(this.#halves);
    this.#halves = larger;
  }

  /** The last one takes its place. */
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
    this.#halves.copyWithin(at * this.#length, from * this.#length, (from + 1) * this.#length);
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
    let gpu: GpuRows;
    do {
      if (this.size === 0) return [];
      gpu = this.#upload();
      const error = await this.#uploaded;
      // Nothing of it can be relied on; the next search writes everything anew.
      if (error && this.#gpu === gpu) this.dispose();
      if (error) throw noMemory(this.size);
    } while (this.#stale.size > 0 || this.#gpu !== gpu);
    // Images may be added and removed before the answer is there.
    const ids = this.#ids.slice();
    const similarities = await gpu.similarities(padded, ids.length);
    return largest(similarities, k).map((at) => ({ id: ids[at] as string, similarity: similarities[at] as number }));
  }

  /** What has changed; everything where the device is another one, since the old one was lost. */
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
      // A lost device has no answer, and the search on it fails by itself.
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
          words[at] = (words[at] as number) | ((this.#halves[start + i] as number) << (i & 1 ? 16 : 0));
        }
      }
      if (rows > 0) gpu.write(block, words);
    }
    this.#stale.clear();
  }

  async toSafetensors(): Promise<Uint8Array<ArrayBuffer>> {
    const halves = this.#halves.slice(0, this.size * this.#length);
    const card = { version: 1, arch: this.#model.info.arch, probe: floatsToBase64(this.#probe), ids: this.#ids };
    const entry = { dtype: 'F16' as const, shape: [this.size, this.#length], bytes: new Uint8Array(halves.buffer) };
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

/** Places of the k largest, the largest first, earlier ones before equals. */
export function largest(values: Float32Array, k: number): number[] {
  // 1e5 values: 2 ms, where sorting all takes 60.
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
