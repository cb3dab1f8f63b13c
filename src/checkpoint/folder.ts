/**
 * Several files that form one model: the parts of a checkpoint with or without their index, the folder of a converted model, or the
 * files of a repository, from a file input or a drop. Other files in the folder are ignored.
 */
import { ResnetError } from '../util/errors.ts';
import { isPart } from './address.ts';
import { sourceOf } from './byte-source.ts';
import { readCard } from './hub.ts';
import { type ParsedManifest, parseManifest } from './manifest.ts';
import { manifestCheckpoint } from './manifest-tensors.ts';
import type { OpenOptions } from './open-options.ts';
import type { DescribedWeights, OpenedWeights } from './opened-weights.ts';
import { isIndex, joinParts, type PartsIndex, parseIndex, partsBeside } from './parts.ts';
import { finishWhole, readTensors } from './read.ts';
import type { Json, RepositoryCard } from './repository-card.ts';
import { digestOf } from './sha256.ts';
import { abortable } from './stream.ts';
import type { Checkpoint } from './types.ts';

/** A manifest of a thousand tensors has 200 KB. */
const MAX_JSON_BYTES = 2 ** 24;

/** By path within the picked folder. */
type Files = ReadonlyMap<string, Blob>;

/** @throws ResnetError `usage` if the files are not a model, or several; `integrity`, and the errors of `readCheckpoint` */
export async function openFiles(list: ArrayLike<Blob>, { signal }: OpenOptions): Promise<OpenedWeights> {
  const { read } = await sort(list, signal);
  return { checkpoint: await abortable(read(), signal), reopen: read };
}

/** What config.json or a manifest among the files says, and their weights. */
export async function describeFiles(list: ArrayLike<Blob>, { signal }: OpenOptions): Promise<DescribedWeights> {
  const { card, read } = await sort(list, signal);
  return { card: await card(), open: async () => ({ checkpoint: await abortable(read(), signal), reopen: read }) };
}

interface Sorted {
  card(): Promise<RepositoryCard>;
  read(): Promise<Checkpoint>;
}

async function sort(list: ArrayLike<Blob>, signal: AbortSignal | undefined): Promise<Sorted> {
  const files = named(list);
  const { manifests, indices, configs } = await abortable(readJsonFiles(files), signal);
  const [manifest] = manifests;
  const found = [...manifests, ...indices].map(({ path }) => path);
  if (found.length > 1) throw several(found);
  if (manifest) {
    const parsed = parseManifest(manifest.text, manifest.path);
    return { card: async () => parsed.card ?? {}, read: () => readConverted(parsed, manifest.path, files) };
  }
  const place = found[0] ?? [...configs.keys()].find((path) => /(^|\/)config\.json$/.test(path)) ?? '';
  const json = async (file: string) => configs.get(beside(place, file));
  const config = await json('config.json');
  // Other programs also have files with that name.
  const isCard = config && ('architecture' in config || 'model_type' in config);
  return { card: async () => (isCard ? readCard({ address: place, json }) : {}), read: () => readFiles(files, indices[0]) };
}

function named(list: ArrayLike<Blob>): Files {
  const files = new Map<string, Blob>();
  for (const [i, file] of Array.from(list).entries()) {
    const { name, webkitRelativePath } = (file ?? {}) as Partial<File>;
    const path = webkitRelativePath || name || `file ${i + 1}`;
    if (files.has(path)) throw new ResnetError('usage', 'There are two files of that name.', { layer: path, hint: 'Pass each file once.' });
    files.set(path, file);
  }
  if (files.size === 0) {
    throw new ResnetError('usage', 'The list of files is empty.', {
      layer: 'weights',
      hint: 'Pass the files of a model: [file, file, …].',
    });
  }
  return files;
}

interface JsonFiles {
  manifests: { path: string; text: string }[];
  indices: { path: string; index: PartsIndex }[];
  /** config.json and the like, by path. */
  configs: Map<string, Json>;
}

async function readJsonFiles(files: Files): Promise<JsonFiles> {
  const found: JsonFiles = { manifests: [], indices: [], configs: new Map() };
  for (const [path, file] of files) {
    if (!/\.json$/i.test(path) || file.size > MAX_JSON_BYTES) continue;
    const text = await file.text();
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      continue; // not part of the model, or reported when it is needed
    }
    if (typeof json !== 'object' || json === null) continue;
    if (isIndex(json)) found.indices.push({ path, index: parseIndex(json, path) });
    else if ('weightsManifest' in json) found.manifests.push({ path, text });
    else if (!Array.isArray(json)) found.configs.set(path, json as Json);
  }
  return found;
}

/** Path of a file in the folder of another one. */
function beside(path: string, name: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1) + name;
}

function several(paths: readonly string[]): ResnetError {
  return new ResnetError('usage', `The files belong to several models: ${paths.slice(0, 4).join(', ')}${paths.length > 4 ? ', …' : ''}.`, {
    layer: 'weights',
    hint: 'Pass the files of one.',
  });
}

async function readFiles(files: Files, indexed: JsonFiles['indices'][number] | undefined): Promise<Checkpoint> {
  if (indexed) return readParts(files, indexed.path, indexed.index);
  const part = [...files.keys()].find(isPart);
  if (part !== undefined) {
    const index = partsBeside(part.slice(part.lastIndexOf('/') + 1));
    const others = [...files.keys()].filter((path) => isPart(path) && !index.parts.some((name) => beside(part, name) === path));
    if (others.length > 0) throw several([part, ...others]);
    return readParts(files, part, index);
  }
  return readOnly(files);
}

async function readParts(files: Files, place: string, index: PartsIndex): Promise<Checkpoint> {
  const parts = index.parts.map((name) => fileAt(files, beside(place, name), `one of the checkpoint's ${index.parts.length} parts`));
  return joinParts(index, await Promise.all(parts.map((file, i) => readTensors(sourceOf(file, index.parts[i])))));
}

function fileAt(files: Files, path: string, what: string): Blob {
  const file = files.get(path);
  if (file) return file;
  throw new ResnetError('usage', `The file is missing, ${what}.`, { layer: path, hint: 'Pass all files of the model together.' });
}

/** The one checkpoint among the files. Files that are not checkpoints cannot be read as one. */
async function readOnly(files: Files): Promise<Checkpoint> {
  const found = new Map<string, Awaited<ReturnType<typeof readTensors>>>();
  let failure: unknown;
  for (const [path, file] of files) {
    if (/\.json$/i.test(path)) continue;
    try {
      found.set(path, await readTensors(sourceOf(file, path)));
    } catch (error) {
      // A text file next to the weights does no harm. A broken checkpoint is reported if there is no other.
      if (!(error instanceof ResnetError)) throw error;
      failure ??= error;
    }
  }
  if (found.size > 1) throw several([...found.keys()]);
  for (const [path, { format, ...file }] of found) return finishWhole(format, file, path);
  throw (
    failure ??
    new ResnetError('usage', 'There are no weights among the files.', { layer: 'weights', hint: 'Pass the checkpoint file, too.' })
  );
}

async function readConverted(manifest: ParsedManifest, place: string, files: Files): Promise<Checkpoint> {
  const groups = manifest.groups.map(async ({ paths }) => {
    const shards = paths.map(async (path) => {
      const file = fileAt(files, beside(place, path), 'a shard of the converted model');
      const expected = manifest.shards.get(path);
      const hash = expected && (await digestOf(new Uint8Array(await file.arrayBuffer())));
      if (hash !== undefined && hash !== expected?.sha256.toLowerCase()) {
        throw new ResnetError('integrity', `The shard's SHA-256 is ${hash}, but the manifest says ${expected?.sha256}.`, {
          layer: path,
          hint: 'Convert the checkpoint again, or copy the whole folder again.',
        });
      }
      return file;
    });
    return sourceOf(new Blob(await Promise.all(shards)), place);
  });
  return manifestCheckpoint(manifest, await Promise.all(groups), place);
}
