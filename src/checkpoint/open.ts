/** From whatever a caller may call weights to a checkpoint. */
import { ResnetError, throwIfAborted } from '../errors.ts';
import type { Tensor, WeightsSource } from '../types.ts';
import { absoluteUrl, isManifestAddress, nameOf, repositoryUrl } from './address.ts';
import type { FileCache } from './cache.ts';
import { type DownloadOptions, download, statusOf } from './download.ts';
import { pytorchReader, readSource } from './read.ts';
import type { Segments } from './segments.ts';
import { classOf, sourceOf } from './source.ts';
import { abortable } from './stream.ts';
import type { Checkpoint } from './types.ts';

export interface OpenOptions extends DownloadOptions {
  /**
   * Keep the file in Cache Storage, and take it from there next time: without asking the server, or (`checked`) after asking
   * it whether the file is the same, if there is a connection.
   */
  cache?: boolean | 'checked';
  /** Open a converted model before it is there whole: tensors that are read wait for their shards. */
  early?: boolean;
  /** Base URL behind `hf:`. */
  hub?: string;
}

export interface OpenedWeights {
  checkpoint: Checkpoint;
  /** Resolves when all is there, where the checkpoint was opened before. */
  whole?: Promise<void>;
  /** Reads the same weights again, after a device loss; absent for a spent stream. */
  reopen?: () => Promise<Checkpoint>;
}

const HUB_FILES = ['model.safetensors', 'pytorch_model.bin'];

/**
 * Opens a checkpoint: an address (relative to the page, `hf:<owner>/<repo>[@revision]`, http, blob, data; a folder or .json
 * file is a converted model), a file, its bytes, a stream of them, what was read from one already, or tensors in memory.
 * @throws ResnetError `network`, `aborted`, `usage`, and what `readCheckpoint` throws
 */
export async function openWeights(source: Exclude<WeightsSource, { random: number }>, options: OpenOptions): Promise<OpenedWeights> {
  throwIfAborted(options.signal);
  if (typeof source === 'string' || classOf(source) === 'URL') {
    return openAddress(String(source), options);
  }
  if (classOf(source) === 'ReadableStream') {
    const { fromStream } = await import('./given.ts');
    return { checkpoint: await fromStream(source as ReadableStream<Uint8Array>, options) };
  }
  if (isCheckpoint(source)) return { checkpoint: source, reopen: async () => source };
  const read = isTensors(source)
    ? async () => (await import('./given.ts')).fromTensors(source)
    : () => readSource(sourceOf(source as Blob));
  return { checkpoint: await abortable(read(), options.signal), reopen: read };
}

async function openAddress(address: string, options: OpenOptions): Promise<OpenedWeights> {
  const base = address.startsWith('hf:') ? repositoryUrl(address, options.hub) : undefined;
  const urls = base ? HUB_FILES.map((file) => `${base}/${file}`) : [absoluteUrl(address)];
  if (isManifestAddress(urls[0] ?? '')) return (await import('./manifest-load.ts')).openManifest(address, options);
  // Neither the signal nor the progress of this load belongs to a later one.
  const { cache, fetch } = options;
  return { checkpoint: await fromUrls(urls, options), reopen: () => fromUrls(urls, { cache, fetch }) };
}

async function fromUrls(urls: string[], options: OpenOptions): Promise<Checkpoint> {
  const cache = options.cache ? await (await import('./cache.ts')).FileCache.open() : undefined;
  for (const url of cache ? urls : []) {
    const kept = await fromCache(cache, url, options);
    if (kept) return kept;
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
    // Only what reads well is worth keeping. Who asked for that may go offline as soon as it is loaded.
    const keeping = cache?.put(url, bytes);
    if (keeping && options.cache === true) await abortable(keeping, options.signal);
    return checkpoint;
  }
  throw new ResnetError('network', `The repository has neither ${HUB_FILES.join(' nor ')}.`, {
    layer: urls[0],
    hint: 'Check owner, name and revision, or pass the address of the file itself; parts (…-00001-of-…) have to be joined first.',
    cause: { status: 404 },
  });
}

function isCheckpoint(source: object | undefined): source is Checkpoint {
  return classOf((source as Partial<Checkpoint> | undefined)?.tensors) === 'Map';
}

function isTensors(source: object): source is Record<string, Tensor> {
  return classOf(source) === 'Object';
}

async function fromCache(cache: FileCache | undefined, url: string, options: OpenOptions): Promise<Checkpoint | undefined> {
  const bytes = await cache?.get(url, options, options.cache === 'checked');
  try {
    if (bytes) return await readSource(bytes);
  } catch (error) {
    if (error instanceof ResnetError && error.code === 'aborted') throw error;
  }
  // Damaged: fetch it anew.
  await cache?.drop(url);
  return undefined;
}
