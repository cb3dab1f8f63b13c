/** Cuts bytes into files of equal size, named after their content. */
import type { Shard } from '../checkpoint/manifest.ts';
import { ResnetError } from '../util/errors.ts';

/** The same as tensorflowjs_converter: large enough for few files, small enough for a CDN's cache and for resuming. */
export const SHARD_BYTES = 4 * 2 ** 20;

export class ShardWriter {
  readonly #shards: Uint8Array<ArrayBuffer>[] = [];
  readonly #size: number;
  #current: Uint8Array<ArrayBuffer>;
  #used = 0;

  constructor(size = SHARD_BYTES) {
    this.#size = size;
    this.#current = new Uint8Array(size);
  }

  append(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const count = Math.min(bytes.length - from, this.#size - this.#used);
      this.#current.set(bytes.subarray(from, from + count), this.#used);
      this.#used += count;
      from += count;
      if (this.#used === this.#size) {
        this.#shards.push(this.#current);
        this.#current = new Uint8Array(this.#size);
        this.#used = 0;
      }
    }
  }

  finish(): Uint8Array<ArrayBuffer>[] {
    return this.#used > 0 ? [...this.#shards, this.#current.slice(0, this.#used)] : this.#shards;
  }
}

/** The name contains the start of the hash, so servers and browsers can cache a file forever. Another conversion has other names. */
export async function describeShards(shards: readonly Uint8Array<ArrayBuffer>[]): Promise<Shard[]> {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) {
    throw new ResnetError('usage', 'There is no crypto.subtle here to compute SHA-256 with.', {
      layer: 'convert',
      hint: 'Convert in Node, or in a page that was served over HTTPS.',
    });
  }
  return Promise.all(
    shards.map(async (bytes, i) => {
      const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
      const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      return { path: `weights-${i + 1}of${shards.length}-${sha256.slice(0, 8)}.bin`, bytes: bytes.length, sha256 };
    }),
  );
}
