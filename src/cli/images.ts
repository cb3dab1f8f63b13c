/** The images that a command line names: files, folders, patterns, standard input. */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { IMAGE_NAME } from './command-line.ts';
import { fileTrouble } from './files.ts';
import type { ImageFile, ImageOutcome } from './job.ts';

/** An image to classify, or why there is none. */
export type Named = ImageFile | Extract<ImageOutcome, { error: unknown }>;

/**
 * Folders are searched recursively, without hidden files, in the order of names. Patterns are for shells that do not expand them
 * (Windows', or in quotes): `*`, `?`, `[a-z]`, `{jpg,png}` in a name, `**` for any folders between.
 */
export async function namedImages(names: readonly string[]): Promise<Named[]> {
  const lists = await Promise.all(names.map(imagesOf));
  return lists.flat();
}

async function imagesOf(name: string): Promise<Named[]> {
  if (name === '-') return [{ name: 'standard input', bytes: await buffer(process.stdin) }];
  let isFolder: boolean;
  try {
    isFolder = (await stat(name)).isDirectory();
  } catch (error) {
    if (!isPattern(name)) return [failed(name, fileTrouble(error))];
    const files = await matching(name);
    return files.length > 0 ? files.map(asFile) : [failed(name, 'No file matches this pattern. Check the path.')];
  }
  if (!isFolder) return [asFile(name)];
  const files = (await filesBelow(name)).filter((file) => IMAGE_NAME.test(file));
  return files.length > 0
    ? files.map(asFile)
    : [failed(name, 'There is no image in this folder (.png, .jpg, .jpeg, .webp, .avif, .gif or .bmp). Check the path.')];
}

function asFile(file: string): ImageFile {
  return { name: file, file };
}

function failed(image: string, message: string): Named {
  return { image, error: { message: `[${image}] ${message}`, code: 'image' } };
}

export function isPattern(name: string): boolean {
  return /[*?[\]{}]/.test(name);
}

async function filesBelow(folder: string): Promise<string[]> {
  return inOrder(await walk(folder, ['**', '*']));
}

/** The files that match a pattern, in order. */
async function matching(pattern: string): Promise<string[]> {
  const parts = (sep === '\\' ? pattern.replaceAll('\\', '/') : pattern).split('/');
  const [first = ''] = parts;
  // The first part of an absolute path is empty, or a drive.
  const isAbsolute = first === '' || /^[a-z]:$/i.test(first);
  return inOrder(await walk(isAbsolute ? `${first}/` : '', isAbsolute ? parts.slice(1) : parts));
}

function inOrder(files: readonly string[]): string[] {
  const { compare } = new Intl.Collator('en', { numeric: true });
  return [...new Set(files)].sort((a, b) => compare(a, b) || (a < b ? -1 : 1));
}

async function walk(folder: string, [part = '', ...rest]: readonly string[]): Promise<string[]> {
  if (part === '**') {
    const below = (await entries(folder)).filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
    const deeper = await Promise.all(below.map(({ name }) => walk(join(folder, name), [part, ...rest])));
    return [...(await walk(folder, rest.length > 0 ? rest : ['*'])), ...deeper.flat()];
  }
  const isLast = rest.length === 0;
  if (!isPattern(part)) {
    const place = join(folder, part);
    if (!isLast) return walk(place, rest);
    return (await stat(place).catch(() => undefined))?.isFile() ? [place] : [];
  }
  const expression = expressionOf(part);
  const found = (await entries(folder)).filter(({ name }) => expression.test(name) && (!name.startsWith('.') || part.startsWith('.')));
  // A link may point to either. This shows when it is read.
  if (isLast) return found.filter((entry) => !entry.isDirectory()).map(({ name }) => join(folder, name));
  const deeper = await Promise.all(found.filter((entry) => !entry.isFile()).map(({ name }) => walk(join(folder, name), rest)));
  return deeper.flat();
}

async function entries(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder || '.', { withFileTypes: true });
  } catch {
    return [];
  }
}

/** `*`, `?`, `[…]`, `[!…]` and `{…,…}` in a single name. */
export function expressionOf(part: string): RegExp {
  const source = part.replace(/\[!?[^\]]+\]|\{[^{}]*\}|[*?]|[.+^$()|[\]{}\\]/g, (token) => {
    if (token === '*') return '.*';
    if (token === '?') return '.';
    if (token.length === 1) return `\\${token}`;
    const inside = token.slice(1, -1);
    if (token.startsWith('{'))
      return `(?:${inside
        .split(',')
        .map((one) => expressionOf(one).source.slice(1, -1))
        .join('|')})`;
    return `[${inside.replace(/^!/, '^').replace(/[\\[]/g, '\\$&')}]`;
  });
  return new RegExp(`^${source}$`, 's');
}
