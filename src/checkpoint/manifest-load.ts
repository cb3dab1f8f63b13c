/** Fetches converted models: the manifest, then its shards, four at a time, each checked against its length and SHA-256. */
import { ResnetError, throwIfAborted } from '../errors.ts';
import { anySignal } from '../signals.ts';
import { absoluteUrl, nameOf } from './address.ts';
import { FileCache } from './cache.ts';
import { type DownloadOptions, download, statusOf } from './download.ts';
import { type ModelCard, type ParsedManifest, parseManifest, type Shard } from './manifest.ts';
import { manifestCheckpoint } from './manifest-tensors.ts';
import type { OpenedWeights, OpenOptions } from './open.ts';
import type { Segments } from './segments.ts';
import { type ByteSource, checkRange } from './source.ts';
import { abortable } from './stream.ts';
import type { Checkpoint } from './types.ts';

export interface ConvertedOptions extends DownloadOptions {
  /** Keep shards in Cache Storage; those that are there, and are what the manifest says, are not fetched. */
  cache?: OpenOptions['cache'];
  early?: boolean;
}

export interface Converted {
  /** Absent for a manifest of TF.js. */
  card?: ModelCard;
  /** Fetches every shard, and waits for them unless `early`. To open again fetches a shard when a tensor in it is read. */
  open(options: ConvertedOptions): Promise<OpenedWeights>;
}

/** Browsers keep six connections to a host of HTTP/1.1. */
const PARALLEL = 4;

/**
 * @param address of manifest.json or its folder
 * @throws ResnetError `network`, `checkpoint-format`, `integrity` (when shards are read), `aborted`
 */
export async function openConverted(address: string, options: ConvertedOptions): Promise<Converted> {
  const url = manifestUrl(address);
  const manifest = parseManifest(await fetchManifest(url, options), nameOf(url));
  const loader = async (o: ConvertedOptions) => new ShardLoader(manifest, url, o, await cacheOf(o));
  return {
    card: manifest.card,
    async open(o) {
      const all = await loader(o);
      const whole = all.fetchAll();
      whole.catch(() => undefined);
      if (!o.early) await whole;
      // Neither the signal nor the progress of this load belongs to a later one.
      const { cache, fetch } = o;
      return { checkpoint: await all.checkpoint(whole), whole, reopen: async () => (await loader({ cache, fetch })).checkpoint() };
    },
  };
}

/** The weights alone. */
export async function openManifest(address: string, options: ConvertedOptions): Promise<OpenedWeights> {
  return (await openConverted(address, options)).open(options);
}

/** A folder may be written without its slash. */
function manifestUrl(address: string): string {
  const url = new URL(absoluteUrl(address));
  if (!/\.json$/i.test(url.pathname)) url.pathname += url.pathname.endsWith('/') ? 'manifest.json' : '/manifest.json';
  return url.href;
}

async function cacheOf({ cache }: ConvertedOptions): Promise<FileCache | undefined> {
  return cache ? FileCache.open() : undefined;
}

/** From the server, so that an update is seen; what was kept stands in where there is no connection. */
async function fetchManifest(url: string, options: ConvertedOptions): Promise<string> {
  const cache = await cacheOf(options);
  const { signal, fetch } = options;
  let bytes: Segments;
  try {
    bytes = await download(url, nameOf(url), { signal, fetch });
    if (cache) await abortable(cache.put(url, bytes), signal);
  } catch (error) {
    const offline = error instanceof ResnetError && error.code === 'network' && statusOf(error) === undefined;
    const kept = offline ? await cache?.get(url, { signal }) : undefined;
    if (!kept) throw error;
    bytes = kept;
  }
  return new TextDecoder().decode(await bytes.read(0, bytes.size));
}

/** A file of a group. */
interface Part {
  url: string;
  name: string;
  shard: Shard | undefined;
  bytes?: Promise<Uint8Array>;
}

class ShardLoader {
  readonly #manifest: ParsedManifest;
  readonly #file: string;
  readonly #options: ConvertedOptions;
  readonly #cache: FileCache | undefined;
  readonly #groups: Part[][];
  readonly #loaded = new Map<Part, number>();
  /** Fires with the caller's signal, and with the first failure. */
  #signal: AbortSignal | undefined;
  readonly #total: number;

  constructor(manifest: ParsedManifest, url: string, options: ConvertedOptions, cache: FileCache | undefined) {
    this.#manifest = manifest;
    this.#file = nameOf(url);
    this.#options = options;
    this.#cache = cache;
    this.#signal = options.signal;
    this.#groups = manifest.groups.map(({ paths }) =>
      paths.map((path) => ({ url: new URL(path, url).href, name: path, shard: manifest.shards.get(path) })),
    );
    this.#total = manifest.groups.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Fetches everything. The first failure ends the other downloads; what is complete by then is kept before this rejects. */
  async fetchAll(): Promise<void> {
    const queue = this.#groups.flat().values();
    const failed = new AbortController();
    this.#signal = anySignal(this.#options.signal, failed.signal);
    const work = async () => {
      for (const part of queue) await this.#bytesOf(part);
    };
    const workers = Array.from({ length: PARALLEL }, work);
    try {
      await Promise.all(workers);
    } catch (error) {
      failed.abort();
      // Else a caller who tries again at once would race with the shards that are just being kept, and fetch them twice.
      await Promise.allSettled(workers);
      throwIfAborted(this.#options.signal);
      throw error;
    }
    this.#options.onProgress?.(this.#total, this.#total);
  }

  /** @param whole what fetchAll gave, if it was called: tells why a shard did not come */
  async checkpoint(whole?: Promise<void>): Promise<Checkpoint> {
    const read = async (part: Part) => {
      try {
        return await this.#bytesOf(part);
      } catch (error) {
        await whole;
        throw error;
      }
    };
    const sources = await Promise.all(this.#groups.map((parts, i) => this.#join(parts, this.#manifest.groups[i]?.bytes ?? 0, read)));
    return manifestCheckpoint(this.#manifest, sources, this.#file);
  }

  /** A group's files as one. Lengths come from the manifest; without them all files have to be there. */
  async #join(parts: Part[], size: number, read: (part: Part) => Promise<Uint8Array>): Promise<ByteSource> {
    const lengths = await Promise.all(parts.map(async (part) => part.shard?.bytes ?? (await read(part)).length));
    const found = lengths.reduce((sum, length) => sum + length, 0);
    if (found !== size) {
      throw new ResnetError('integrity', `The files have ${found} bytes, their tensors take ${size}.`, {
        layer: parts.map(({ name }) => name).join(', '),
        hint: 'Save or upload the model again, all files together.',
      });
    }
    return new Joined(this.#file, parts, lengths, read);
  }

  #bytesOf(part: Part): Promise<Uint8Array> {
    part.bytes ??= this.#fetch(part).catch((error) => {
      part.bytes = undefined;
      throw error;
    });
    return part.bytes;
  }

  async #fetch(part: Part): Promise<Uint8Array> {
    const { url, name, shard } = part;
    const cache = this.#cache;
    const options: DownloadOptions = {
      signal: this.#signal,
      fetch: this.#options.fetch,
      onProgress: (loaded) => this.#report(part, loaded),
    };
    const kept = await cache?.get(url, options);
    if (kept) {
      if (!(await mismatch(kept, shard))) return whole(kept);
      await cache?.drop(url);
    }
    let bytes = await download(url, name, options);
    let fault = await mismatch(bytes, shard);
    if (fault) {
      // The browser's own cache may hold the file of an earlier conversion under this name.
      bytes = await download(url, name, {
        ...options,
        fetch: (input, init) => (options.fetch ?? fetch)(input, { ...init, cache: 'reload' }),
      });
      fault = await mismatch(bytes, shard);
    }
    if (fault) {
      throw new ResnetError('integrity', fault, {
        layer: name,
        hint: 'Upload the model again, manifest and shards together, and clear caches.',
      });
    }
    // The failure of another shard is no reason to throw this one away, only the caller's word is.
    const keeping = cache?.put(url, bytes);
    if (keeping && this.#options.cache === true) await abortable(keeping, this.#options.signal);
    return whole(bytes);
  }

  #report(part: Part, loaded: number): void {
    this.#loaded.set(part, Math.max(loaded, this.#loaded.get(part) ?? 0));
    const sum = [...this.#loaded.values()].reduce((a, b) => a + b, 0);
    // A damaged file may be longer than it should be.
    this.#options.onProgress?.(Math.min(sum, this.#total), this.#total);
  }
}

function whole(bytes: Segments): Promise<Uint8Array> {
  return bytes.read(0, bytes.size);
}

/** What is wrong with a shard. Without crypto.subtle, as in pages without HTTPS, its length alone is checked. */
async function mismatch(bytes: Segments, shard: Shard | undefined): Promise<string | undefined> {
  if (!shard) return undefined;
  if (bytes.size !== shard.bytes) return `The shard has ${bytes.size} bytes, the manifest says ${shard.bytes}.`;
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) return undefined;
  const digest = await subtle.digest('SHA-256', (await whole(bytes)) as Uint8Array<ArrayBuffer>);
  const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex === shard.sha256.toLowerCase() ? undefined : `The shard's SHA-256 is ${hex}, the manifest says ${shard.sha256}.`;
}

/** Files of known lengths one after the other, read when they are needed. */
class Joined implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #parts: { start: number; end: number; read: () => Promise<Uint8Array> }[];

  constructor(name: string, parts: Part[], lengths: number[], read: (part: Part) => Promise<Uint8Array>) {
    this.name = name;
    let at = 0;
    this.#parts = parts.map((part, i) => {
      const start = at;
      at += lengths[i] ?? 0;
      return { start, end: at, read: () => read(part) };
    });
    this.size = at;
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    checkRange(this, end);
    const touched = this.#parts.filter((part) => part.start < end && part.end > start);
    const [only] = touched;
    if (only && touched.length === 1) return (await only.read()).subarray(start - only.start, end - only.start);
    const bytes = new Uint8Array(end - start);
    for (const part of touched) {
      const from = Math.max(start, part.start);
      bytes.set((await part.read()).subarray(from - part.start, Math.min(end, part.end) - part.start), from - start);
    }
    return bytes;
  }
}
