/** Fetches converted models: the manifest, then its shards, four at a time. Each is checked against its length and SHA-256. */
import { ResnetError, throwIfAborted } from '../util/errors.ts';
import { anySignal } from '../util/signals.ts';
import { absoluteUrl, nameOf } from './address.ts';
import { type ByteSource, checkRange } from './byte-source.ts';
import { ask, FileCache, PATIENCE_MS, readKept } from './cache.ts';
import { type DownloadOptions, download } from './download.ts';
import { rememberFile } from './fetch-file.ts';
import { type ModelCard, type ParsedManifest, parseManifest, type Shard } from './manifest.ts';
import { manifestCheckpoint } from './manifest-tensors.ts';
import type { OpenOptions } from './open-options.ts';
import type { OpenedWeights } from './opened-weights.ts';
import { isIndex, openPartsAt, type PartsIndex, parseIndex } from './parts.ts';
import type { Segments } from './segments.ts';
import { digestOf } from './sha256.ts';
import { abortable } from './stream.ts';
import type { Checkpoint } from './types.ts';
import { sameFile, type Version } from './version.ts';

export interface ConvertedOptions extends DownloadOptions {
  /** Keep shards in Cache Storage. Those that are there and match the manifest are not fetched. */
  cache?: OpenOptions['cache'];
  early?: boolean;
}

export interface Converted {
  /** Absent for a TF.js manifest. */
  card?: ModelCard;
  /** Fetches every shard, and waits for them unless `early`. When opened again, a shard is fetched when one of its tensors is read. */
  open(options: ConvertedOptions): Promise<OpenedWeights>;
}

/** Browsers open six connections to an HTTP/1.1 host. */
const PARALLEL = 4;

/**
 * @param address of manifest.json or its folder, or of the index of a checkpoint in parts
 * @throws ResnetError `network`, `checkpoint-format`, `integrity` (when shards are read), `aborted`
 */
export async function openConverted(address: string, options: ConvertedOptions): Promise<Converted> {
  const url = manifestUrl(address);
  const { value, fromCache, keep } = await fetchManifest(url, options);
  if ('parts' in value) {
    return {
      async open(o) {
        const opened = await openPartsAt(url, value, o);
        await keep();
        return opened;
      },
    };
  }
  const loader = async (o: ConvertedOptions) => new ShardLoader(value, url, o, await cacheOf(o), fromCache);
  return {
    card: value.card,
    async open(o) {
      const all = await loader(o);
      // The manifest is stored together with its shards. Until then the previous one keeps its own shards.
      const whole = all.fetchAll().then(async () => {
        const keeping = keep();
        if (o.cache === true) await abortable(keeping, o.signal);
      });
      whole.catch(() => undefined);
      if (value.card && !globalThis.crypto?.subtle)
        o.warn?.('The shards were compared by length alone: pages without HTTPS have no crypto.subtle.');
      if (!o.early) await whole;
      // A later load does not use this load's signal or progress callback.
      const { cache, fetch, headers } = o;
      const reopen = async () => new ShardLoader(value, url, { cache, fetch, headers }, await cacheOf(o), fromCache, all).checkpoint();
      return { checkpoint: await all.checkpoint(whole), whole, reopen };
    },
  };
}

/** Only the weights. */
export async function openManifest(address: string, options: ConvertedOptions): Promise<OpenedWeights> {
  return (await openConverted(address, options)).open(options);
}

/** A folder may be given without its trailing slash. */
function manifestUrl(address: string): string {
  const url = new URL(absoluteUrl(address));
  if (!/\.json$/i.test(url.pathname)) url.pathname += url.pathname.endsWith('/') ? 'manifest.json' : '/manifest.json';
  return url.href;
}

async function cacheOf({ cache }: ConvertedOptions): Promise<FileCache | undefined> {
  return cache ? FileCache.open() : undefined;
}

interface FetchedManifest {
  value: ParsedManifest | PartsIndex;
  fromCache: boolean;
  /** Stores it, and deletes the shards of the previous one. */
  keep: () => Promise<void>;
}

/** From the server, so that an update is noticed. The stored manifest is used if the server does not return one. */
async function fetchManifest(url: string, options: ConvertedOptions): Promise<FetchedManifest> {
  const name = nameOf(url);
  const cache = await cacheOf(options);
  const { signal, fetch, headers, warn } = options;
  const patience = (await cache?.version(url)) && AbortSignal.timeout(PATIENCE_MS);
  const read = (bytes: Segments) => parse(bytes, name);
  try {
    const bytes = await download(url, name, { signal: patience ? anySignal(signal, patience) : signal, fetch, headers, mode: 'no-cache' });
    const value = await read(bytes);
    return { value, fromCache: false, keep: async () => cache && replace(cache, url, bytes, value) };
  } catch (error) {
    throwIfAborted(signal);
    const kept = await readKept(await cache?.get(url, { signal }), read);
    if (!kept) throw error;
    const reason = patience?.aborted ? `The server has not answered in ${PATIENCE_MS / 1000} s.` : (error as Error).message;
    warn?.(`${name}: what was kept is used. ${reason}`);
    return { value: kept.value, fromCache: true, keep: async () => undefined };
  }
}

async function parse(bytes: Segments, name: string): Promise<ParsedManifest | PartsIndex> {
  const text = new TextDecoder().decode(await bytes.read(0, bytes.size));
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Reported together with the manifest.
  }
  return isIndex(json) ? parseIndex(json, name) : parseManifest(text, name);
}

async function replace(cache: FileCache, url: string, bytes: Segments, value: ParsedManifest | PartsIndex): Promise<void> {
  const before = await readKept(await cache.get(url), (old) => parse(old, nameOf(url)));
  await cache.put(url, bytes);
  const now = new Set(pathsOf(value));
  for (const path of before ? pathsOf(before.value) : []) if (!now.has(path)) await cache.drop(new URL(path, url).href);
}

function pathsOf(value: ParsedManifest | PartsIndex): string[] {
  return 'groups' in value ? value.groups.flatMap(({ paths }) => paths) : value.parts;
}

/** A file of a group. */
interface Part {
  url: string;
  name: string;
  shard: Shard | undefined;
  bytes?: Promise<Uint8Array>;
  /** Gets the same bytes again, for a shard without a hash. */
  again?: () => Promise<Segments>;
}

class ShardLoader {
  readonly #manifest: ParsedManifest;
  readonly #file: string;
  readonly #options: ConvertedOptions;
  readonly #cache: FileCache | undefined;
  readonly #groups: Part[][];
  readonly #loaded = new Map<Part, number>();
  /** Fires with the caller's signal, and on the first failure. */
  #signal: AbortSignal | undefined;
  readonly #total: number;
  /** Origin of the manifest. The caller's headers are not sent elsewhere. */
  readonly #origin: string;
  readonly #fromCache: boolean;
  /** Whether these were loaded before, and must be unchanged. */
  readonly #before: boolean;
  /** A stored file whose name now belongs to another shard. It is replaced when all shards have arrived. */
  readonly #later: (() => Promise<void> | undefined)[] = [];

  constructor(
    manifest: ParsedManifest,
    url: string,
    options: ConvertedOptions,
    cache: FileCache | undefined,
    fromCache: boolean,
    before?: ShardLoader,
  ) {
    const { origin } = new URL(url);
    this.#fromCache = fromCache;
    this.#before = before !== undefined;
    this.#manifest = manifest;
    this.#file = nameOf(url);
    this.#options = options;
    this.#cache = cache;
    this.#signal = options.signal;
    const known = new Map((before ? before.#groups.flat() : []).map(({ name, again }) => [name, again]));
    this.#groups = manifest.groups.map(({ paths }) =>
      paths.map((path) => ({ url: new URL(path, url).href, name: path, shard: manifest.shards.get(path), again: known.get(path) })),
    );
    this.#origin = origin;
    this.#total = manifest.groups.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Fetches everything. The first failure ends the other downloads. Shards that are complete by then are stored before this rejects. */
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
      // Otherwise a caller that tries again immediately would fetch shards twice that are just being stored.
      await Promise.allSettled(workers);
      throwIfAborted(this.#options.signal);
      throw error;
    }
    for (const keep of this.#later) await keep();
    this.#options.onProgress?.(this.#total, this.#total);
  }

  /** @param whole the result of fetchAll, if it was called. It tells why a shard did not arrive */
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

  /** A group's files as one. The manifest has their lengths. Without lengths, all files must have arrived. */
  async #join(parts: Part[], size: number, read: (part: Part) => Promise<Uint8Array>): Promise<ByteSource> {
    const lengths = await Promise.all(parts.map(async (part) => part.shard?.bytes ?? (await read(part)).length));
    const found = lengths.reduce((sum, length) => sum + length, 0);
    if (found !== size) {
      throw new ResnetError('integrity', `The files have ${found} bytes, but their tensors take ${size}.`, {
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
    const { fetch, headers, warn } = this.#options;
    const options: DownloadOptions = {
      signal: this.#signal,
      fetch,
      headers: url.startsWith(`${this.#origin}/`) ? headers : undefined,
      warn,
      onProgress: (loaded) => this.#report(part, loaded),
    };
    if (part.again) return whole(await part.again());
    const version = await cache?.version(url);
    const kept = version && (shard || (await this.#isCurrent(url, version, options))) ? await cache?.get(url, options) : undefined;
    if (kept && !(await mismatch(kept, shard))) return this.#remember(part, kept);
    let bytes = await download(url, name, options);
    let fault = await mismatch(bytes, shard);
    if (fault) {
      // The browser's own cache may have the file of an earlier conversion under this name.
      bytes = await download(url, name, { ...options, mode: 'reload' });
      fault = await mismatch(bytes, shard);
    }
    if (fault) {
      throw new ResnetError('integrity', fault, {
        layer: name,
        hint: this.#before
          ? 'The files have changed since the model was loaded: load it again.'
          : 'Upload the model again, manifest and shards together, and clear caches.',
      });
    }
    const keep = () => cache?.put(url, bytes);
    if (version) this.#later.push(keep);
    else {
      // Another shard's failure is no reason to discard this one. Only the caller's signal is.
      const keeping = keep();
      if (keeping && this.#options.cache === true) await abortable(keeping, this.#options.signal);
    }
    return this.#remember(part, bytes);
  }

  /** Version of a shard without a hash. */
  async #isCurrent(url: string, version: Version, options: DownloadOptions): Promise<boolean> {
    if (this.#fromCache) return true;
    const answer = await ask(url, options);
    return 'version' in answer && sameFile(version, answer.version);
  }

  #remember(part: Part, bytes: Segments): Promise<Uint8Array> {
    const { cache, fetch, headers } = this.#options;
    if (!part.shard) part.again = rememberFile(part.url, bytes, { cache, fetch, headers });
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

/** What is wrong with a shard. Without crypto.subtle, as in pages without HTTPS, only its length is checked. */
async function mismatch(bytes: Segments, shard: Shard | undefined): Promise<string | undefined> {
  if (!shard) return undefined;
  if (bytes.size !== shard.bytes) return `The shard has ${bytes.size} bytes, but the manifest says ${shard.bytes}.`;
  const hex = await digestOf(await whole(bytes));
  return hex === undefined || hex === shard.sha256.toLowerCase()
    ? undefined
    : `The shard's SHA-256 is ${hex}, but the manifest says ${shard.sha256}.`;
}

/** Files of known lengths, concatenated and read when needed. */
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
