/** Checkpoints named on the command line: files, converted models, addresses. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Preprocess } from '../api/types.ts';
import type { Arch } from '../arch/index.ts';
import { isManifestAddress } from '../checkpoint/address.ts';
import { describeWeights } from '../checkpoint/describe.ts';
import { openWeights } from '../checkpoint/open.ts';
import { readSource } from '../checkpoint/read.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import type { NetworkOptions } from '../convert/checkpoint-network.ts';
import { ResnetError } from '../util/errors.ts';
import { withFile } from './files.ts';
import type { Report } from './job.ts';
import { fileAt, manifestOf, readModel } from './model-folder.ts';
import { bar, styleFor } from './table.ts';

export interface NamedCheckpoint {
  /** A file, the folder of a converted model, https://… or hf:owner/repository. */
  checkpoint: string;
  arch?: string;
}

/** Opens it while `use` runs. Repositories and converted models describe themselves, unless the command line says otherwise. */
export async function withCheckpoint<T>(
  { checkpoint: place, arch }: NamedCheckpoint,
  report: Report,
  use: (checkpoint: Checkpoint, known: NetworkOptions) => Promise<T>,
): Promise<T> {
  if (!isAddress(place)) return fromDisk(place, use);
  const onProgress = (loaded: number, total?: number) => report(progressBar('Downloading', total ? loaded / total : undefined));
  if (arch !== undefined || !(place.startsWith('hf:') || isManifestAddress(place)))
    return use((await openWeights(place, { onProgress })).checkpoint, {});
  const { card, open } = await describeWeights(place, { onProgress });
  const { golden: _, ...known } = card;
  return use((await open()).checkpoint, known);
}

export function isAddress(checkpoint: string): boolean {
  return /^(https?:\/\/|hf:)/.test(checkpoint);
}

async function fromDisk<T>(path: string, use: (checkpoint: Checkpoint, known: NetworkOptions) => Promise<T>): Promise<T> {
  const manifest = manifestOf(path);
  if (manifest) {
    const { card, checkpoint } = await readModel(manifest);
    const { golden: _, ...known } = card ?? {};
    return use(checkpoint, known);
  }
  return withFile(fileAt(path), async (source) => use(await readSource(source), {}));
}

/** A name, JSON, or a file of JSON. */
export async function readArch(text: string | undefined): Promise<Arch | undefined> {
  if (text === undefined) return undefined;
  const isFile = /\.json$/i.test(text) && existsSync(text);
  if (!isFile && !text.trimStart().startsWith('{')) return text;
  try {
    return JSON.parse(isFile ? await readFile(text, 'utf8') : text);
  } catch (cause) {
    const hint = `Write a name such as resnet50, or JSON such as '{"type":"ResNet","depth":50}'.`;
    throw new ResnetError('usage', `The configuration is not JSON: ${cause instanceof Error ? cause.message : String(cause)}.`, {
      layer: '--arch',
      hint,
      cause,
    });
  }
}

export function progressBar(what: string, share: number | undefined): string {
  const { unicode } = styleFor(process.stderr);
  if (share === undefined) return `${what} …`;
  return `${what.padEnd(20)} ${bar(share, 24, unicode).padEnd(24)} ${Math.floor(share * 100)} %`;
}

/** The preprocessing of an image, in one line. */
export function preprocessText({ resize, crop, order }: Preprocess): string {
  const size = (value: number | readonly number[]) => (typeof value === 'number' ? String(value) : value.join('x'));
  const steps = [
    ...(resize
      ? [`${resize.edge === 'short' ? 'short edge' : 'resize'} to ${size(resize.size)}, ${resize.filter} as ${resize.kernel} has it`]
      : []),
    ...(crop ? [`crop ${size(crop)}`] : []),
    order,
  ];
  return steps.join('; ');
}
