/**
 * Checkpoints in several files, as transformers and accelerate save large models: parts called `model-00001-of-00002.safetensors`, and
 * an index (`model.safetensors.index.json`) that says which tensor is in which part.
 */
import { ResnetError } from '../util/errors.ts';
import { absoluteUrl, nameOf, PART } from './address.ts';
import { keptOrFetched, type Opened } from './cache.ts';
import { download, statusOf } from './download.ts';
import { malformed } from './fail.ts';
import { fetchFile, rememberFile } from './fetch-file.ts';
import type { OpenOptions } from './open-options.ts';
import type { OpenedWeights } from './opened-weights.ts';
import { finishWhole, readTensors } from './read.ts';
import type { TensorFile } from './safetensors.ts';
import type { Segments } from './segments.ts';
import type { Checkpoint, CheckpointFormat, CheckpointTensor } from './types.ts';

export interface PartsIndex {
  /** Name of the index itself. */
  name: string;
  /** Names of the parts, in order. */
  parts: string[];
  /** Part by tensor. Absent if there is no index. Then the parts' contents tell. */
  where?: ReadonlyMap<string, string>;
  /** Bytes of all tensors. */
  bytes?: number;
}

export type Part = TensorFile & { format: CheckpointFormat };

/** ResNets have at most ten parts. More would be a way to make a page fetch forever. */
const MAX_PARTS = 1000;

/** Whether JSON is an index of parts instead of a manifest. */
export function isIndex(json: unknown): json is { weight_map: unknown } {
  return typeof json === 'object' && json !== null && 'weight_map' in json;
}

/** @throws ResnetError `checkpoint-format` */
export function parseIndex(json: { weight_map: unknown; metadata?: unknown }, name: string): PartsIndex {
  const { weight_map: map, metadata } = json;
  const entries = typeof map === 'object' && map !== null && !Array.isArray(map) ? Object.entries(map) : [];
  const where = new Map<string, string>();
  for (const [key, part] of entries) {
    // In the index's folder, not in another folder or on another server.
    if (typeof part !== 'string' || !/^[\w][\w.+-]*$/.test(part)) throw badIndex(name, `The index says that ${key} is in ${String(part)}.`);
    where.set(key, part);
  }
  const parts = [...new Set(where.values())].sort();
  if (parts.length === 0) throw badIndex(name, 'The index names no parts (weight_map).');
  if (parts.length > MAX_PARTS) throw badIndex(name, `The index names ${parts.length} parts.`);
  const size = Number((metadata as { total_size?: unknown } | undefined)?.total_size);
  return { name, parts, where, ...(size > 0 && { bytes: size }) };
}

function badIndex(name: string, what: string): ResnetError {
  return malformed(name, what, 'Save the model again with save_pretrained, or pass the parts themselves.');
}

/** From the name of one part, the names of all parts. */
export function partsBeside(name: string): PartsIndex {
  const [, number = '', total = ''] = PART.exec(name) ?? [];
  const count = Number(total);
  if (!(count >= 1 && count <= MAX_PARTS && Number(number) <= count))
    throw badIndex(name, `The file calls itself part ${number} of ${total}.`);
  const parts = Array.from({ length: count }, (_, i) => name.replace(PART, `-${String(i + 1).padStart(number.length, '0')}-of-${total}`));
  return { name, parts };
}

/** The name of a part's index. */
export function indexOf(part: string): string {
  return `${part.replace(PART, '')}.index.json`;
}

/** @throws ResnetError `checkpoint-format` if index and parts contradict each other */
export async function joinParts({ name, parts: names, where }: PartsIndex, parts: readonly Part[]): Promise<Checkpoint> {
  const tensors = new Map<string, CheckpointTensor>();
  const metadata: Record<string, unknown> = {};
  for (const [i, part] of parts.entries()) {
    Object.assign(metadata, part.metadata);
    for (const [key, tensor] of part.tensors) {
      const place = where?.get(key);
      if (place !== undefined && place !== names[i]) continue;
      if (tensors.has(key)) throw badIndex(name, `${key} is in ${names[i]}, and in a part before it.`);
      tensors.set(key, tensor);
    }
  }
  const lost = [...(where ?? [])].find(([key]) => !tensors.has(key));
  if (lost) throw badIndex(name, `The index says that ${lost[0]} is in ${lost[1]}, which lacks it.`);
  return finishWhole(parts[0]?.format ?? 'safetensors', { tensors, metadata }, name);
}

/** A part, and how to get its bytes again. */
export interface OpenedPart {
  value: Part;
  again: () => Promise<Segments>;
}

/** One after the other, so that kept parts of an earlier version and new ones are never mixed. */
export async function openParts(
  index: PartsIndex,
  options: OpenOptions,
  fetchParts: (options: OpenOptions) => Promise<OpenedPart[]>,
): Promise<OpenedWeights> {
  const { onProgress } = options;
  const loaded = index.parts.map(() => 0);
  const report: OpenOptions['onProgress'] = (bytes, _, file = 0) => {
    loaded[file] = Math.max(bytes, loaded[file] ?? 0);
    const sum = loaded.reduce((a, b) => a + b, 0);
    onProgress?.(sum, index.bytes !== undefined && index.bytes >= sum ? index.bytes : undefined);
  };
  const parts = await fetchParts({ ...options, onProgress: report });
  const sum = loaded.reduce((a, b) => a + b, 0);
  onProgress?.(sum, sum);
  const again = parts.map((part) => part.again);
  const reopen = async () => joinParts(index, await Promise.all(again.map(async (one) => readTensors(await one()))));
  const checkpoint = await joinParts(
    index,
    parts.map(({ value }) => value),
  );
  return { checkpoint, reopen };
}

/** The parts in the folder of an index, or of one of them. */
export function openPartsAt(url: string, index: PartsIndex, options: OpenOptions): Promise<OpenedWeights> {
  const { search } = new URL(url);
  // A signature in the index's address may also apply to the parts.
  const urls = index.parts.map((name) => new URL(name, url)).map((part) => Object.assign(part, { search }).href);
  return openParts(index, options, async (own) => {
    try {
      const opened = await fetchFiles(urls, readTensors, own);
      return opened.map(({ bytes, value }, i) => ({ value, again: rememberFile(urls[i] ?? url, bytes, own) }));
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
      throw new ResnetError('network', `The checkpoint has ${index.parts.length} parts, and one of them is missing (404).`, {
        layer: (error as ResnetError).layer,
        hint: 'Put all parts into one folder, as they were saved.',
        cause: { status: 404 },
      });
    }
  });
}

async function fetchFiles<T>(urls: string[], read: (bytes: Segments) => Promise<T>, options: OpenOptions): Promise<Opened<T>[]> {
  if (options.cache) return keptOrFetched(urls, read, options);
  const opened: Opened<T>[] = [];
  for (const [i, url] of urls.entries()) {
    const onProgress: OpenOptions['onProgress'] = (loaded, total) => options.onProgress?.(loaded, total, i);
    const bytes = await download(url, nameOf(url), { ...options, onProgress });
    opened.push({ bytes, value: await read(bytes) });
  }
  return opened;
}

/** The address of a part is the address of the whole. The index is optional, because every part says what it contains, and how many there are. */
export async function openPartAddress(address: string, options: OpenOptions): Promise<OpenedWeights> {
  const url = absoluteUrl(address);
  const name = decodeURIComponent(nameOf(url));
  const fallback = partsBeside(name);
  const place = new URL(indexOf(name), url);
  place.search = new URL(url).search;
  let index = fallback;
  try {
    const { value } = await fetchFile(place.href, async (bytes) => readIndex(bytes, indexOf(name)), { ...options, onProgress: undefined });
    index = value;
  } catch (error) {
    if (!(error instanceof ResnetError) || error.code === 'aborted') throw error;
  }
  return openPartsAt(url, index, options);
}

async function readIndex(bytes: Segments, name: string): Promise<PartsIndex> {
  const json: unknown = JSON.parse(new TextDecoder().decode(await bytes.read(0, bytes.size)));
  if (!isIndex(json)) throw badIndex(name, 'The index names no parts (weight_map).');
  return parseIndex(json, name);
}
