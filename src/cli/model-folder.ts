/** The folder of a converted model. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { sourceOf } from '../checkpoint/byte-source.ts';
import { type ModelCard, parseManifest } from '../checkpoint/manifest.ts';
import { manifestCheckpoint } from '../checkpoint/manifest-tensors.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import type { ConvertedModel } from '../convert/convert-model.ts';
import { ResnetError } from '../util/errors.ts';

const MANIFEST = 'manifest.json';

/** Names that checkpoints go by. */
export const CHECKPOINT_NAME = /\.(safetensors|pth|pt|th|bin|ckpt|pkl|tar)$/i;

/** The manifest at a path: the path itself, or the manifest in that folder, named as this command or TF.js names it. */
export function manifestOf(path: string): string | undefined {
  if (/\.json$/i.test(path)) return existsSync(path) ? path : undefined;
  return [MANIFEST, 'model.json'].map((name) => join(path, name)).find((file) => existsSync(file));
}

/**
 * The path of a checkpoint, where it is a file.
 * @throws ResnetError `usage` for a folder, or where there is nothing
 */
export function fileAt(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) {
    const hint = 'Pass the path of a checkpoint, an https:// address, or hf:owner/repository.';
    throw new ResnetError('usage', 'There is no such file.', { layer: path, hint });
  }
  if (!found.isDirectory()) return path;
  const named = readdirSync(path).filter((name) => CHECKPOINT_NAME.test(name));
  const some = `${named.slice(0, 3).join(', ')}${named.length > 3 ? ', …' : ''}`;
  throw new ResnetError('usage', 'This is a folder, and not one of a converted model.', {
    layer: path,
    hint: named.length > 0 ? `Name a checkpoint in it: ${some}.` : 'Pass the path of a checkpoint (.safetensors, .pth, .pt, .th, .bin).',
  });
}

/** @throws ResnetError `integrity` for a shard that is missing or does not match the manifest */
export async function readModel(manifest: string): Promise<{ card?: ModelCard; checkpoint: Checkpoint; shards: number }> {
  const parsed = parseManifest(await readFile(manifest, 'utf8'), basename(manifest));
  const sources = parsed.groups.map(async ({ paths }) => {
    const files = await Promise.all(paths.map((path) => readShard(join(dirname(manifest), path), parsed.shards.get(path)?.sha256)));
    return sourceOf(new Blob(files), basename(manifest));
  });
  const checkpoint = manifestCheckpoint(parsed, await Promise.all(sources), basename(manifest));
  return { card: parsed.card, checkpoint, shards: parsed.groups.reduce((sum, { paths }) => sum + paths.length, 0) };
}

async function readShard(path: string, sha256: string | undefined): Promise<Uint8Array<ArrayBuffer>> {
  const hint = 'Convert the checkpoint again, or copy the whole folder again.';
  let bytes: Buffer<ArrayBuffer>;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new ResnetError('integrity', 'The shard cannot be read.', { layer: path, hint, cause });
  }
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== undefined && actual !== sha256) {
    throw new ResnetError('integrity', `The shard's SHA-256 is ${actual}, but the manifest says ${sha256}.`, { layer: path, hint });
  }
  return bytes;
}

/** Throws if existing files are in the way. */
export async function checkFolder(folder: string, force: boolean): Promise<void> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return;
    const what = code === 'ENOTDIR' ? 'This is a file, not a folder.' : error instanceof Error ? error.message : String(error);
    throw new ResnetError('usage', what, { layer: folder, hint: 'Name another folder with --out.', cause: error });
  }
  if (names.length > 0 && !force) {
    throw new ResnetError('usage', `The folder is not empty (${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}).`, {
      layer: folder,
      hint: 'Name another with --out, or add --force to replace the model in it.',
    });
  }
}

/** The manifest is written last, in one step, so that whoever sees it finds its shards. Only files of an earlier model are removed. */
export async function writeModel(folder: string, { manifest, shards }: ConvertedModel): Promise<void> {
  await mkdir(folder, { recursive: true });
  const stale = await earlierShards(folder);
  for (const [i, { path }] of manifest.shards.entries()) {
    await writeFile(join(folder, path), shards[i] ?? new Uint8Array());
    stale.delete(path);
  }
  const unfinished = join(folder, `${MANIFEST}.part`);
  await writeFile(unfinished, `${JSON.stringify(manifest)}\n`);
  await rename(unfinished, join(folder, MANIFEST));
  for (const path of stale) await rm(join(folder, path), { force: true });
}

/** Files that an earlier conversion wrote here. Recognised by the form of their names, because a manifest may name any path. */
async function earlierShards(folder: string): Promise<Set<string>> {
  try {
    const { format, shards } = JSON.parse(await readFile(join(folder, MANIFEST), 'utf8'));
    const paths: unknown[] = format === 'resnet-webgpu' ? shards.map(({ path }: { path: unknown }) => path) : [];
    return new Set(paths.filter((path): path is string => typeof path === 'string' && /^weights-\d+of\d+-[0-9a-f]{8}\.bin$/.test(path)));
  } catch {
    return new Set();
  }
}
