import { afterEach, describe, expect, it, vi } from 'vitest';
import { fetchPart } from './fetch-part.ts';

const sources = import.meta.glob<string>(['../**/*.ts', '!../**/*.test.ts', '!../{cli,node,tfjs}/**'], {
  query: '?raw',
  import: 'default',
  eager: true,
});

describe('fetchPart', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('gives the part', async () => {
    expect(await fetchPart(Promise.resolve(7))).toBe(7);
  });

  it('says what to do where the part does not come', async () => {
    const cause = new TypeError('Failed to fetch dynamically imported module: https://example.org/chunks/pytorch.js');
    const failing = Promise.reject(cause);
    await expect(fetchPart(failing)).rejects.toMatchObject({ code: 'network', cause });
    await expect(fetchPart(failing)).rejects.toThrow(
      'The part of the library that this needs could not be loaded. Check the connection and that all files of the library are served',
    );
    await expect(fetchPart(failing, 'PyTorch files')).rejects.toThrow('The part of the library that reads PyTorch files could not');
  });

  it('names the build in one file to service workers', async () => {
    vi.stubGlobal('ServiceWorkerGlobalScope', class {});
    const failing = Promise.reject(new TypeError('import() is disallowed on ServiceWorkerGlobalScope by the HTML specification.'));
    await expect(fetchPart(failing, 'pickles')).rejects.toMatchObject({ code: 'unsupported' });
    await expect(fetchPart(failing, 'pickles')).rejects.toThrow("Import 'resnet-webgpu/bundle' there");
  });

  it('is what every part is fetched by', () => {
    const bare = Object.entries(sources).flatMap(([file, text]) =>
      [...text.matchAll(/^(?!\s*(?:\*|\/\/)).*?(?<!fetchPart\(|typeof )\bimport\('.*$/gm)].map(([line]) => `${file}: ${line.trim()}`),
    );
    expect(bare).toEqual([]);
  });
});
