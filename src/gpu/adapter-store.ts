/**
 * What was found out about a GPU by measurement, kept from one visit to the next: which kernels are fastest there, and which are
 * right. It holds for one adapter, as this major version of the browser drives it, and for the kernels of this version of the library.
 * Only those import this file who have something to keep: it is fetched with them.
 */
import { version } from '../../package.json';
import type { AdapterDescription } from './device-profile.ts';

/** The topics; one that is about f16 models alone says so in its name. */
export type Topic = 'tuning f32' | 'tuning f16' | 'verified f32' | 'verified f16';

interface Entry {
  /** Browser and library that it was found with. */
  stamp: string;
  value: unknown;
}

const DATABASE = 'resnet-webgpu';
const STORE = 'adapters';

/** A storage that has not answered by then is done without: loads wait for it. */
const PATIENCE_MS = 1000;

/** As long as the page lives; all there is where IndexedDB is not, or refuses (Node, private windows, storage that is full). */
const memory = new Map<string, Entry>();

/**
 * What was kept under this topic for this adapter; `undefined` where nothing was, or it is of another version of the browser or the
 * library. The value comes from the page's own storage and may be anything: whoever asks checks its form.
 */
export async function recall(topic: Topic, adapter: AdapterDescription): Promise<unknown> {
  const key = keyOf(topic, adapter);
  const entry = memory.get(key) ?? ((await inStore('readonly', (store) => store.get(key))) as Entry | undefined);
  return entry?.stamp === stamp() ? entry.value : undefined;
}

/** Keeps a value (plain JSON) in place of what was kept before. Never fails: without storage it is kept while the page lives. */
export async function keep(topic: Topic, adapter: AdapterDescription, value: unknown): Promise<void> {
  const key = keyOf(topic, adapter);
  // A copy: what the caller does with its object later is not what was found.
  const entry = { stamp: stamp(), value: structuredClone(value) };
  memory.set(key, entry);
  await inStore('readwrite', (store) => store.put(entry, key));
}

/** Forgets what was kept, so that it is found out anew. */
export async function forget(topic: Topic, adapter: AdapterDescription): Promise<void> {
  const key = keyOf(topic, adapter);
  memory.delete(key);
  await inStore('readwrite', (store) => store.delete(key));
}

/** Browsers that hide what a GPU is leave little to go by; one origin is one browser on one machine, which has one or two. */
function keyOf(topic: Topic, { vendor, architecture, description, software }: AdapterDescription): string {
  return [topic, vendor, architecture, description, software ? 'software' : ''].join('|');
}

/** Drivers and compilers come with the browser; patches between two major versions leave them as they are. */
function stamp(): string {
  return `resnet-webgpu ${version}, ${browserMajor(globalThis.navigator?.userAgent ?? '')}`;
}

/** Name and major version; Chromium's own where others are built on it. */
export function browserMajor(userAgent: string): string {
  const [found] = /\b(Chrome|Firefox|Version|Node\.js|Deno|Bun)\/\d+/.exec(userAgent) ?? [userAgent];
  return found;
}

/** Whoever waited in vain once does not wait again, unless the answer comes after all. */
let isSilent = false;

/** The answer of one request, or `undefined` where there is no storage, it fails, or says nothing. */
async function inStore(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
  if (isSilent) return undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      isSilent = true;
      resolve();
    }, PATIENCE_MS);
  });
  try {
    return await Promise.race([answered(mode, ask), silence]);
  } finally {
    clearTimeout(timer);
  }
}

async function answered(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
  try {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    const database = (await answerOf(opening)) as IDBDatabase;
    isSilent = false;
    try {
      return await answerOf(ask(database.transaction(STORE, mode).objectStore(STORE)));
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}

function answerOf(request: IDBRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    // Another page has an older version of the database open: nothing is worth waiting for it.
    (request as Partial<IDBOpenDBRequest>).onblocked = () => reject(new DOMException('The database is in use.', 'AbortError'));
  });
}
