/** Fetches one file by its address, and possibly again later. */

import * as lazy from '../lazy.ts';
import { nameOf } from './address.ts';
import type { Opened } from './cache.ts';
import { download } from './download.ts';
import type { OpenOptions } from './open-options.ts';
import type { Segments } from './segments.ts';
import { strongValidator } from './version.ts';

/** @param read must succeed before the file replaces a kept one */
export async function fetchFile<T>(url: string, read: (bytes: Segments) => Promise<T>, options: OpenOptions): Promise<Opened<T>> {
  if (options.cache) {
    const [opened] = await (await lazy.keptFiles()).keptOrFetched([url], read, options);
    if (opened) return opened;
  }
  const bytes = await download(url, nameOf(url), options);
  return { bytes, value: await read(bytes) };
}

/**
 * Gets the same bytes again. Does not use the signal or the progress callback of the first load.
 * @param key address under which the file is stored
 */
export function rememberFile(url: string, bytes: Segments, options: OpenOptions, key = url): () => Promise<Segments> {
  const { cache, fetch, headers } = options;
  const { size, version } = bytes;
  // If the server sends nothing that identifies a version, a checksum of the bytes does.
  const untold = /^https?:/i.test(url) && strongValidator(version) === undefined;
  const sum = untold ? lazy.checksums().then(({ checksum }) => checksum(bytes)) : undefined;
  sum?.catch(() => undefined);
  return async () => (await lazy.secondFetch()).fetchAgain(url, { size, version, sum }, { cache, fetch, headers }, key);
}
