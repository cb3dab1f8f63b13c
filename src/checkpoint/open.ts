/** From whatever a caller may call weights to a checkpoint. */
import { ResnetError, throwIfAborted } from '../errors.ts';
import type { Tensor, WeightsSource } from '../types.ts';
import { type DownloadOptions, download, placeOf, statusOf } from './download.ts';
import { finish, pytorchReader, readSource } from './read.ts';
import { Segments } from './segments.ts';
import { classOf, sourceOf } from './source.ts';
import { abortable, drain } from './stream.ts';
import { elementCount } from './strided.ts';
import type { Checkpoint, CheckpointTensor } from './types.ts';

export interface OpenOptions extends DownloadOptions {
  /** Keep the file in Cache Storage, and take it from there next time without asking the server. */
  cache?: boolean;
  /** Base URL behind `hf:`. */
  hub?: string;
}

export interface OpenedWeights {
  checkpoint: Checkpoint;
  /** Reads the same weights again, after a device loss; absent for a spent stream. */
  reopen?: () => Promise<Checkpoint>;
}

const CACHE_NAME = 'resnet-webgpu';
const DEFAULT_HUB = 'https://huggingface.co';
const HUB_FILES = ['model.safetensors', 'pytorch_model.bin'];

/**
 * Opens a checkpoint: an address (relative to the page, `hf:<owner>/<repo>[@revision]`, http, blob, data), a file, its
 * bytes, a stream of them, or tensors in memory.
 * @throws ResnetError `network`, `aborted`, `usage`, and what `readCheckpoint` throws
 */
export async function openWeights(source: Exclude<WeightsSource, { random: number }>, options: OpenOptions): Promise<OpenedWeights> {
  throwIfAborted(options.signal);
  if (typeof source === 'string' || classOf(source) === 'URL') {
    const urls = resolve(String(source), options.hub ?? DEFAULT_HUB);
    // Neither the signal nor the progress of this load belongs to a later one.
    const { cache, fetch } = options;
    return { checkpoint: await fromUrls(urls, options), reopen: () => fromUrls(urls, { cache, fetch }) };
  }
  if (classOf(source) === 'ReadableStream') return { checkpoint: await fromStream(source as ReadableStream<Uint8Array>, options) };
  const read = isTensors(source) ? async () => fromTensors(source) : () => readSource(sourceOf(source as Blob));
  return { checkpoint: await abortable(read(), options.signal), reopen: read };
}

/** Addresses to try in turn. */
function resolve(text: string, hub: string): string[] {
  if (text.startsWith('hf:')) {
    const [, repository, revision = 'main'] = /^hf:(\w[\w.-]*\/\w[\w.-]*)(?:@(.+))?$/.exec(text) ?? [];
    if (repository === undefined) {
      throw new ResnetError('usage', 'The address names no repository.', {
        layer: text,
        hint: "Write 'hf:<owner>/<repo>' or 'hf:<owner>/<repo>@<revision>'.",
      });
    }
    const base = `${hub.replace(/\/+$/, '')}/${repository}/resolve/${encodeURIComponent(revision)}`;
    return HUB_FILES.map((file) => `${base}/${file}`);
  }
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  let url: URL | undefined;
  try {
    url = new URL(text, base);
  } catch {
    // Reported below.
  }
  // Without a page there is nothing to be relative to, and fetch reads no files.
  if (url === undefined || (base === undefined && !/^(https?|blob|data):$/.test(url.protocol))) {
    throw new ResnetError('usage', 'The address is no URL; outside a page a file has to be read by the caller.', {
      layer: text,
      hint: "Pass an absolute URL, or the bytes: in Node, weights: await readFile(path), from 'node:fs/promises'.",
    });
  }
  url.hash = '';
  return [url.href];
}

async function fromUrls(urls: string[], options: OpenOptions): Promise<Checkpoint> {
  const cache = options.cache ? await openCache() : undefined;
  for (const url of cache ? urls : []) {
    const cached = await fromCache(cache, url, options);
    if (cached) return cached;
  }
  // Likely needed, so let it travel beside the file; an error shows when it is.
  if (!urls[0]?.endsWith('.safetensors')) pytorchReader().catch(() => undefined);
  for (const url of urls) {
    const name = nameOf(url);
    let bytes: Segments;
    try {
      bytes = await download(url, name, options);
    } catch (error) {
      if (statusOf(error) === 404 && urls.length > 1) continue;
      throw error;
    }
    const checkpoint = await readSource(bytes);
    // Only what reads well is worth keeping.
    if (cache) await abortable(store(cache, url, bytes), options.signal);
    return checkpoint;
  }
  throw new ResnetError('network', `The repository has neither ${HUB_FILES.join(' nor ')}.`, {
    layer: urls[0],
    hint: 'Check owner, name and revision, or pass the address of the file itself.',
    cause: { status: 404 },
  });
}

/** Last part of the path, for messages. */
function nameOf(url: string): string {
  const place = placeOf(url);
  return place.slice(place.lastIndexOf('/') + 1) || place;
}

async function fromStream(stream: ReadableStream<Uint8Array>, { signal, onProgress }: OpenOptions): Promise<Checkpoint> {
  if (stream.locked) {
    throw new ResnetError('usage', 'The stream is locked: something has read from it.', { layer: 'weights', hint: 'Pass a fresh stream.' });
  }
  const bytes = new Segments('stream');
  const failure = await drain(stream, bytes, signal, (loaded) => onProgress?.(loaded));
  if (failure) {
    throw new ResnetError('network', `The stream broke after ${bytes.size} bytes.`, {
      layer: 'weights',
      hint: 'Pass a fresh stream.',
      cause: failure.cause,
    });
  }
  onProgress?.(bytes.size, bytes.size);
  return readSource(bytes);
}

function isTensors(source: object): source is Record<string, Tensor> {
  return classOf(source) === 'Object';
}

function fromTensors(source: Record<string, Tensor>): Checkpoint {
  const tensors = new Map<string, CheckpointTensor>();
  for (const [key, tensor] of Object.entries(source)) {
    const { data, shape } = (tensor ?? {}) as Partial<Tensor>;
    if (classOf(data) !== 'Float32Array' || !Array.isArray(shape) || elementCount(shape) !== data?.length) {
      throw new ResnetError('usage', `The tensor has ${data?.length ?? 'no'} numbers (${classOf(data)}) for shape [${shape}].`, {
        layer: key,
        hint: 'Pass { data: Float32Array, shape: number[] } with as many numbers as the shape says.',
      });
    }
    tensors.set(key, { dtype: 'f32', shape, read: async () => ({ data, shape: [...shape] }) });
  }
  return finish('memory', { tensors, metadata: {} }, 'weights');
}

// Cache Storage is absent in insecure contexts and full on small devices; the download works without it.

async function openCache(): Promise<Cache | undefined> {
  try {
    return await globalThis.caches?.open(CACHE_NAME);
  } catch {
    return undefined;
  }
}

async function fromCache(cache: Cache | undefined, url: string, { signal, onProgress }: OpenOptions): Promise<Checkpoint | undefined> {
  const hit = await cache?.match(url).catch(() => undefined);
  if (!hit?.body) return undefined;
  const total = Number(hit.headers.get('content-length')) || undefined;
  const bytes = new Segments(nameOf(url), total);
  try {
    const failure = await drain(hit.body, bytes, signal, (loaded) => onProgress?.(loaded, total));
    if (!failure && bytes.size === (total ?? bytes.size)) return await readSource(bytes);
  } catch (error) {
    if (error instanceof ResnetError && error.code === 'aborted') throw error;
  }
  // Damaged: fetch it anew.
  await cache?.delete(url).catch(() => false);
  return undefined;
}

async function store(cache: Cache, url: string, bytes: Segments): Promise<void> {
  try {
    await cache.put(url, new Response(bytes.stream(), { headers: { 'content-length': String(bytes.size) } }));
  } catch {
    // No room, or no http(s) address.
  }
}
