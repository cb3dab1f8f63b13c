/**
 * The part of ZIP that torch.save and re-zipping tools use: stored and deflated entries, zip64.
 * Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (section numbers below).
 */

import type { ByteSource } from './byte-source.ts';
import { malformed, truncated } from './fail.ts';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const ENTRY_BYTES = 46;
const END_BYTES = 22;
const LOCATOR64_BYTES = 20;
const END64_BYTES = 56;
const MAX_COMMENT_BYTES = 0xffff;
const U32_MAX = 0xffffffff;
/** Limit far above any checkpoint's (one entry for each storage). */
const MAX_ENTRIES = 1e6;
/** Deflate's best ratio (258 bytes from 2 bits). A larger claim is false. */
const MAX_DEFLATE_RATIO = 1032;
/** Deflate halves weights at most; if half of them are zeros, to a third. What is far smaller is made to fill the memory (1 MB to 1 GB). */
const MAX_RATIO = 64;
/** Entries up to this size may inflate more, because small ones may be all zeros. */
const SMALL = 2 ** 24;

export interface ZipEntry {
  readonly name: string;
  /** Uncompressed bytes. */
  readonly size: number;
  /** Bytes [start, end) of the content. A view if the entry is stored and the source is in memory. */
  read(start: number, end: number): Promise<Uint8Array>;
}

/** Lists the archive from its central directory. Local headers are read together with their entries. */
export async function readZip(source: ByteSource): Promise<Map<string, ZipEntry>> {
  const { count, start, size } = await findDirectory(source);
  const bytes = await source.read(start, start + size);
  const view = viewOf(bytes);
  const entries = new Map<string, ZipEntry>();
  const inflateOnce = inflater(source.name);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const breaksOff = () => malformed(source.name, `The zip directory breaks off after ${i} of ${count} entries.`);
    if (at + ENTRY_BYTES > size || i === MAX_ENTRIES || view.getUint32(at, true) !== CENTRAL) throw breaksOff();
    const nameEnd = at + ENTRY_BYTES + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const next = extraEnd + view.getUint16(at + 32, true);
    if (next > size) throw breaksOff();
    const name = new TextDecoder().decode(bytes.subarray(at + ENTRY_BYTES, nameEnd));
    const sizes = { raw: view.getUint32(at + 24, true), packed: view.getUint32(at + 20, true), header: view.getUint32(at + 42, true) };
    widen(sizes, view, nameEnd, extraEnd);
    if (entries.has(name)) throw malformed(source.name, `The archive holds ${name} twice.`);
    entries.set(name, makeEntry(source, name, sizes, view.getUint16(at + 10, true), view.getUint16(at + 8, true), inflateOnce));
    at = next;
  }
  return entries;
}

type Sizes = { raw: number; packed: number; header: number };

async function findDirectory(source: ByteSource): Promise<{ count: number; start: number; size: number }> {
  const tailStart = Math.max(0, source.size - END_BYTES - MAX_COMMENT_BYTES - LOCATOR64_BYTES);
  const view = viewOf(await source.read(tailStart, source.size));
  let end = view.byteLength - END_BYTES;
  // The signature may also occur in the archive's comment. Then the length after it does not match.
  const isEnd = () => view.getUint32(end, true) === END && end + END_BYTES + view.getUint16(end + 20, true) <= view.byteLength;
  while (end >= 0 && !isEnd()) end--;
  if (end < 0) throw truncated(source.name, `The zip archive of ${source.size} bytes has no directory at its end.`);
  let found = { count: view.getUint16(end + 10, true), size: view.getUint32(end + 12, true), start: view.getUint32(end + 16, true) };
  const locator = end - LOCATOR64_BYTES;
  if (locator >= 0 && view.getUint32(locator, true) === LOCATOR64) {
    const at = u64(view, locator + 8);
    const end64 = viewOf(await source.read(at, at + END64_BYTES));
    if (end64.getUint32(0, true) !== END64) throw malformed(source.name, 'The zip64 directory is not where its locator says.');
    found = { count: u64(end64, 32), size: u64(end64, 40), start: u64(end64, 48) };
  }
  if (found.start + found.size > tailStart + end) throw malformed(source.name, 'The zip directory overlaps the end of the archive.');
  return found;
}

/** 4.5.3: the zip64 extra field contains, in this order, the sizes that are saturated in the entry itself. */
function widen(sizes: Sizes, view: DataView, at: number, end: number): void {
  while (at + 4 <= end) {
    const id = view.getUint16(at, true);
    const fieldEnd = at + 4 + view.getUint16(at + 2, true);
    if (id === 1 && fieldEnd <= end) {
      let value = at + 4;
      for (const key of ['raw', 'packed', 'header'] as const) {
        if (sizes[key] === U32_MAX && value + 8 <= fieldEnd) {
          sizes[key] = u64(view, value);
          value += 8;
        }
      }
    }
    at = fieldEnd;
  }
}

function makeEntry(
  source: ByteSource,
  name: string,
  { raw, packed, header }: Sizes,
  method: number,
  flags: number,
  inflateOnce: ReturnType<typeof inflater>,
): ZipEntry {
  let dataStart: number | undefined;

  const locate = async () => {
    if (dataStart !== undefined) return dataStart;
    const local = viewOf(await source.read(header, header + 30));
    if (local.getUint32(0, true) !== LOCAL) throw malformed(source.name, `The zip entry ${name} is not where the directory says.`);
    // 4.3.7: name and extra field may have other lengths than in the directory (torch.save pads here).
    dataStart = header + 30 + local.getUint16(26, true) + local.getUint16(28, true);
    return dataStart;
  };
  return {
    name,
    size: raw,
    async read(start, end) {
      if (flags & 1) throw malformed(source.name, `The zip entry ${name} is encrypted.`, 'Save the checkpoint without a password.');
      if (end > raw) throw truncated(source.name, `The zip entry ${name} has ${raw} bytes, but ${end} are needed.`);
      const at = await locate();
      if (method === 0) return source.read(at + start, at + end);
      if (method !== 8 || raw > Math.max(SMALL, packed * MAX_RATIO) || raw > packed * MAX_DEFLATE_RATIO) {
        throw malformed(
          source.name,
          `The zip entry ${name} is packed by method ${method}, ${raw} bytes in ${packed}.`,
          'Save the checkpoint with torch.save, or store the entries.',
        );
      }
      return (await inflateOnce(name, () => source.read(at, at + packed), raw, end)).subarray(start, end);
    },
  };
}

/** Caches what was inflated last: many tensors may be views of one deflated storage. Only one is in memory. */
function inflater(file: string) {
  let last: string | undefined;
  let content: Promise<Inflation> | undefined;
  return async (name: string, packed: () => Promise<Uint8Array>, size: number, end: number): Promise<Uint8Array> => {
    if (content === undefined || last !== name) {
      last = name;
      content = packed().then((bytes) => new Inflation(bytes, size, file, name));
    }
    return (await content).upTo(end);
  };
}

/** A deflated entry, inflated as far as someone reads. */
class Inflation {
  readonly #size: number;
  readonly #wrong: (cause?: unknown) => Error;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #bytes = new Uint8Array();
  #length = 0;
  /** Reads wait for each other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(packed: Uint8Array, size: number, file: string, name: string) {
    this.#size = size;
    this.#wrong = (cause) => Object.assign(malformed(file, `The zip entry ${name} does not inflate to its ${size} bytes.`), { cause });
    const blob = new Blob([packed as Uint8Array<ArrayBuffer>]);
    this.#reader = blob.stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  }

  /** The first bytes. At the end, the stream must be as long as the directory says. */
  upTo(end: number): Promise<Uint8Array> {
    const reading = this.#turn.then(() => this.#inflate(end));
    this.#turn = reading.catch(() => undefined);
    return reading;
  }

  async #inflate(end: number): Promise<Uint8Array> {
    while (this.#length < end || end === this.#size) {
      const { done, value } = await this.#next();
      if (done) break;
      if (this.#length + value.length > this.#size) {
        await this.#reader.cancel();
        throw this.#wrong();
      }
      this.#append(value);
    }
    if (this.#length < end) throw this.#wrong();
    return this.#bytes.subarray(0, end);
  }

  async #next() {
    try {
      return await this.#reader.read();
    } catch (cause) {
      throw this.#wrong(cause);
    }
  }

  #append(value: Uint8Array): void {
    const length = this.#length + value.length;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.min(this.#size, Math.max(length, 2 * this.#bytes.length)));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(value, this.#length);
    this.#length = length;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function u64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}
