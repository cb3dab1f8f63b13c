/**
 * Files that are read again long after they were loaded, for example when a device was lost. They must be unchanged, because the
 * labels and the rest of the weights came from the first version.
 */
import { ResnetError } from '../util/errors.ts';
import { nameOf } from './address.ts';
import { FileCache, type KeepOptions } from './cache.ts';
import { checksum } from './checksum.ts';
import { download } from './download.ts';
import type { Segments } from './segments.ts';
import { sameBytes, type Version } from './version.ts';

/** The facts about a file that are remembered. */
export interface Mark {
  size: number;
  version: Version;
  /** Checksum of the bytes, if the server sends nothing that identifies a version. */
  sum?: Promise<string>;
}

/**
 * The file's bytes again, from the cache or from the server.
 * @param key address under which it is stored
 * @throws ResnetError `integrity` if the file has changed, `network`, `aborted`
 */
export async function fetchAgain(url: string, mark: Mark, options: KeepOptions, key = url): Promise<Segments> {
  const kept = options.cache ? await (await FileCache.open())?.get(key) : undefined;
  if (kept && (await isSame(kept, mark))) return kept;
  const bytes = await download(url, nameOf(url), options);
  // The content of an address with a commit in it does not change.
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
