/** One file by its address, now and once more later. */

import * as lazy from '../lazy.ts';
import { nameOf } from './address.ts';
import type { Opened } from './cache.ts';
import { download } from './download.ts';
import type { OpenOptions } from './open-options.ts';
import type { Segments } from './segments.ts';
import { strongValidator } from './version.ts';

/** @param read what has to succeed before the file replaces a kept one */
export async function fetchFile<T>(url: string, read: (bytes: Segments) => Promise<T>, options: OpenOptions): Promise<Opened<T>> {
  if (options.cache) {
    const [opened] = await (await lazy.keptFiles()).keptOrFetched([url], read, options);
    if (opened) return opened;
  }
  const bytes = await download(url, nameOf(url), options);
  return { bytes, value: await read(bytes) };
}

/**
 * How to get the same bytes once more. Neither the signal nor the progress of this load belongs to a later one.
 * @param key address that the file is kept under
 */
export function rememberFile(url: string, bytes: Segments, options: OpenOptions, key = url): () => Promise<Segments> {
  const { cache, fetch, headers } = options;
  const { size, version } = bytes;
  // What its server cannot tell from its next version is told by its bytes.
  const untold = /^https?:/i.test(url) && strongValidator(version) === undefined;
  const sum = untold ? lazy.checksums().then(({ checksum }) => checksum(bytes)) : undefined;
  sum?.catch(() => undefined);
  return async () => (await lazy.secondFetch()).fetchAgain(url, { size, version, sum }, { cache, fetch, headers }, key);
}
