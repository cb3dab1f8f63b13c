/** Who sees a load's requests, what is sent with them, and simultaneous loads of one address. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { file, firstNumbers, progress, stubCaches } from '../../test/support/open-fixtures.ts';
import { locateSource } from '../model/locate.ts';
import type { ResnetError } from '../util/errors.ts';
import { openWeights } from './open.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const expected = await openWeights(file, {}).then(({ checkpoint }) => firstNumbers(checkpoint));
const URL_ = 'https://x.test/w.safetensors';

describe('loads of one address at once', () => {
  /** A server that does not answer until told to. */
  function waiting() {
    const signals: AbortSignal[] = [];
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const fetch = (async (_: unknown, { signal }: RequestInit = {}) => {
      if (signal) signals.push(signal);
      await answered;
      return new Response(file, { headers: { 'content-length': String(file.length) } });
    }) as typeof globalThis.fetch;
    return { fetch, signals, answer };
  }

  test('share one download, each with its own progress', async () => {
    const { fetch, signals, answer } = waiting();
    const watched = [progress(), progress(), progress()];
    const loads = watched.map(({ onProgress }) => openWeights(URL_, { fetch, onProgress }));
    answer();
    for (const { checkpoint } of await Promise.all(loads)) expect(await firstNumbers(checkpoint)).toEqual(expected);
    expect(signals).toHaveLength(1);
    for (const { reports } of watched) expect(reports.at(-1)).toEqual([file.length, file.length]);
  });

  test('one that is aborted does not end the others; the last does, and a later one begins anew', async () => {
    const { fetch, signals, answer } = waiting();
    const controllers = [new AbortController(), new AbortController()];
    const loads = controllers.map(({ signal }) => openWeights(URL_, { fetch, signal }));
    await vi.waitUntil(() => signals.length > 0);
    controllers[0]?.abort();
    await expect(loads[0]).rejects.toMatchObject({ code: 'aborted' });
    expect(signals[0]?.aborted).toBe(false);
    controllers[1]?.abort();
    await expect(loads[1]).rejects.toMatchObject({ code: 'aborted' });
    expect(signals[0]?.aborted).toBe(true);
    const later = openWeights(URL_, { fetch });
    answer();
    expect(await firstNumbers((await later).checkpoint)).toEqual(expected);
    expect(signals).toHaveLength(2);
  });

  test('are kept once', async () => {
    const put = vi.fn(async () => undefined);
    stubCaches(put);
    const fetch = vi.fn(async () => new Response(file));
    await Promise.all([1, 2, 3].map(() => openWeights(URL_, { fetch, cache: true })));
    expect([fetch.mock.calls.length, put.mock.calls.length]).toEqual([1, 1]);
  });

  test('with headers or a fetch of their own are apart', async () => {
    const { fetch, signals, answer } = waiting();
    const other: typeof fetch = (input, init) => fetch(input, init);
    const loads = [
      openWeights(URL_, { fetch }),
      openWeights(URL_, { fetch, headers: { Authorization: 'Bearer a' } }),
      openWeights(URL_, { fetch, headers: { Authorization: 'Bearer b' } }),
      openWeights(URL_, { fetch: other }),
    ];
    await vi.waitUntil(() => signals.length === 4);
    answer();
    await Promise.all(loads);
  });
});

describe('headers', () => {
  const headers = { Authorization: 'Bearer secret', 'X-Mirror': 'a' };
  /** Every request of a load: method, address, headers. */
  function watching(answer: (url: string, init: RequestInit) => Response) {
    const seen: string[] = [];
    const fetch = (async (input: RequestInfo | URL, init: RequestInit = {}) => {
      const sent = new Headers(init.headers);
      const [range, token] = [sent.get('range') ?? '', sent.get('authorization') ?? 'none'];
      seen.push([init.method ?? 'GET', String(input).replace('https://x.test/', ''), range, token].filter(Boolean).join(' '));
      return answer(String(input), init);
    }) as typeof globalThis.fetch;
    return { fetch, seen };
  }

  test('go with every request: the first, the resumed, the question whether it is the same, and when it is opened again', async () => {
    stubCaches();
    let cut = true;
    const { fetch, seen } = watching((_, init) => {
      const head = { etag: '"1"', 'content-length': String(file.length) };
      if (init.method === 'HEAD') return new Response(null, { headers: head });
      if (!cut) {
        const start = Number(/\d+/.exec(new Headers(init.headers).get('range') ?? '0')?.[0]);
        const place = { 'content-range': `bytes ${start}-${file.length - 1}/${file.length}` };
        return new Response(file.slice(start), { status: start ? 206 : 200, headers: { ...head, ...(start > 0 && place) } });
      }
      cut = false;
      return new Response(file.slice(0, 700), { headers: head });
    });
    const { reopen } = await openWeights(URL_, { fetch, headers, cache: 'checked' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await openWeights(URL_, { fetch, headers, cache: 'checked' });
    vi.stubGlobal('caches', undefined);
    await reopen?.();
    expect(seen).toEqual([
      'GET w.safetensors Bearer secret',
      'GET w.safetensors bytes=700- Bearer secret',
      'HEAD w.safetensors Bearer secret',
      'GET w.safetensors Bearer secret',
    ]);
  });

  test('go to the shards of a manifest, and not to another origin that it names', async () => {
    const shard = new Uint8Array(8);
    const group = (name: string, path: string) => ({ paths: [path], weights: [{ name, shape: [2], dtype: 'float32' }] });
    const manifest = { weightsManifest: [group('a', 'a.bin'), group('b', 'https://elsewhere.test/b.bin')] };
    const { fetch, seen } = watching((url) => (url.endsWith('.json') ? Response.json(manifest) : new Response(shard)));
    await openWeights('https://x.test/model.json', { fetch, headers });
    expect(seen.toSorted()).toEqual(['GET a.bin Bearer secret', 'GET https://elsewhere.test/b.bin none', 'GET model.json Bearer secret']);
  });

  test('reach a hub, its API included', async () => {
    const { fetch, seen } = watching((url) =>
      url.endsWith('model.safetensors') ? new Response(file) : new Response(null, { status: 404 }),
    );
    await openWeights('hf:o/r', { fetch, headers });
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.every((line) => line.endsWith('Bearer secret'))).toBe(true);
  });

  test('that cannot be sent are refused without being quoted', async () => {
    const error: ResnetError = await openWeights(URL_, { headers: { Authorization: 'secret\nsecret' } }).then(
      () => undefined as never,
      (reason) => reason,
    );
    expect(error).toMatchObject({ code: 'usage', layer: 'headers' });
    expect(error.cause).toBeUndefined();
    expect(error.message).not.toContain('secret');
  });
});

describe('a user name and a password in an address', () => {
  const secret = 'hunter2';
  test.each([
    ['a file', `https://user:${secret}@x.test/w.safetensors`],
    ['a folder', `https://user:${secret}@x.test/model/`],
    ['a part', `https://user:${secret}@x.test/model-00001-of-00002.safetensors`],
    ['no port', `https://user:${secret}/x@x.test:port/w.pth`],
    ['a relative one outside of pages', `//user:${secret}@x.test/w.pth`],
    ['another scheme', `ftp://user:${secret}@x.test/w.pth`],
  ])('%s: no error quotes it', async (_, address) => {
    for (const open of [() => openWeights(address, {}), () => locateSource(address, {}).then(({ opening }) => opening)]) {
      const error: Error = await Promise.resolve(open()).then(
        () => undefined as never,
        (reason) => reason,
      );
      expect(error).toMatchObject({ code: 'usage' });
      expect(`${error.message} ${error.stack} ${(error.cause as Error)?.message}`).not.toContain(secret);
    }
  });

  test('the hub’s address', async () => {
    const hub = `https://user:${secret}@mirror.test`;
    await expect(openWeights('hf:o/r', { hub })).rejects.toThrow(
      "[https://mirror.test/] The address has a user name or a password in it, which fetch refuses. Take them out, and pass headers: { Authorization: 'Basic ' + btoa(user + ':' + password) }.",
    );
  });

  test('an @ that belongs to the path stays', async () => {
    const fetch = async () => new Response(null, { status: 404 });
    await expect(openWeights('https://cdn.test/npm/pkg@1.0/w.pth', { fetch })).rejects.toThrow('[https://cdn.test/npm/pkg@1.0/w.pth] ');
  });
});

describe('an address without a known end', () => {
  const manifest = { weightsManifest: [{ paths: ['a.bin'], weights: [{ name: 'a', shape: [2], dtype: 'float32' }] }] };
  const site = (files: Record<string, () => Response>) =>
    vi.fn(async (input: RequestInfo | URL) => files[new URL(String(input)).pathname]?.() ?? new Response(null, { status: 404 }));
  const open = async (address: string, fetch: typeof globalThis.fetch) => {
    const { opening, warnings } = await locateSource(address, { fetch, cache: false });
    expect(warnings).toEqual([]);
    return (await opening)?.checkpoint;
  };

  test.each(['/w.pth.tar', '/w.pkl', '/download', '/files/123?token=a', '/w.model', '/resnet50.a1_in1k'])(
    'may be a checkpoint: %s',
    async (path) => {
      const fetch = site({ [path.replace(/\?.*/, '')]: () => new Response(file) });
      expect((await open(`https://x.test${path}`, fetch))?.format).toBe('safetensors');
    },
  );

  test.each(['/model', '/resnet50.a1_in1k', '/model?v=2'])('may be the folder of a converted model: %s', async (path) => {
    const folder = path.replace(/\?.*/, '');
    const fetch = site({
      // A server's answer to a folder without its slash.
      [folder]: () => new Response('<!doctype html><title>Index of</title>'),
      [`${folder}/manifest.json`]: () => Response.json(manifest),
      [`${folder}/a.bin`]: () => new Response(new Uint8Array(8)),
    });
    expect((await open(`https://x.test${path}`, fetch))?.format).toBe('tfjs');
    expect(fetch.mock.calls.map(([input]) => new URL(String(input)).pathname)).not.toContain(folder);
  });

  test('may be nothing', async () => {
    await expect(open('https://x.test/nothing', site({}))).rejects.toThrow('[https://x.test/nothing] The server answered 404.');
  });
});
