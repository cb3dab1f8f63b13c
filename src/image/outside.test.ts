import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeOutside, type Runtime } from './outside.ts';

const file = new Blob([Uint8Array.of(1)]);
const node = (load: (from: string, name: string) => object): Runtime => ({
  argv: ['node', '/app/main.mjs'],
  cwd: () => '/project',
  getBuiltinModule: () => ({ createRequire: (from) => (name) => load(from, name) }),
});

describe('decodeOutside', () => {
  it.each(['/app/main.mjs', '/project/package.json'])('decodes by the package that %s finds', async (place) => {
    const decodeImage = async (file: Blob) => ({ data: new Uint8Array(3).fill(file.size), width: 1, height: 1 });
    const runtime = node((from, name) => {
      if (from === place && name === 'resnet-webgpu/node') return { decodeImage };
      throw new Error('Cannot find module');
    });
    expect((await decodeOutside('Blob', () => file, file, runtime)).data).toEqual(Uint8Array.of(1, 1, 1));
    expect((await decodeOutside('URL', async () => file, file, runtime)).data).toEqual(Uint8Array.of(1, 1, 1));
  });

  it('reads files of this machine by their addresses', async () => {
    const runtime = node(() => ({
      decodeImage: async (given: Blob) => ({ data: new Uint8Array(await given.arrayBuffer()), width: 1, height: 1 }),
    }));
    const fetched = () => Promise.reject(new Error('fetched'));
    for (const address of [new URL('./outside.ts', import.meta.url), import.meta.url]) {
      const { data } = await decodeOutside(typeof address === 'string' ? 'String' : 'URL', fetched, address, runtime);
      expect(new TextDecoder().decode(data)).toBe(readFileSync(new URL(address), 'utf8'));
    }
    const folder = decodeOutside('String', fetched, new URL('.', import.meta.url).href, runtime);
    await expect(folder).rejects.toMatchObject({ code: 'image' });
  });

  it('is refused where the package is not found, and where there is nothing like Node', async () => {
    const words = /Blob cannot be decoded here: there is no browser, and resnet-webgpu.node is not found\. Decode it first/;
    const without = node(() => {
      throw new Error('Cannot find module');
    });
    await expect(decodeOutside('Blob', () => file, file, without)).rejects.toThrow(words);
    await expect(decodeOutside('Blob', () => file, file, { cwd: () => '/' })).rejects.toThrow(words);
  });

  it('refuses what only browsers have', async () => {
    await expect(decodeOutside('ImageBitmap', () => file)).rejects.toThrow(
      /ImageBitmap cannot be read here: there is no browser\. Pass a Blob/,
    );
  });
});
