/** Files kept in Cache Storage. It is absent in insecure contexts and full on small devices; the download works without it. */
import { nameOf } from './address.ts';
import type { DownloadOptions } from './download.ts';
import { Segments } from './segments.ts';
import { drain } from './stream.ts';

const CACHE_NAME = 'resnet-webgpu';

export async function openCache(): Promise<Cache | undefined> {
  try {
    return await globalThis.caches?.open(CACHE_NAME);
  } catch {
    return undefined;
  }
}

/** The file as it was kept; undefined where it was not, or is damaged. */
export async function cached(cache: Cache, url: string, { signal, onProgress }: DownloadOptions): Promise<Segments | undefined> {
  const hit = await cache.match(url).catch(() => undefined);
  if (!hit?.body) return undefined;
  const total = Number(hit.headers.get('content-length')) || undefined;
  const bytes = new Segments(nameOf(url), total);
  const failure = await drain(hit.body, bytes, signal, (loaded) => onProgress?.(loaded, total));
  return failure || bytes.size !== (total ?? bytes.size) ? undefined : bytes;
}

export async function store(cache: Cache, url: string, bytes: Segments): Promise<void> {
  try {
    await cache.put(url, new Response(bytes.stream(), { headers: { 'content-length': String(bytes.size) } }));
  } catch {
    // No room, or no http(s) address.
  }
}

export async function forget(cache: Cache, url: string): Promise<void> {
  await cache.delete(url).catch(() => false);
}
