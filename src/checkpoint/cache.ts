/**
 * Keeps files in Cache Storage between visits, and decides whether the kept file or the server's is used. Loaded when the caller
 * asks for caching. The storage is missing in insecure contexts and may be full on small devices. Then downloads work without it.
 */
import { ResnetError, throwIfAborted } from '../util/errors.ts';
import { anySignal } from '../util/signals.ts';
import { nameOf } from './address.ts';
import { type DownloadOptions, download, request, statusOf } from './download.ts';
import { Segments } from './segments.ts';
import { abortable, drain } from './stream.ts';
import { sameFile, type Version, versionOf } from './version.ts';

const CACHE_NAME = 'resnet-webgpu';

/** If a server has not answered by then, the kept file is used instead. */
export const PATIENCE_MS = 3000;

/** Headers that store facts about a kept file. */
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

  /** The version of a kept file, without reading the file. Undefined if there is none. */
  async version(url: string): Promise<Version | undefined> {
    const hit = await this.#match(url);
    hit?.body?.cancel().catch(() => undefined);
    return hit && versionIn(hit.headers);
  }

  /** The kept file. Undefined if there is none, or if it is incomplete. */
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

  /** Runs once for all who loaded the same bytes together. If the storage is full, files of other models are deleted, oldest first. */
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
      // The address is not http(s), or the storage is gone.
    }
  }

  /** Deletes another model's file to make room. Returns whether there was one. */
  async #evict(url: string): Promise<boolean> {
    const folder = new URL('.', url).href;
    // In the order in which they were stored.
    const oldest = (await this.#cache.keys()).find((kept) => !kept.url.startsWith(folder));
    return oldest !== undefined && this.#cache.delete(oldest);
  }

  /** Only for files that have been replaced. */
  async drop(url: string): Promise<void> {
    await this.#cache.delete(url).catch(() => false);
  }
}

function versionIn(headers: Headers): Version {
  return Object.fromEntries(FIELDS.map((field) => [field, headers.get(HEADERS[field]) ?? undefined]));
}

/** The version that a server has now, or the `reason` why it is unknown. */
export type Answer = { version: Version } | { reason: string };

/** Asks a server for its version, with a short timeout. A wrong answer, such as a login page, does not count as a version. */
export async function ask(url: string, options: DownloadOptions): Promise<Answer> {
  const { signal } = options;
  const patience = AbortSignal.timeout(PATIENCE_MS);
  try {
    return { version: versionOf(await request(url, {}, { ...options, mode: 'no-cache', signal: anySignal(signal, patience) }, 'HEAD')) };
  } catch (error) {
    throwIfAborted(signal);
    if (patience.aborted) return { reason: `The server has not answered in ${PATIENCE_MS / 1000} s.` };
    const status = statusOf(error);
    // Some servers do not support or allow HEAD. Then the answer to GET counts.
    if (status !== undefined && status < 500 && status !== 429) return { version: {} };
    return { reason: (error as Error).message };
  }
}

export interface KeepOptions extends DownloadOptions {
  /** `checked`: asks the server whether it still has the same file. */
  cache?: boolean | 'checked';
}

/** Downloaded files that are still being read and stored. Whoever asks for one meanwhile waits until it is kept. */
const settling = new Map<string, Promise<void>>();

/** A file's bytes, and the value that was read from them. */
export interface Opened<T> {
  bytes: Segments;
  value: T;
}

/**
 * Files that belong together, usually one. Kept files are used while their server still has the same version, or does not answer
 * properly. Otherwise the files are downloaded. Kept files are only replaced when all new ones are complete and readable. If those
 * cannot be had, all kept files are used.
 * @param read throws if the bytes are not as expected
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
  // Reading takes as long as asking the server does.
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
  // Frees the memory before the new file arrives.
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
  // A caller who asked for this may go offline as soon as the file is loaded.
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

/** Undefined if it is damaged. */
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
