/** Shared by the tests of opening checkpoints: one checkpoint in two formats, and helpers to look at results. */
import { readFileSync } from 'node:fs';
import { expect, vi } from 'vitest';
import type { OpenOptions } from '../../src/checkpoint/open-options.ts';
import type { Checkpoint } from '../../src/checkpoint/types.ts';

const format = (file: string) => Uint8Array.from(readFileSync(new URL(`../goldens/formats/ema/${file}`, import.meta.url)));

export const file = format('weights.safetensors');
export const pth = format('weights.pth');
/** Tensors in the file. */
export const KEYS = 68;

export async function firstNumbers({ tensors }: Checkpoint): Promise<number[]> {
  return [...((await tensors.get('head.fc.bias')?.read())?.data ?? [])];
}
/** Progress reports. Checks their order, and that totals are not below what has arrived. */
export function progress() {
  const reports: [loaded: number, total: number | undefined][] = [];
  const onProgress: OpenOptions['onProgress'] = (loaded, total) => {
    expect(loaded).toBeGreaterThanOrEqual(reports.at(-1)?.[0] ?? 0);
    if (total !== undefined) expect(total).toBeGreaterThanOrEqual(loaded);
    reports.push([loaded, total]);
  };
  return { reports, onProgress };
}

/** Cache Storage in memory that behaves like the browser's, and its contents by URL. Undo with vi.unstubAllGlobals. */
export function stubCaches(put?: (url: string) => Promise<void>) {
  const stored = new Map<string, Uint8Array>();
  const headers = new Map<string, Headers>();
  const cache = {
    match: async (url: string) => {
      const bytes = stored.get(url);
      const kept = new Headers(headers.get(url));
      kept.set('content-length', String(bytes?.length));
      return bytes && new Response(Uint8Array.from(bytes), { headers: kept });
    },
    put: async (url: string, response: Response) => {
      await put?.(url);
      const bytes = new Uint8Array(await response.arrayBuffer());
      stored.delete(url);
      stored.set(url, bytes);
      headers.set(url, response.headers);
    },
    delete: async (request: string | { url: string }) => stored.delete(typeof request === 'string' ? request : request.url),
    keys: async () => [...stored.keys()].map((url) => ({ url })),
  };
  vi.stubGlobal('caches', { open: async () => cache });
  return stored;
}
