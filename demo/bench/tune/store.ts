/** Tuning tables of this browser, one for each adapter and precision. */
import type { Tuning } from '../../../src/api/tuning-types.ts';

export type Precision = 'f32' | 'f16';
/** A table, and what it is for. */
export type KeptTuning = Tuning & { adapter: string; precision: Precision };

const STORE = 'tunings';

function request<T>(asked: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function withStore<T>(mode: IDBTransactionMode, use: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opening = indexedDB.open('resnet-webgpu-benchmark', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await request(opening);
  try {
    return await request(use(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

const keyOf = (adapter: string, precision: Precision) => `${precision} ${adapter}`;

export function keptTuning(adapter: string, precision: Precision): Promise<KeptTuning | undefined> {
  return withStore('readonly', (store) => store.get(keyOf(adapter, precision)));
}

/** Adds to the stored table for this adapter and precision. A known shape gets the new values. */
export async function keepTuning(tuning: KeptTuning): Promise<void> {
  const known = await keptTuning(tuning.adapter, tuning.precision);
  const merged = known ? mergeTunings(known, tuning) : tuning;
  await withStore('readwrite', (store) => store.put(merged, keyOf(tuning.adapter, tuning.precision)));
}

export function forgetTuning({ adapter, precision }: KeptTuning): Promise<undefined> {
  return withStore('readwrite', (store) => store.delete(keyOf(adapter, precision)));
}

export function mergeTunings(known: KeptTuning, added: KeptTuning): KeptTuning {
  const others = (known.measured ?? []).filter(({ shape }) => !(shape in added.variants));
  return { ...added, variants: { ...known.variants, ...added.variants }, measured: [...others, ...(added.measured ?? [])] };
}
