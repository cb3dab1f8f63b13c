/**
 * Files that are read again, long after they were loaded: after the loss of a device, say. They have to be what they were, since the
 * labels and the other half of the weights are.
 */
import { ResnetError } from '../util/errors.ts';
import { nameOf } from './address.ts';
import { FileCache, type KeepOptions } from './cache.ts';
import { checksum } from './checksum.ts';
import { download } from './download.ts';
import type { Segments } from './segments.ts';
import { sameBytes, type Version } from './version.ts';

/** What is remembered of a file. */
export interface Mark {
  size: number;
  version: Version;
  /** Of the bytes, where the server says nothing that tells them from others. */
  sum?: Promise<string>;
}

/**
 * The file's bytes once more, out of the cache or from the server.
 * @param key address that it is kept under
 * @throws ResnetError `integrity` if it is another file by now, `network`, `aborted`
 */
export async function fetchAgain(url: string, mark: Mark, options: KeepOptions, key = url): Promise<Segments> {
  const kept = options.cache ? await (await FileCache.open())?.get(key) : undefined;
  if (kept && (await isSame(kept, mark))) return kept;
  const bytes = await download(url, nameOf(url), options);
  // An address with a commit in it does not change.
  if (mark.version.commit !== undefined && url.includes(mark.version.commit)) bytes.version.commit = mark.version.commit;
  if (!/^https?:/i.test(url) || (await isSame(bytes, mark))) return bytes;
  throw new ResnetError('integrity', 'The file has changed since the model was loaded.', {
    layer: nameOf(url),
    hint: 'Load the model again.',
  });
}

async function isSame(bytes: Segments, { size, version, sum }: Mark): Promise<boolean> {
  if (bytes.size !== size) return false;
  const { sha256, commit } = bytes.version;
  if (sha256 !== undefined && version.sha256 !== undefined) return sha256 === version.sha256;
  if (commit !== undefined && version.commit === commit) return true;
  return sameBytes(bytes.version, version) || (sum !== undefined && (await sum) === (await checksum(bytes)));
}
