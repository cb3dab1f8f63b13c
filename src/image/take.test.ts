import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ImageSource, RawImage } from '../api/types.ts';
import { take } from './take.ts';

/** An object that reports the class name of a browser's. */
function fake<T extends object>(name: string, members: T): T & ImageSource {
  return Object.assign(members, { [Symbol.toStringTag]: name }) as unknown as T & ImageSource;
}

afterEach(() => vi.unstubAllGlobals());

describe('take', () => {
  it.each([
    ['bytes', new Uint8Array([1, 2, 3])],
    ['clamped bytes', new Uint8ClampedArray([1, 2, 3])],
    ["a Buffer of Node's, whose slice() would be the same bytes", Buffer.from([1, 2, 3])],
    ['shared bytes', new Uint8Array(new SharedArrayBuffer(3))],
  ])('copies %s', (_, data) => {
    data.set([1, 2, 3]);
    const { source } = take({ data, width: 1, height: 1 });
    data.fill(9);
    expect(source).toEqual({ data: Uint8Array.of(1, 2, 3), width: 1, height: 1 });
    expect((source as RawImage).data.buffer).toBeInstanceOf(ArrayBuffer);
  });

  it('has the browser copy elements, canvases and bitmaps before it returns', async () => {
    const bitmaps: { close: () => void }[] = [];
    const copy = vi.fn(async (source: object) => {
      bitmaps.push({ close: vi.fn(), ...source });
      return bitmaps.at(-1);
    });
    vi.stubGlobal('createImageBitmap', copy);
    for (const name of ['HTMLImageElement', 'HTMLCanvasElement', 'OffscreenCanvas', 'HTMLVideoElement', 'ImageBitmap']) {
      const source = fake(name, {});
      const taken = take(source);
      expect(copy.mock.lastCall?.[0], name).toBe(source);
      expect(await taken.copy).toBe(bitmaps.at(-1));
      expect(bitmaps.at(-1)?.close).not.toHaveBeenCalled();
      taken.close();
      await taken.copy;
      expect(bitmaps.at(-1)?.close).toHaveBeenCalledOnce();
    }
    // Files must be exact. Screen contents are taken as shown.
    const asked = copy.mock.calls.map((call) => (call as unknown[])[1]);
    expect(asked.map((options) => Object.keys(options as object).length > 0)).toEqual([true, false, false, false, true]);
  });

  it('clones frames, and closes the clone only', () => {
    const clone = { close: vi.fn() };
    const frame = fake('VideoFrame', { clone: () => clone, close: vi.fn() });
    const taken = take(frame);
    expect(taken.source).toBe(clone);
    taken.close();
    expect(clone.close).toHaveBeenCalledOnce();
    expect(frame.close).not.toHaveBeenCalled();
  });

  it('keeps an address that is changed afterwards', () => {
    const url = new URL('https://example.org/a.jpg');
    const { source } = take(url);
    url.pathname = '/b.jpg';
    expect(String(source)).toBe('https://example.org/a.jpg');
  });

  it('leaves what cannot be taken to those who can say why', () => {
    const gone = new Uint8Array(3);
    structuredClone(gone, { transfer: [gone.buffer] });
    const closed = fake('VideoFrame', {
      clone: () => {
        throw new Error('closed');
      },
    });
    for (const source of [null, undefined, 7, { data: gone, width: 1, height: 1 }, { data: new Float32Array(3) }, closed]) {
      expect(take(source as ImageSource).source).toBe(source);
      take(source as ImageSource).close();
    }
  });
});
