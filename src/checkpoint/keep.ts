/** Files that are kept from one visit to the next: which of the two counts, the kept one or its server's. */
import { ResnetError } from '../errors.ts';
import { nameOf } from './address.ts';
import { ask, FileCache } from './cache.ts';
import { type DownloadOptions, download } from './download.ts';
import type { Segments } from './segments.ts';
import { abortable } from './stream.ts';
import { sameFile } from './version.ts';

export interface KeepOptions extends DownloadOptions {
  /** `checked`: the server is asked whether it still has the same file. */
  cache?: boolean | 'checked';
}

/** A file's bytes, and what was read from them. */
export interface Opened<T> {
  bytes: Segments;
  value: T;
}

/**
 * Files that belong together, most often one: as they were kept, while their server still has those or is unwell, else downloaded. What
 * is kept is replaced when its successors are complete and read well, and serves where they cannot be had: all of it or nothing.
 * @param read throws where the bytes are not what they should be
 */
export async function keptOrFetched<T>(
  urls: readonly string[],
  read: (bytes: Segments) => Promise<T>,
  options: KeepOptions,
): Promise<Opened<T>[]> {
  const { signal, onProgress } = options;
  const cache = await FileCache.open();
  const versions = await Promise.all(urls.map((url) => cache?.version(url)));
  const complete = !versions.includes(undefined);
  const checked = options.cache === 'checked' || !complete;
  const progressOf = (i: number) => (loaded: number, total?: number) => onProgress?.(loaded, total, i);
  const readOne = async (url: string, i: number) => readKept(await cache?.get(url, { signal, onProgress: progressOf(i) }), read);
  const current = await Promise.all(
    urls.map(async (url, i) => {
      const version = versions[i];
      const answer = version && (checked ? await ask(url, options) : { version });
      return answer && ('reason' in answer ? answer.reason : sameFile(version ?? {}, answer.version) || !checked);
    }),
  );
  const unwell = current.find((reason) => typeof reason === 'string');
  const opened: Opened<T>[] = [];
  const arrived: [string, Segments][] = [];
  try {
    for (const [i, url] of urls.entries()) {
      const kept = current[i] === true || (complete && unwell !== undefined) ? await readOne(url, i) : undefined;
      const one = kept ?? (await fetchOne(url, i));
      if (!kept) arrived.push([url, one.bytes]);
      opened.push(one);
    }
  } catch (error) {
    if (isAborted(error) || !complete) throw error;
    const kept = await Promise.all(urls.map(readOne));
    const whole = kept.filter((one) => one !== undefined);
    if (whole.length < urls.length) throw error;
    return served(whole, (error as Error).message);
  }
  const keeping = Promise.all(arrived.map(([url, bytes]) => cache?.put(url, bytes)));
  // Who asked for that may go offline as soon as it is loaded.
  if (options.cache === true) await abortable(keeping, signal);
  return arrived.length === 0 ? served(opened, unwell) : opened;

  async function fetchOne(url: string, i: number): Promise<Opened<T>> {
    const bytes = await download(url, nameOf(url), { ...options, onProgress: progressOf(i) });
    return { bytes, value: await read(bytes) };
  }

  function served(kept: Opened<T>[], reason: string | undefined): Opened<T>[] {
    if (reason !== undefined) options.warn?.(`${urls.map(nameOf).join(', ')}: what was kept is used. ${reason}`);
    for (const [i, { bytes }] of kept.entries()) onProgress?.(bytes.size, bytes.size, i);
    return kept;
  }
}

/** Undefined where it is damaged. */
export async function readKept<T>(bytes: Segments | undefined, read: (bytes: Segments) => Promise<T>): Promise<Opened<T> | undefined> {
  try {
    return bytes && { bytes, value: await read(bytes) };
  } catch (error) {
    if (isAborted(error)) throw error;
    return undefined;
  }
}

export function isAborted(error: unknown): boolean {
  return error instanceof ResnetError && error.code === 'aborted';
}
