/**
 * Results of measurements on a GPU, kept between visits: which kernels are fastest there, and which are correct. An entry is valid
 * for one adapter, for the browser's major version, and for this version of the library. Only modules that store something
 * import this file, so it is fetched with them.
 */
import { version } from '../../package.json';
import type { AdapterDescription } from './device-profile.ts';

/** Topics. A topic that is only about f16 models has that in its name. */
export type Topic = 'tuning f32' | 'tuning f16' | 'verified f32' | 'verified f16';

interface Entry {
  /** Browser and library that it was measured with. */
  stamp: string;
  value: unknown;
}

const DATABASE = 'resnet-webgpu';
const STORE = 'adapters';

/** Loads wait for the storage. If it has not answered by then, they go on without it. */
const PATIENCE_MS = 1000;

/** Lives as long as the page. It is all there is if IndexedDB is missing or fails (Node, private windows, full storage). */
const memory = new Map<string, Entry>();

/**
 * The stored value for this topic and adapter, or `undefined` if there is none or it is from another version of the browser
 * or the library. The value comes from the page's own storage and may be anything. The caller checks its form.
 */
export async function recall(topic: Topic, adapter: AdapterDescription): Promise<unknown> {
  const key = keyOf(topic, adapter);
  const entry = memory.get(key) ?? ((await inStore('readonly', (store) => store.get(key))) as Entry | undefined);
  return entry?.stamp === stamp() ? entry.value : undefined;
}

/** Stores a value (plain JSON), replacing an earlier one. Never fails: without storage the value is kept while the page lives. */
export async function keep(topic: Topic, adapter: AdapterDescription, value: unknown): Promise<void> {
  const key = keyOf(topic, adapter);
  // A copy, because the caller may change its object later.
  const entry = { stamp: stamp(), value: structuredClone(value) };
  memory.set(key, entry);
  await inStore('readwrite', (store) => store.put(entry, key));
}

/** Deletes what was stored, so that it is measured again. */
export async function forget(topic: Topic, adapter: AdapterDescription): Promise<void> {
  const key = keyOf(topic, adapter);
  memory.delete(key);
  await inStore('readwrite', (store) => store.delete(key));
}

/** Browsers that hide the GPU leave little to distinguish adapters. But one origin is one browser on one machine with one or two GPUs. */
function keyOf(topic: Topic, { vendor, architecture, description, software }: AdapterDescription): string {
  return [topic, vendor, architecture, description, software ? 'software' : ''].join('|');
}

/** Drivers and compilers change with the browser's major version. Patch versions leave them as they are. */
function stamp(): string {
  return `resnet-webgpu ${version}, ${browserMajor(globalThis.navigator?.userAgent ?? '')}`;
}

/** Name and major version. For browsers based on Chromium, Chromium's version. */
export function browserMajor(userAgent: string): string {
  const [found] = /\b(Chrome|Firefox|Version|Node\.js|Deno|Bun)\/\d+/.exec(userAgent) ?? [userAgent];
  return found;
}

/** After one timeout nobody waits again, unless the answer still comes. */
let isSilent = false;

/** The answer to one request, or `undefined` if there is no storage, it fails, or does not answer. */
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
    // Another page has an older version of the database open. That is not worth waiting for.
    (request as Partial<IDBOpenDBRequest>).onblocked = () => reject(new DOMException('The database is in use.', 'AbortError'));
  });
}
