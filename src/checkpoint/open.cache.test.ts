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

  test('a load that begins while a file that has come is being kept waits for that', async () => {
    let kept = (): void => undefined;
    const keeping = new Promise<void>((resolve) => {
      kept = resolve;
    });
    stubCaches(() => keeping);
    const fetch = vi.fn(
      async (_: unknown, init?: RequestInit) => new Response(init?.method === 'HEAD' ? null : file, { headers: { etag: '"1"' } }),
    );
    const first = await openWeights(url, { cache: 'checked', fetch });
    const second = openWeights(url, { cache: 'checked', fetch });
    const gone = openWeights(url, { cache: 'checked', fetch, signal: AbortSignal.timeout(5) });
    await expect(gone).rejects.toMatchObject({ code: 'aborted' });
    kept();
    expect(await firstNumbers((await second).checkpoint)).toEqual(await firstNumbers(first.checkpoint));
    expect(fetch.mock.calls.map(([, init]) => init?.method ?? 'GET')).toEqual(['GET', 'HEAD']);
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
    // The replacement may take long.
    expect(stored.has(url)).toBe(true);
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

describe('Cache Storage, checked with the server', () => {
  const url = 'https://x.test/models/w.safetensors';

  /** A server whose file has a version, and which may be offline. Returns the methods of its requests. */
  function serve(headers: Record<string, string>, body: Uint8Array<ArrayBuffer> = file) {
    const requests: string[] = [];
    const server = {
      headers,
      body,
      status: 200,
      /** undefined: offline */
      answers: true as boolean | 'never',
      requests,
      fetch: async (_: unknown, init: RequestInit = {}): Promise<Response> => {
        const { method = 'GET', signal } = init;
        requests.push(method);
        if (server.answers === 'never') {
          signal?.throwIfAborted();
          return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
        }
        if (!server.answers) throw new TypeError('Failed to fetch');
        return new Response(method === 'HEAD' || server.status >= 400 ? null : server.body, {
          status: server.status,
          headers: server.headers,
        });
      },
    };
    return server;
  }

  const load = async (server: ReturnType<typeof serve>) => {
    server.requests.length = 0;
    const { checkpoint } = await openWeights(url, { cache: 'checked', fetch: server.fetch as typeof fetch });
    // The file is still being stored after the load.
    await new Promise((resolve) => setTimeout(resolve, 10));
    return [await firstNumbers(checkpoint), server.requests.join()];
  };

  test.each([
    ['ETag', { etag: '"a"' }, { etag: '"b"' }],
    ['date', { 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' }, { 'last-modified': 'Tue, 02 Jan 2024 00:00:00 GMT' }],
  ])('the same %s: not fetched again; another one: fetched', async (_, before, after) => {
    const stored = stubCaches();
    const server = serve(before);
    expect(await load(server)).toEqual([expected, 'GET']);
    expect(await load(server)).toEqual([expected, 'HEAD']);
    server.headers = after;
    expect(await load(server)).toEqual([expected, 'HEAD,GET']);
    expect(await load(server)).toEqual([expected, 'HEAD']);
    expect([...stored.keys()]).toEqual([url]);
  });

  test('no version at all: fetched each time', async () => {
    stubCaches();
    const server = serve({});
    for (const requests of ['GET', 'HEAD,GET', 'HEAD,GET']) expect(await load(server)).toEqual([expected, requests]);
  });

  test('a server that is away or broken: what was kept', async () => {
    stubCaches();
    const server = serve({ etag: '"a"' });
    await load(server);
    server.answers = false;
    expect(await load(server)).toEqual([expected, 'HEAD']);
    server.answers = true;
    server.status = 503;
    expect(await load(server)).toEqual([expected, 'HEAD']);
  });

  test('a server that does not answer: what was kept, after a while; an abort ends the waiting', async () => {
    stubCaches();
    const server = serve({ etag: '"a"' });
    await load(server);
    server.answers = 'never';
    const controller = new AbortController();
    const { signal } = controller;
    const aborted = openWeights(url, { cache: 'checked', fetch: server.fetch as typeof fetch, signal });
    setTimeout(() => controller.abort(), 10);
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort());
    expect((await load(server))[0]).toEqual(expected);
    vi.restoreAllMocks();
  });

  test('progress is told of what is used, once', async () => {
    stubCaches();
    const server = serve({ etag: '"a"' });
    await load(server);
    server.headers = { etag: '"b"' };
    const { reports, onProgress } = progress();
    await openWeights(url, { cache: 'checked', fetch: server.fetch as typeof fetch, onProgress });
    expect(reports.map(([loaded]) => loaded)).toEqual(reports.map(([loaded]) => loaded).sort((a = 0, b = 0) => a - b));
    expect(reports.at(-1)?.[0]).toBe(file.length);
  });

  test('no room: the oldest files of other models go', async () => {
    let room = 2;
    const stored = stubCaches(async (one) => {
      if (!stored.has(one) && stored.size >= room) throw new DOMException('full', 'QuotaExceededError');
    });
    for (const old of ['https://x.test/old/1', 'https://x.test/models/other.bin']) stored.set(old, file);
    await load(serve({ etag: '"a"' }));
    expect([...stored.keys()]).toEqual(['https://x.test/models/other.bin', url]);
    room = 0;
    stored.delete(url);
    // Files of the same folder belong to the same model. If there is no room for all, the new one is not stored.
    await load(serve({ etag: '"a"' }));
    expect([...stored.keys()]).toEqual(['https://x.test/models/other.bin']);
  });
});
