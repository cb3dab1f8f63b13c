/**
 * A model repository of the Hugging Face Hub at one commit. Files are requested by that commit, so that card and weights belong together.
 * Weights are compared with the SHA-256 that the Hub lists. Kept files of an earlier commit stay until those of a later one are complete.
 */
import { ResnetError, throwIfAborted } from '../util/errors.ts';
import { anySignal } from '../util/signals.ts';
import { absoluteUrl } from './address.ts';
import { ask, FileCache, isAborted, type Opened, readKept } from './cache.ts';
import { type DownloadOptions, download, request, statusOf } from './download.ts';
import { malformed } from './fail.ts';
import type { OpenOptions } from './open-options.ts';
import { Segments } from './segments.ts';
import { verifySha256 } from './sha256.ts';
import { sameFile, type Version } from './version.ts';

/** A file in the repository's listing. Large ones have a sha256. */
interface Listed {
  size: number;
  sha256?: string;
}

const DEFAULT_HUB = 'https://huggingface.co';

/** The listing is worth a short wait. */
const API_TIMEOUT_MS = 10_000;

const SMALL_BYTES = 2 ** 20;

const COMMIT = /^[0-9a-f]{40}$/;

export class Repository {
  readonly address: string;
  readonly #options: OpenOptions;
  readonly #base: string;
  readonly #api: string;
  readonly #revision: string;
  readonly #cache: Promise<FileCache | undefined>;
  #commit: string | undefined;
  #pinned: Promise<void> | undefined;
  /** All kept files are from one commit that is still the newest, or the newest that can be reached. */
  #trusted = false;
  /** Something has changed since it was kept. */
  #changed = false;
  /** Files to store when everything has arrived. */
  readonly #arrived = new Map<string, Segments>();
  /** Checks of weights that were not kept before. */
  readonly #checks: Promise<void>[] = [];
  #listing: Promise<Map<string, Listed> | undefined> | undefined;

  constructor(address: string, options: OpenOptions) {
    const { hub, repository, revision } = parseHubAddress(address, options.hub);
    this.address = address;
    this.#options = options;
    this.#base = `${hub}/${repository}`;
    this.#api = `${hub}/api/models/${repository}`;
    this.#revision = revision;
    this.#cache = options.cache ? FileCache.open() : Promise.resolve(undefined);
    if (COMMIT.test(revision)) this.#commit = revision;
  }

  /** By the commit, if it is known. */
  url(file: string): string {
    return this.#at(file, this.#commit ?? this.#revision);
  }

  /** The key under which a file is stored. */
  key(file: string): string {
    return this.#at(file, this.#revision);
  }

  #at(file: string, revision: string): string {
    return `${this.#base}/resolve/${encodeURIComponent(revision)}/${file}`;
  }

  /**
   * Undefined if there is no such file. This result is stored, too.
   * @throws ResnetError `network`, `checkpoint-format`, `aborted`
   */
  async json(file: string): Promise<Record<string, unknown> | undefined> {
    const found = await this.#file(file, (bytes) => parseJson(file, bytes), { ...this.#options, onProgress: undefined });
    if (!found && !file.endsWith('.index.json')) {
      const none = new Segments(file);
      none.append(new TextEncoder().encode('null'));
      this.#arrived.set(file, none);
    }
    return found?.value ?? undefined;
  }

  /** Undefined if there is no such file. Its content is checked separately; see `whole`. */
  async weights<T>(file: string, read: (bytes: Segments) => Promise<T>, options: DownloadOptions): Promise<Opened<T> | undefined> {
    await this.#pin(file);
    const found = await this.#file(file, read, options, () => void this.#list());
    if (found && this.#arrived.get(file) === found.bytes) {
      const check = this.#verify(file, found.bytes);
      check.catch(() => undefined);
      this.#checks.push(check);
    }
    return found;
  }

  /** Kept files come first. */
  async keptFirst(files: readonly string[]): Promise<string[]> {
    const cache = await this.#cache;
    const kept = await Promise.all(files.map(async (file) => (await cache?.version(this.key(file))) !== undefined));
    return [...files.filter((_, i) => kept[i]), ...files.filter((_, i) => !kept[i])];
  }

  /** False if the Hub's listing says so. */
  async mayHave(file: string): Promise<boolean> {
    const listing = this.#trusted ? undefined : await this.#listing;
    return listing?.has(file) ?? true;
  }

  /** Whether the Hub lists a file or a folder with such a name at the top of the repository. */
  async lists(name: RegExp): Promise<boolean> {
    return [...((await this.#list())?.keys() ?? [])].some((path) => name.test(path));
  }

  /** Stores the new files when all weights are known to be right. */
  async whole(): Promise<void> {
    await Promise.all(this.#checks);
    const cache = await this.#cache;
    const keeping = (async () => {
      // The card is stored last. If it is there, everything else is, too.
      const files = [...this.#arrived].sort(([a], [b]) => Number(/\.json$/.test(a)) - Number(/\.json$/.test(b)));
      for (const [file, bytes] of files) {
        bytes.version.commit ??= this.#commit;
        await cache?.put(this.key(file), bytes);
      }
    })();
    if (this.#options.cache === true) await keeping;
  }

  /** @param onDownload called if the kept file cannot be used */
  async #file<T>(
    file: string,
    read: (bytes: Segments) => Promise<T>,
    options: DownloadOptions,
    onDownload?: () => void,
  ): Promise<Opened<T> | undefined> {
    const cache = await this.#cache;
    const key = this.key(file);
    const version = await cache?.version(key);
    if (version && (await this.#isCurrent(file, version))) {
      const kept = await readKept(await cache?.get(key, options), read);
      if (kept) return this.#still(file, kept);
    }
    onDownload?.();
    try {
      const bytes = await download(this.url(file), file, options);
      this.#commit ??= this.#commitOf(bytes.version);
      const value = await read(bytes);
      if (this.#commit) bytes.version.commit = this.#commit;
      this.#changed ||= !(version && (await isEqual(bytes, await cache?.get(key))));
      this.#arrived.set(file, bytes);
      return { bytes, value };
    } catch (error) {
      if (isAborted(error)) throw error;
      // If the rest is from another commit, the old file does not belong to it.
      const fits = version && (!this.#changed || (version.commit !== undefined && version.commit === this.#commit));
      const kept = fits ? await readKept(await cache?.get(key, options), read) : undefined;
      if (statusOf(error) === 404 && (!kept || kept.value === null)) return undefined;
      if (!kept) throw error;
      this.#options.warn?.(`${this.address}: what was kept is used. ${(error as Error).message}`);
      // Other files that are read must belong to it.
      this.#trusted = true;
      this.#commit = version?.commit;
      return kept;
    }
  }

  /** A kept file is also valid for this commit. Small ones are stored again for it, so that nothing must be compared next time. */
  #still<T>(file: string, kept: Opened<T>): Opened<T> {
    const { version, size } = kept.bytes;
    this.#commit ??= version.commit;
    if (this.#commit !== version.commit && size <= SMALL_BYTES) this.#arrived.set(file, kept.bytes);
    version.commit = this.#commit;
    return kept;
  }

  /** Whether a kept file equals the repository's. */
  async #isCurrent(file: string, version: Version): Promise<boolean> {
    if (this.#trusted || this.#options.cache === true) return true;
    if (this.#commit !== undefined && version.commit === this.#commit) return true;
    const listed = version.sha256 === undefined ? undefined : (await this.#list())?.get(file);
    if (listed?.sha256 !== undefined) return listed.sha256 === version.sha256;
    const answer = await ask(this.url(file), this.#options);
    if ('reason' in answer) {
      // If something newer was already read, the kept file does not belong to it.
      if (this.#changed) return false;
      this.#options.warn?.(`${this.address}: what was kept is used. ${answer.reason}`);
      this.#trusted = true;
      this.#commit = version.commit ?? this.#commit;
      return true;
    }
    const commit = this.#commitOf(answer.version);
    this.#commit ??= commit;
    if (commit !== undefined && commit === version.commit) this.#trusted = true;
    return this.#trusted || sameFile(version, answer.version);
  }

  /** The Hub says so, or redirects to an address that contains it. */
  #commitOf({ commit, url = '' }: Version): string | undefined {
    return commit ?? (url.startsWith(new URL(this.#base).origin) ? /\/([0-9a-f]{40})\//.exec(url)?.[1] : undefined);
  }

  /** Finds the commit if no file has told it. */
  #pin(file: string): Promise<void> {
    this.#pinned ??= (async () => {
      if (this.#commit !== undefined || this.#trusted) return;
      const cache = await this.#cache;
      if (this.#options.cache === true && (await cache?.version(this.key(file)))) return;
      const answer = await this.#ask(`${this.#api}/revision/${encodeURIComponent(this.#revision)}`);
      const sha = (answer as { sha?: unknown } | undefined)?.sha;
      if (typeof sha === 'string' && COMMIT.test(sha)) this.#commit = sha;
    })();
    return this.#pinned;
  }

  #list(): Promise<Map<string, Listed> | undefined> {
    this.#listing ??= this.#ask(`${this.#api}/tree/${encodeURIComponent(this.#commit ?? this.#revision)}`).then((list) => {
      if (!Array.isArray(list)) return undefined;
      const files = list as { path?: unknown; size?: unknown; lfs?: { oid?: unknown } | null }[];
      return new Map(
        files.map(({ path, size, lfs }) => [String(path), { size: Number(size), ...(lfs && { sha256: String(lfs.oid).toLowerCase() }) }]),
      );
    });
    // An abort is reported elsewhere.
    this.#listing.catch(() => undefined);
    return this.#listing;
  }

  /** JSON from the Hub's API. Undefined if it does not answer, like a mirror. */
  async #ask(url: string): Promise<unknown> {
    const { signal } = this.#options;
    try {
      const patience = anySignal(signal, AbortSignal.timeout(API_TIMEOUT_MS));
      return await (await request(url, {}, { ...this.#options, signal: patience })).json();
    } catch {
      throwIfAborted(signal);
      return undefined;
    }
  }

  /** @throws ResnetError `integrity` */
  async #verify(file: string, bytes: Segments): Promise<void> {
    const listing = await this.#list();
    const listed = listing?.get(file);
    const unchecked = await verifySha256(bytes, listed ?? {}, {
      file,
      hint: 'Load the model again; a proxy may have changed it on the way.',
    });
    if (listed?.sha256 !== undefined && unchecked === undefined) bytes.version.sha256 = listed.sha256;
    const reason = listing ? unchecked : 'the hub gives no list of its files';
    if (reason !== undefined) this.#options.warn?.(`${file} of ${this.address} was not compared with a SHA-256: ${reason}.`);
  }
}

/** Only for small files. These may be from a newer commit and still be the same. */
async function isEqual(bytes: Segments, kept: Segments | undefined): Promise<boolean> {
  if (!kept || bytes.size !== kept.size || bytes.size > SMALL_BYTES) return false;
  const [a, b] = [await bytes.read(0, bytes.size), await kept.read(0, kept.size)];
  return a.every((byte, i) => byte === b[i]);
}

async function parseJson(file: string, bytes: Segments): Promise<Record<string, unknown> | null> {
  try {
    const value = JSON.parse(new TextDecoder().decode(await bytes.read(0, bytes.size)));
    if (typeof value === 'object' && !Array.isArray(value)) return value;
  } catch {
    // Reported below.
  }
  throw malformed(file, 'The file is not a JSON object.', 'Check the address of the hub; a proxy may have answered in its place.');
}

/** Parts of `hf:<owner>/<repo>[@revision]`. */
function parseHubAddress(address: string, hub = DEFAULT_HUB): { hub: string; repository: string; revision: string } {
  const [, repository, revision = 'main'] = /^hf:(\w[\w.-]*\/\w[\w.-]*)(?:@(.+))?$/.exec(address) ?? [];
  if (repository === undefined) {
    throw new ResnetError('usage', 'The address does not name a repository.', {
      layer: address,
      hint: "Write 'hf:<owner>/<repo>' or 'hf:<owner>/<repo>@<revision>'.",
    });
  }
  return { hub: absoluteUrl(hub).replace(/\/+$/, ''), repository, revision };
}
