import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AdapterDescription } from './device-profile.ts';

const adapter: AdapterDescription = { vendor: 'amd', architecture: 'rdna-2', description: '', software: false };

/** The part of IndexedDB that the store uses. `disk` outlives the module, as a browser's does the page. */
function fakeIndexedDb(disk: Map<string, unknown>): IDBFactory {
  const request = (answer: () => unknown) => {
    const made = { result: undefined as unknown, onsuccess: () => undefined, onupgradeneeded: () => undefined };
    queueMicrotask(() => {
      made.result = answer();
      made.onupgradeneeded();
      made.onsuccess();
    });
    return made;
  };
  const store = {
    get: (key: string) => request(() => structuredClone(disk.get(key))),
    put: (value: unknown, key: string) => request(() => disk.set(key, structuredClone(value))),
    delete: (key: string) => request(() => disk.delete(key)),
  };
  const database = { createObjectStore: () => store, transaction: () => ({ objectStore: () => store }), close: () => undefined };
  return { open: () => request(() => database) } as unknown as IDBFactory;
}

/** The module in the state of a newly opened page. */
async function visit(browser = 'Chrome/142') {
  vi.resetModules();
  vi.stubGlobal('navigator', { userAgent: `Mozilla/5.0 (X11) AppleWebKit/537.36 ${browser}.0.1.2 Safari/537.36` });
  return import('./adapter-store.ts');
}

let disk: Map<string, unknown>;
beforeEach(() => {
  disk = new Map();
  vi.stubGlobal('indexedDB', fakeIndexedDb(disk));
});
afterEach(() => vi.unstubAllGlobals());

describe('what is kept of an adapter', () => {
  test('is there on the next visit, for this adapter and topic alone', async () => {
    await (await visit()).keep('tuning f32', adapter, { a: 1 });
    const { recall } = await visit();
    expect(await recall('tuning f32', adapter)).toEqual({ a: 1 });
    expect(await recall('tuning f16', adapter)).toBeUndefined();
    expect(await recall('tuning f32', { ...adapter, architecture: 'rdna-3' })).toBeUndefined();
    expect(await recall('tuning f32', { ...adapter, software: true })).toBeUndefined();
  });

  test('is not believed after the browser or the library has changed, and gives way to what is found then', async () => {
    await (await visit('Chrome/142')).keep('verified f32', adapter, ['old']);
    expect(await (await visit('Chrome/142')).recall('verified f32', adapter)).toEqual(['old']);
    const { keep, recall } = await visit('Chrome/143');
    expect(await recall('verified f32', adapter)).toBeUndefined();
    await keep('verified f32', adapter, ['new']);
    expect(await (await visit('Chrome/143')).recall('verified f32', adapter)).toEqual(['new']);
    expect(disk.size).toBe(1);
    for (const entry of disk.values()) Object.assign(entry as object, { stamp: 'resnet-webgpu 0.0.1, Chrome/143' });
    expect(await (await visit('Chrome/143')).recall('verified f32', adapter)).toBeUndefined();
  });

  test('is a copy', async () => {
    const { keep, recall } = await visit();
    const value = { variants: ['a'] };
    await keep('tuning f32', adapter, value);
    value.variants.push('b');
    expect(await recall('tuning f32', adapter)).toEqual({ variants: ['a'] });
  });

  test('can be forgotten', async () => {
    const { keep, forget, recall } = await visit();
    await keep('tuning f32', adapter, 1);
    await forget('tuning f32', adapter);
    expect(await recall('tuning f32', adapter)).toBeUndefined();
    expect(disk.size).toBe(0);
  });

  test.each([
    ['is absent', undefined],
    [
      'refuses',
      {
        open: () => {
          throw new DOMException('no', 'SecurityError');
        },
      },
    ],
  ])('lives as long as the page where storage %s', async (_, storage) => {
    const { keep, recall } = await visit();
    vi.stubGlobal('indexedDB', storage);
    expect(await recall('tuning f32', adapter)).toBeUndefined();
    await keep('tuning f32', adapter, 7);
    expect(await recall('tuning f32', adapter)).toBe(7);
  });

  test('lives as long as the page where storage never answers, which is waited for once', async () => {
    const { keep, recall } = await visit();
    const open = vi.fn(() => ({}));
    vi.stubGlobal('indexedDB', { open });
    vi.useFakeTimers();
    try {
      const asked = recall('tuning f32', adapter);
      await vi.advanceTimersByTimeAsync(1000);
      expect(await asked).toBeUndefined();
      // From here on no time passes.
      await keep('tuning f32', adapter, 7);
      expect(await recall('tuning f32', adapter)).toBe(7);
      expect(await recall('tuning f16', adapter)).toBeUndefined();
      expect(open).toHaveBeenCalledTimes(1);
    } finally {
      vi.useRealTimers();
    }
  });

  test('holds up no program that is done', async () => {
    vi.useFakeTimers();
    try {
      await (await visit()).keep('tuning f32', adapter, 1);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0', 'Chrome/142'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox/145'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15', 'Version/26'],
  ['Node.js/24', 'Node.js/24'],
  ['something else', 'something else'],
])('%s is %s', async (userAgent, name) => {
  expect((await visit()).browserMajor(userAgent)).toBe(name);
});
