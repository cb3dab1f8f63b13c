import { describe, expect, it } from 'vitest';
import type { ImageSource } from '../api/types.ts';
import { openPixels } from './sources.ts';
import { take } from './take.ts';

const open = (source: unknown) => openPixels(take(source as ImageSource));

describe('openPixels in Node', () => {
  it('expands RGB bytes and keeps RGBA bytes', async () => {
    const rgb = await open({ data: Uint8Array.of(1, 2, 3, 4, 5, 6), width: 1, height: 2 });
    expect(rgb.content).toEqual(Uint8Array.of(1, 2, 3, 0, 4, 5, 6, 0));
    const data = new Uint8ClampedArray([0, 0, 0, 0, 7, 8, 9, 0]).subarray(4);
    const rgba = await open({ data, width: 1, height: 1 });
    expect(rgba).toMatchObject({ content: Uint8Array.of(7, 8, 9, 0), width: 1, height: 1 });
  });

  const refused: [string, unknown][] = [
    ['bytes of another length', { data: new Uint8Array(13), width: 2, height: 2 }],
    ['floats', { data: new Float32Array(12), width: 2, height: 2 }],
    ['no pixels', { data: new Uint8Array(), width: 0, height: 7 }],
    ['what only browsers have', { [Symbol.toStringTag]: 'ImageBitmap' }],
    ['nothing', null],
    ['a number', 7],
    ['a list', [1, 2, 3]],
    ['an object', { width: 1, height: 1 }],
  ];
  it.each(refused)('refuses %s', async (_, source) => {
    await expect(open(source)).rejects.toThrowErrorMatchingSnapshot();
  });

  it('does not start when aborted', async () => {
    const image = { data: new Uint8Array(3), width: 1, height: 1 };
    await expect(openPixels(take(image), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
  });
});
