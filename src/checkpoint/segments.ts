import { ResnetError } from '../util/errors.ts';
import { type ByteSource, checkRange } from './byte-source.ts';
import type { Version } from './version.ts';

const SEGMENT_BYTES = 2 ** 22;
/** A larger announced length is not believed. Then memory grows with what really arrives. */
const MAX_RESERVED_BYTES = 2 ** 31;

/**
 * Bytes in the order in which they arrive, readable as a whole without being copied together: one buffer of the announced length if there
 * is one, then segments of 4 MiB.
 */
export class Segments implements ByteSource {
  readonly name: string;
  /** The version that its server gave to identify it. */
  version: Version = {};
  readonly #first: Uint8Array;
  readonly #segments: Uint8Array[] = [];
  #size = 0;

  constructor(name: string, expectedBytes = 0) {
    this.name = name;
    this.#first = reserve(expectedBytes);
  }

  get size(): number {
    return this.#size;
  }

  append(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length; ) {
      const { bytes, at } = this.#locate(this.#size);
      const count = Math.min(chunk.length - from, bytes.length - at);
      bytes.set(chunk.subarray(from, from + count), at);
      from += count;
      this.#size += count;
    }
  }

  /** Discards the content but keeps the memory. */
  clear(): void {
    this.#size = 0;
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    checkRange(this, end);
    if (start === end) return new Uint8Array();
    const { bytes, at } = this.#locate(start);
    if (at + end - start <= bytes.length) return bytes.subarray(at, at + end - start);
    const copy = new Uint8Array(end - start);
    for (let position = start; position < end; ) {
      const { bytes, at } = this.#locate(position);
      const part = bytes.subarray(at, at + end - position);
      copy.set(part, position - start);
      position += part.length;
    }
    return copy;
  }

  /** The content as a stream of segments, for callers that would otherwise copy all of it. */
  stream(): ReadableStream<Uint8Array> {
    let position = 0;
    return new ReadableStream({
      pull: async (controller) => {
        const end = Math.min(this.#size, position + SEGMENT_BYTES);
        if (end > position) controller.enqueue(await this.read(position, end));
        position = end;
        if (end === this.#size) controller.close();
      },
    });
  }

  #locate(position: number): { bytes: Uint8Array; at: number } {
    if (position < this.#first.length) return { bytes: this.#first, at: position };
    const rest = position - this.#first.length;
    const index = Math.floor(rest / SEGMENT_BYTES);
    const bytes = this.#segments[index] ?? allocate(SEGMENT_BYTES);
    this.#segments[index] = bytes;
    return { bytes, at: rest % SEGMENT_BYTES };
  }
}

function reserve(bytes: number): Uint8Array {
  if (!(bytes <= MAX_RESERVED_BYTES)) return new Uint8Array();
  try {
    return new Uint8Array(bytes);
  } catch {
    return new Uint8Array();
  }
}

function allocate(bytes: number): Uint8Array {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw new ResnetError('out-of-memory', 'There is no memory left for the checkpoint.', {
      layer: 'weights',
      hint: 'Close other tabs, or use a smaller network or an f16 checkpoint.',
      cause,
    });
  }
}
