/** Files named on the command line. */
import { open, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type ByteSource, checkRange } from '../checkpoint/byte-source.ts';
import { ResnetError } from '../util/errors.ts';
import type { ImageFile } from './job.ts';
import { LabelsError, parseLabels } from './parse-labels.ts';

/** What went wrong with a file, and what to do. */
export function fileTrouble(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'There is no such file. Check the path.';
  if (code === 'EISDIR') return 'This is a folder. Name a file in it.';
  return error instanceof Error ? error.message : String(error);
}

/** @throws ResnetError `image`, with what to do */
export async function imageBytes(image: ImageFile): Promise<Uint8Array> {
  if ('bytes' in image) return image.bytes;
  try {
    return await readFile(image.file);
  } catch (error) {
    throw new ResnetError('image', 'The file cannot be read.', { layer: image.name, hint: fileTrouble(error), cause: error });
  }
}

/** Its first bytes, which tell the format. Empty if the file cannot be read, which is reported later. */
export async function firstBytes(image: ImageFile): Promise<Uint8Array> {
  if ('bytes' in image) return image.bytes;
  const bytes = new Uint8Array(16);
  try {
    const file = await open(image.file);
    await file.read(bytes, 0, bytes.length, 0).finally(() => file.close());
  } catch {}
  return bytes;
}

/** Undefined for a blank file. */
export async function readLabels(file: string): Promise<string[] | undefined> {
  const hint = 'Give a JSON array of strings, or one label a line.';
  try {
    return parseLabels(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof LabelsError) throw new ResnetError('usage', error.message, { layer: file, hint });
    throw new ResnetError('usage', fileTrouble(error), { layer: '--labels', hint, cause: error });
  }
}

/** Opens a checkpoint for reading in pieces, and closes it when `use` is done. */
export async function withFile<T>(path: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const file = await open(path);
  try {
    const source: ByteSource = {
      name: basename(path),
      size: (await file.stat()).size,
      async read(start, end) {
        checkRange(this, end);
        const bytes = new Uint8Array(end - start);
        await file.read(bytes, 0, bytes.length, start);
        return bytes;
      },
    };
    return await use(source);
  } finally {
    await file.close();
  }
}
