import { afterEach, describe, expect, test, vi } from 'vitest';
import { file, firstNumbers, KEYS, progress, pth, stubCaches } from '../../test/support/open-fixtures.ts';
import { openWeights } from './open.ts';

afterEach(() => vi.unstubAllGlobals());

const expected = await openWeights(file, {}).then(({ checkpoint }) => firstNumbers(checkpoint));

describe('Cache Storage', () => {
  const url = 'https://x.test/w.safetensors';
  const counting = (body: Uint8Array<ArrayBuffer> = file) => vi.fn(async () => new Response(body));

  test('keeps the file before it returns, and asks the server only once', async () => {
    const stored = stubCaches();
    const fetch = counting();
    await openWeights(url, { cache: true, fetch });
    expect(Buffer.compare(stored.get(url) ?? new Uint8Array(), file)).toBe(0);
    const { reports, onProgress } = progress();
    const { checkpoint, reopen } = await openWeights(url, { cache: true, fetch, onProgress });
    expect(await firstNumbers(checkpoint)).toEqual(expected);
    expect(reports.at(-1)).toEqual([file.length, file.length]);
    await reopen?.();
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  test('not unless asked to', async () => {
    const stored = stubCaches();
    await openWeights(url, { fetch: counting() });
    expect(stored.size).toBe(0);
  });

  test('a damaged entry is fetched anew, a bad file not kept', async () => {
    const stored = stubCaches();
    stored.set(url, file.subarray(0, 500));
    const fetch = counting();
    expect(await firstNumbers((await openWeights(url, { cache: true, fetch })).checkpoint)).toEqual(expected);
    expect([fetch.mock.calls.length, stored.get(url)?.length]).toEqual([1, file.length]);
    stored.set(url, file.subarray(0, 500));
    await expect(openWeights(url, { cache: true, fetch: async () => new Response(null, { status: 404 }) })).rejects.toMatchObject({
      code: 'network',
    });
    expect(stored.has(url)).toBe(false);
    await expect(openWeights(`${url}2`, { cache: true, fetch: counting(new TextEncoder().encode('<html>')) })).rejects.toMatchObject({
      code: 'checkpoint-format',
    });
    expect(stored.has(`${url}2`)).toBe(false);
  });

  test('a repository that is kept under its second name is not asked for by its first', async () => {
    stubCaches().set('https://huggingface.co/o/r/resolve/main/pytorch_model.bin', pth);
    const fetch = counting();
    expect((await openWeights('hf:o/r', { cache: true, fetch })).checkpoint.format).toBe('pytorch-zip');
    expect(fetch).not.toHaveBeenCalled();
  });

  test('no room, no Cache Storage, no permission: it loads all the same', async () => {
    stubCaches(async () => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    expect((await openWeights(url, { cache: true, fetch: counting() })).checkpoint.tensors.size).toBe(KEYS);
    vi.stubGlobal('caches', undefined);
    expect((await openWeights(url, { cache: true, fetch: counting() })).checkpoint.tensors.size).toBe(KEYS);
    vi.stubGlobal('caches', { open: () => Promise.reject(new DOMException('', 'SecurityError')) });
    expect((await openWeights(url, { cache: true, fetch: counting() })).checkpoint.tensors.size).toBe(KEYS);
  });
});
