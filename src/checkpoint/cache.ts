/**
 * Files kept in Cache Storage; loaded when somebody wants that. It is absent in insecure contexts and full on small devices;
 * the download works without it.
 */
import { nameOf } from './address.ts';
import type { DownloadOptions } from './download.ts';
import { Segments } from './segments.ts';
import { drain } from './stream.ts';

const CACHE_NAME = 'resnet-webgpu';

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

  /** The file as it was kept; undefined where it was not, or is cut off. */
  async get(url: string, { signal, onProgress }: DownloadOptions = {}): Promise<Segments | undefined> {
    const hit = await this.#cache.match(url).catch(() => undefined);
    if (!hit?.body) return undefined;
    const total = Number(hit.headers.get('content-length')) || undefined;
    const bytes = new Segments(nameOf(url), total);
    const failure = await drain(hit.body, bytes, signal, (loaded) => onProgress?.(loaded, total));
    return failure || bytes.size !== (total ?? bytes.size) ? undefined : bytes;
  }

  async put(url: string, bytes: Segments): Promise<void> {
    try {
      await this.#cache.put(url, new Response(bytes.stream(), { headers: { 'content-length': String(bytes.size) } }));
    } catch {
      // No room, or no http(s) address.
    }
  }

  async drop(url: string): Promise<void> {
    await this.#cache.delete(url).catch(() => false);
  }
}
