/**
 * Files kept in Cache Storage; loaded when somebody wants that. It is absent in insecure contexts and full on small devices;
 * the download works without it.
 */
import { throwIfAborted } from '../errors.ts';
import { anySignal } from '../signals.ts';
import { nameOf } from './address.ts';
import { type DownloadOptions, versionOf } from './download.ts';
import { Segments } from './segments.ts';
import { drain } from './stream.ts';

const CACHE_NAME = 'resnet-webgpu';

/** A server that has not answered by then is as good as none: what was kept is shown instead. */
const CHECK_TIMEOUT_MS = 3000;

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

  /**
   * The file as it was kept; undefined where it was not, or is cut off.
   * @param checked the server is asked whether it has another one by now; undefined, too, if so
   */
  async get(url: string, options: DownloadOptions = {}, checked = false): Promise<Segments | undefined> {
    const hit = await this.#cache.match(url).catch(() => undefined);
    if (!hit?.body) return undefined;
    // Reading takes as long as asking does.
    let current = !checked;
    const asking = checked && isCurrent(url, hit.headers, options).then((answer) => (current = answer));
    if (asking) asking.catch(() => undefined);
    const total = Number(hit.headers.get('content-length')) || undefined;
    const bytes = new Segments(nameOf(url), total);
    const failure = await drain(hit.body, bytes, options.signal, (loaded) => current && options.onProgress?.(loaded, total));
    await asking;
    if (failure || !current || bytes.size !== (total ?? bytes.size)) return undefined;
    options.onProgress?.(bytes.size, bytes.size);
    return bytes;
  }

  /** Where there is no room, files of other models go first, the oldest before. */
  async put(url: string, bytes: Segments): Promise<void> {
    const headers = { 'content-length': String(bytes.size), ...(bytes.version && { etag: bytes.version }) };
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

  async drop(url: string): Promise<void> {
    await this.#cache.delete(url).catch(() => false);
  }
}

/** Whether the server has what was kept, as far as it can be asked. Without a connection, that is good enough. */
async function isCurrent(url: string, kept: Headers, { signal, fetch: get = fetch }: DownloadOptions): Promise<boolean> {
  const patience = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  try {
    const { ok, status, headers } = await get(url, { method: 'HEAD', cache: 'no-cache', signal: anySignal(signal, patience) });
    // What cannot be told apart from another file of the same name is fetched anew.
    return status >= 500 || (ok && versionOf(headers) !== undefined && versionOf(headers) === versionOf(kept));
  } catch {
    throwIfAborted(signal);
    return true;
  }
}
