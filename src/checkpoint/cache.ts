/**
 * Files kept in Cache Storage from one visit to the next, and which of the two counts, the kept one or its server's. Loaded when somebody
 * wants that. The storage is absent in insecure contexts and full on small devices; the download works without it.
 */
import { ResnetError, throwIfAborted } from '../util/errors.ts';
import { anySignal } from '../util/signals.ts';
import { nameOf } from './address.ts';
import { type DownloadOptions, download, request, statusOf } from './download.ts';
import { Segments } from './segments.ts';
import { abortable, drain } from './stream.ts';
import { sameFile, type Version, versionOf } from './version.ts';

const CACHE_NAME = 'resnet-webgpu';

/** A server that has not answered by then is as good as none: what was kept is shown instead. */
export const PATIENCE_MS = 3000;

/** What a kept file says of itself beside its bytes, by header. */
const HEADERS = { etag: 'etag', modified: 'last-modified', commit: 'x-repo-commit', sha256: 'x-sha256' } as const;
const FIELDS = Object.keys(HEADERS) as (keyof typeof HEADERS)[];

const puts = new WeakMap<Segments, Promise<void>>();

export class FileCache {
  readonly #cache: Cache;

  private constructor(cache: Cache) {
    this.#cache = cache;
  }

  static async open(): Promise<FileCache | undefined> {
    try {
      const cache = await globalThis.caches?.open(CACHE_NAME);
      return cache && new FileCache(cache);
    } catch {
      return undefined;
    }
  }

  /** Of the kept file, without reading it; undefined where there is none. */
  async version(url: string): Promise<Version | undefined> {
    const hit = await this.#match(url);
    hit?.body?.cancel().catch(() => undefined);
    return hit && versionIn(hit.headers);
  }

  /** The file as it was kept; undefined where it was not, or is cut off. */
  async get(url: string, { signal, onProgress }: DownloadOptions = {}): Promise<Segments | undefined> {
    const hit = await this.#match(url);
    if (!hit?.body) return undefined;
    const total = Number(hit.headers.get('content-length')) || undefined;
    const bytes = new Segments(nameOf(url), total);
    bytes.version = versionIn(hit.headers);
    const failure = await drain(hit.body, bytes, signal, (loaded) => onProgress?.(loaded, total));
    return failure || bytes.size !== (total ?? bytes.size) ? undefined : bytes;
  }

  async #match(url: string): Promise<Response | undefined> {
    return this.#cache.match(url).catch(() => undefined);
  }

  /** Once for all who loaded the same bytes together. Where there is no room, files of other models go first, the oldest before. */
  put(url: string, bytes: Segments): Promise<void> {
    const keeping = puts.get(bytes) ?? this.#put(url, bytes);
    puts.set(bytes, keeping);
    return keeping;
  }

  async #put(url: string, bytes: Segments): Promise<void> {
    const headers = new Headers({ 'content-length': String(bytes.size) });
    for (const field of FIELDS) if (bytes.version[field]) headers.set(HEADERS[field], bytes.version[field]);
    try {
      for (;;) {
        try {
          return await this.#cache.put(url, new Response(bytes.stream(), { headers }));
        } catch (error) {
          if ((error as Error).name !== 'QuotaExceededError' || !(await this.#evict(url))) return;
        }
      }
    } catch {
      // No http(s) address, or the storage is gone.
    }
  }

  /** Whether a file could be given up for one at this address. */
  async #evict(url: string): Promise<boolean> {
    const folder = new URL('.', url).href;
    // In the order in which they were put.
    const oldest = (await this.#cache.keys()).find((kept) => !kept.url.startsWith(folder));
    return oldest !== undefined && this.#cache.delete(oldest);
  }

  /** For what has a successor only. */
  async drop(url: string): Promise<void> {
    await this.#cache.delete(url).catch(() => false);
  }
}

function versionIn(headers: Headers): Version {
  return Object.fromEntries(FIELDS.map((field) => [field, headers.get(HEADERS[field]) ?? undefined]));
}

/** What a server has at an address now; `reason`, where it cannot be asked. */
export type Answer = { version: Version } | { reason: string };

/** Asks a server what it has, and not for long. A wrong answer, such as a login page, does not count as a version. */
export async function ask(url: string, options: DownloadOptions): Promise<Answer> {
  const { signal } = options;
  const patience = AbortSignal.timeout(PATIENCE_MS);
  try {
    return { version: versionOf(await request(url, {}, { ...options, mode: 'no-cache', signal: anySignal(signal, patience) }, 'HEAD')) };
  } catch (error) {
    throwIfAborted(signal);
    if (patience.aborted) return { reason: `The server has not answered in ${PATIENCE_MS / 1000} s.` };
    const status = statusOf(error);
    // Some servers know no HEAD, or refuse it: what they say to GET counts.
    if (status !== undefined && status < 500 && status !== 429) return { version: {} };
    return { reason: (error as Error).message };
  }
}

export interface KeepOptions extends DownloadOptions {
  /** `checked`: the server is asked whether it still has the same file. */
  cache?: boolean | 'checked';
}

/** Files that have arrived and are being read and kept: who asks for one by then finds it kept a moment later. */
const settling = new Map<string, Promise<void>>();

/** A file's bytes, and what was read from them. */
export interface Opened<T> {
  bytes: Segments;
  value: T;
}

/**
 * Files that belong together, most often one: as they were kept, while their server still has those or is unwell, else downloaded. What
 * is kept is replaced when its successors are complete and read well, and serves where they cannot be had: all of it or nothing.
 * @param read throws where the bytes are not what they should be
 */
export async function keptOrFetched<T>(
  urls: readonly string[],
  read: (bytes: Segments) => Promise<T>,
  options: KeepOptions,
): Promise<Opened<T>[]> {
  const { signal, onProgress } = options;
  await abortable(Promise.all(urls.map((url) => settling.get(url))), signal);
  const cache = await FileCache.open();
  const versions = await Promise.all(urls.map((url) => cache?.version(url)));
  const complete = !versions.includes(undefined);
  const checked = options.cache === 'checked' || !complete;
  const progressOf = (i: number) => (loaded: number, total?: number) => onProgress?.(loaded, total, i);
  const [first = ''] = urls;
  // Reading takes as long as asking does.
  let early = checked && complete && urls.length === 1 ? cache?.get(first, { signal }) : undefined;
  early?.catch(() => undefined);
  const readOne = async (url: string, i: number) => readKept(await (early ?? cache?.get(url, { signal, onProgress: progressOf(i) })), read);
  const current = await Promise.all(
    urls.map(async (url, i) => {
      const version = versions[i];
      const answer = version && (checked ? await ask(url, options) : { version });
      return answer && ('reason' in answer ? answer.reason : sameFile(version ?? {}, answer.version) || !checked);
    }),
  );
  const unwell = current.find((reason) => typeof reason === 'string');
  // No longer in memory beside its successor.
  if (current[0] === false) early = undefined;
  const opened: Opened<T>[] = [];
  const arrived: [string, Segments][] = [];
  let settle = (): void => undefined;
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });
  try {
    for (const [i, url] of urls.entries()) {
      const kept = current[i] === true || (complete && unwell !== undefined) ? await readOne(url, i) : undefined;
      const one = kept ?? (await fetchOne(url, i));
      if (!kept) arrived.push([url, one.bytes]);
      opened.push(one);
    }
  } catch (error) {
    settle();
    if (isAborted(error) || !complete) throw error;
    const kept = await Promise.all(urls.map(readOne));
    const whole = kept.filter((one) => one !== undefined);
    if (whole.length < urls.length) throw error;
    return served(whole, (error as Error).message);
  }
  const keeping = Promise.all(arrived.map(([url, bytes]) => cache?.put(url, bytes)));
  keeping.then(settle);
  // Who asked for that may go offline as soon as it is loaded.
  if (options.cache === true) await abortable(keeping, signal);
  return arrived.length === 0 ? served(opened, unwell) : opened;

  async function fetchOne(url: string, i: number): Promise<Opened<T>> {
    const bytes = await download(url, nameOf(url), { ...options, onProgress: progressOf(i) });
    if (urls.length === 1) {
      settling.set(url, settled);
      settled.then(() => settling.delete(url));
    }
    return { bytes, value: await read(bytes) };
  }

  function served(kept: Opened<T>[], reason: string | undefined): Opened<T>[] {
    if (reason !== undefined) options.warn?.(`${urls.map(nameOf).join(', ')}: what was kept is used. ${reason}`);
    for (const [i, { bytes }] of kept.entries()) onProgress?.(bytes.size, bytes.size, i);
    return kept;
  }
}

/** Undefined where it is damaged. */
export async function readKept<T>(bytes: Segments | undefined, read: (bytes: Segments) => Promise<T>): Promise<Opened<T> | undefined> {
  try {
    return bytes && { bytes, value: await read(bytes) };
  } catch (error) {
    if (isAborted(error)) throw error;
    return undefined;
  }
}

export function isAborted(error: unknown): boolean {
  return error instanceof ResnetError && error.code === 'aborted';
}
