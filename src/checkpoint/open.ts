/** From anything that a caller may pass as weights to a checkpoint. */

import type { Tensor, WeightsSource } from '../api/types.ts';
import * as lazy from '../lazy.ts';
import { throwIfAborted } from '../util/errors.ts';
import { tagOf } from '../util/tag.ts';
import { absoluteUrl, isHubAddress, isManifestAddress, isPart } from './address.ts';
import { sourceOf } from './byte-source.ts';
import { fetchFile, rememberFile } from './fetch-file.ts';
import type { OpenOptions } from './open-options.ts';
import type { OpenedWeights } from './opened-weights.ts';
import { readSource } from './read.ts';
import { abortable } from './stream.ts';
import type { Checkpoint } from './types.ts';

/**
 * Opens a checkpoint from an address, a file, several files that form one, bytes, a stream of bytes, the result of an earlier read, or
 * tensors in memory. Addresses are relative to the page, `hf:<owner>/<repo>[@revision]`, http, blob or data. A folder or .json file
 * is a converted model, or the index of a checkpoint in parts.
 * @throws ResnetError `network`, `aborted`, `usage`, `integrity`, and the errors of `readCheckpoint`
 */
export async function openWeights(source: Exclude<WeightsSource, { random: number }>, options: OpenOptions): Promise<OpenedWeights> {
  throwIfAborted(options.signal);
  if (typeof source === 'string' || tagOf(source) === 'URL') {
    return openAddress(String(source), options);
  }
  if (tagOf(source) === 'ReadableStream') {
    const { fromStream } = await lazy.streamsAndTensors();
    return { checkpoint: await fromStream(source as ReadableStream<Uint8Array>, options) };
  }
  if (isFileList(source)) return (await lazy.folders()).openFiles(source, options);
  if (isCheckpoint(source)) return { checkpoint: source, reopen: async () => source };
  const read = isTensors(source)
    ? async () => (await lazy.streamsAndTensors()).fromTensors(source)
    : () => readSource(sourceOf(source as Blob));
  return { checkpoint: await abortable(read(), options.signal), reopen: read };
}

async function openAddress(address: string, options: OpenOptions): Promise<OpenedWeights> {
  if (isHubAddress(address)) return (await lazy.repositories()).openRepository(address, options);
  const url = absoluteUrl(address);
  if (isManifestAddress(url)) return (await lazy.convertedModels()).openManifest(url, options);
  if (isPart(url)) return (await lazy.partedFiles()).openPartAddress(url, options);
  // Probably needed, so it is fetched at the same time as the file. An error shows when it is used.
  if (!url.endsWith('.safetensors')) lazy.pytorchFiles().catch(() => undefined);
  const { bytes, value } = await fetchFile(url, readSource, options);
  const again = rememberFile(url, bytes, options);
  return { checkpoint: value, reopen: async () => readSource(await again()) };
}

/** An array of files, or what a file input or a drop provides. */
export function isFileList(source: object): source is ArrayLike<Blob> {
  return Array.isArray(source) || tagOf(source) === 'FileList';
}

export function isRandom(weights: WeightsSource): weights is { random: number } {
  return typeof weights === 'object' && 'random' in weights && typeof weights.random === 'number';
}

function isCheckpoint(source: object | undefined): source is Checkpoint {
  return tagOf((source as Partial<Checkpoint> | undefined)?.tensors) === 'Map';
}

function isTensors(source: object): source is Record<string, Tensor> {
  return tagOf(source) === 'Object';
}
