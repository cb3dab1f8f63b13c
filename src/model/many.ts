/** Many images, for example a whole folder: results as they come, several images in progress, and no picture kept. */

import type { ImageRow, ManyImages, ManyOptions } from '../api/many-types.ts';
import type { ClassifyOptions, ImageSource, Prediction } from '../api/types.ts';
import { numbered } from '../image/source-trouble.ts';
import { ResnetError } from '../util/errors.ts';
import { show } from '../util/show.ts';
import { tagOf } from '../util/tag.ts';

/** Decoding takes longer than a network, and browsers decode several images in parallel. More would only take memory. */
const IN_FLIGHT = 4;

/** Errors that concern one image. All others (no device, no model, a wrong option) concern all images, and end the call. */
const OF_AN_IMAGE: readonly string[] = ['image', 'network', 'shape', 'not-finite', 'out-of-memory', 'device-limits'];

const IMAGE_NAME = /\.(png|jpe?g|jfif|webp|avif|gif|bmp|ico|tiff?|heic|heif)$/i;

/** An image and its name, opened when its turn comes. */
interface Item {
  name: string;
  open(): Promise<ImageSource> | ImageSource;
}

/** See Model.classify. Results of `classify` are the predictions of one image. */
export async function classifyMany(
  classify: (image: ImageSource, options: ClassifyOptions) => Promise<Prediction[]>,
  images: ManyImages,
  { onResult, errors = 'reject', signal, ...options }: ManyOptions = {},
): Promise<ImageRow[]> {
  if (onResult !== undefined && typeof onResult !== 'function')
    throw new ResnetError('usage', 'It is not a function.', {
      layer: 'onResult',
      hint: 'Pass a function that takes a result, or leave it out.',
    });
  if (errors !== 'reject' && errors !== 'rows')
    throw new ResnetError('usage', `${show(errors)} is not a way to treat errors.`, { layer: 'errors', hint: "Pass 'reject' or 'rows'." });
  const rows: ImageRow[] = [];
  const ending = new AbortController();
  const end = () => ending.abort(signal?.reason);
  signal?.addEventListener('abort', end);
  if (signal?.aborted) end();
  const items = itemsOf(images);
  let count = 0;

  const one = async (item: Item, index: number): Promise<void> => {
    const start = performance.now();
    let row: ImageRow;
    try {
      row = await classify(await opened(item), { ...options, signal: ending.signal });
    } catch (error) {
      if (errors === 'reject' || !(error instanceof ResnetError) || !OF_AN_IMAGE.includes(error.code)) throw numbered(error, index);
      row = error;
    }
    rows[index] = row;
    await onResult?.(row, { index, name: item.name, latency: performance.now() - start });
  };
  const work = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const next = await items.next();
      if (next.done) return;
      await one(next.value, count++);
    }
    throw new ResnetError('aborted', 'The call was aborted.', { hint: 'Call again, unless that was meant.', cause: signal?.reason });
  };
  try {
    const working = Array.from({ length: IN_FLIGHT }, work);
    // The first failure stops the others. All have stopped when the caller gets the error.
    await Promise.all(working).catch(async (error) => {
      end();
      await Promise.allSettled(working);
      throw error;
    });
  } finally {
    signal?.removeEventListener('abort', end);
  }
  return rows;
}

/** @throws ResnetError `image`, also if a file is gone or no longer readable */
async function opened({ name, open }: Item): Promise<ImageSource> {
  try {
    return await open();
  } catch (cause) {
    throw new ResnetError('image', `The file cannot be read: ${(cause as Error).message}`, {
      layer: name,
      hint: 'Choose it again.',
      cause,
    });
  }
}

async function* itemsOf(images: ManyImages): AsyncGenerator<Item> {
  const list: readonly (ImageSource | FileSystemHandle)[] = isList(images) ? Array.from(images) : [images as FileSystemHandle];
  for (const [index, image] of list.entries()) {
    const handle = asHandle(image);
    // One folder alone needs no name before all of its files.
    if (handle) yield* itemsOfHandle(handle, isList(images) || handle.kind === 'file' ? handle.name : '', true);
    else yield { name: nameOf(image as ImageSource, index), open: () => image as ImageSource };
  }
}

/** @param asked whether the caller named it. In a folder, only files with names of images are used */
async function* itemsOfHandle(handle: FileSystemHandle, path: string, asked: boolean): AsyncGenerator<Item> {
  if (handle.kind === 'file') {
    if (asked || IMAGE_NAME.test(handle.name)) yield { name: path, open: () => (handle as FileSystemFileHandle).getFile() };
    return;
  }
  for await (const child of (handle as FileSystemDirectoryHandle).values())
    yield* itemsOfHandle(child, path === '' ? child.name : `${path}/${child.name}`, false);
}

/** By its methods, because handles from other windows have other classes. */
function asHandle(value: unknown): FileSystemHandle | undefined {
  const { kind, name } = (value ?? {}) as Partial<FileSystemHandle>;
  return (kind === 'file' || kind === 'directory') && typeof name === 'string' ? (value as FileSystemHandle) : undefined;
}

function isList(images: ManyImages): images is Exclude<ManyImages, FileSystemHandle> {
  return Array.isArray(images) || tagOf(images) === 'FileList';
}

function nameOf(image: ImageSource, index: number): string {
  if (typeof image === 'string') return image;
  const { webkitRelativePath, name, href } = (image ?? {}) as Partial<File & URL>;
  return webkitRelativePath || name || href || `images[${index}]`;
}
