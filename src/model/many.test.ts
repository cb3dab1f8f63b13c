import { describe, expect, it, vi } from 'vitest';
import type { ManyImages } from '../api/many-types.ts';
import type { ImageSource, Prediction } from '../api/types.ts';
import { ResnetError } from '../util/errors.ts';
import { classifyMany } from './many.ts';

const predictions = (label: string): Prediction[] => [{ label, index: 0, probability: 1 }];
const bad = () => new ResnetError('image', 'The image cannot be decoded.', { layer: 'image', hint: 'Take another.' });

/** Names what it gets; fails where that is called "broken". Tells how many images it had at a time. */
function network() {
  let inFlight = 0;
  const seen = { most: 0, calls: 0 };
  const classify = async (image: ImageSource) => {
    seen.most = Math.max(seen.most, ++inFlight);
    seen.calls++;
    await new Promise((resolve) => setTimeout(resolve, 1));
    inFlight--;
    const name = typeof image === 'string' ? image : (image as File).name;
    if (name.includes('broken')) throw bad();
    return predictions(name);
  };
  return { classify, seen };
}

const handle = (name: string, children?: object[]) => ({
  kind: children ? 'directory' : 'file',
  name,
  [Symbol.toStringTag]: children ? 'FileSystemDirectoryHandle' : 'FileSystemFileHandle',
  getFile: async () => {
    if (name.includes('gone')) throw new DOMException('A requested file could not be found.', 'NotFoundError');
    return { name } as File;
  },
  async *values() {
    yield* children ?? [];
  },
});
const many = (images: unknown) => images as ManyImages;

describe('many images', () => {
  it('come out in their order, four at a time', async () => {
    const { classify, seen } = network();
    const names = Array.from({ length: 20 }, (_, i) => `${i}`);
    const rows = await classifyMany(classify, names);
    expect(rows).toEqual(names.map(predictions));
    expect(seen.most).toBe(4);
  });

  it('are told of one by one, with place and name', async () => {
    const { classify } = network();
    const onResult = vi.fn();
    await classifyMany(classify, ['a', 'b'], { onResult });
    expect(onResult.mock.calls).toEqual([
      [predictions('a'), { index: 0, name: 'a', latency: expect.any(Number) }],
      [predictions('b'), { index: 1, name: 'b', latency: expect.any(Number) }],
    ]);
  });

  it('wait for a slow listener', async () => {
    const { classify, seen } = network();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const all = classifyMany(
      classify,
      Array.from({ length: 12 }, (_, i) => `${i}`),
      { onResult: () => held },
    );
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(seen.calls).toBe(4);
    release();
    expect(await all).toHaveLength(12);
  });
});

describe('images that cannot be read', () => {
  it('are rows among the others', async () => {
    const { classify } = network();
    const rows = await classifyMany(classify, ['a', 'broken', 'c'], { errors: 'rows' });
    expect(rows).toEqual([predictions('a'), expect.objectContaining({ code: 'image' }), predictions('c')]);
  });

  it('end the call by their place, unless rows are wanted', async () => {
    const { classify, seen } = network();
    const names = ['a', 'b', 'broken', ...Array.from({ length: 50 }, (_, i) => `${i}`)];
    await expect(classifyMany(classify, names)).rejects.toThrow('[images[2]] The image cannot be decoded.');
    expect(seen.calls).toBeLessThan(12);
  });

  it('do not hide what concerns all of them', async () => {
    const classify = () => Promise.reject(new ResnetError('disposed', 'The model was disposed.', { hint: 'Load it again.' }));
    await expect(classifyMany(classify, ['a'], { errors: 'rows' })).rejects.toMatchObject({ code: 'disposed' });
  });
});

describe('folders', () => {
  it('are read with all that is in them, files that are no images left out', async () => {
    const { classify } = network();
    const names: string[] = [];
    const folder = handle('photos', [handle('a.jpg'), handle('notes.txt'), handle('2020', [handle('b.PNG'), handle('broken.webp')])]);
    const rows = await classifyMany(classify, many(folder), { errors: 'rows', onResult: (_, { name }) => void names.push(name) });
    expect(names).toEqual(['a.jpg', '2020/b.PNG', '2020/broken.webp']);
    expect(rows.map((row) => row instanceof ResnetError)).toEqual([false, false, true]);
  });

  it('may lose files meanwhile', async () => {
    const { classify } = network();
    const rows = await classifyMany(classify, many([handle('gone.jpg'), handle('unnamed')]), { errors: 'rows' });
    expect(rows).toEqual([
      expect.objectContaining({ code: 'image', message: expect.stringContaining('[gone.jpg] The file cannot be read') }),
      predictions('unnamed'),
    ]);
  });

  it('come from an input as a FileList', async () => {
    const { classify } = network();
    const files = {
      length: 2,
      0: { name: 'a.png' },
      1: { name: 'b.png', webkitRelativePath: 'f/b.png' },
      [Symbol.toStringTag]: 'FileList',
    };
    const names: string[] = [];
    expect(await classifyMany(classify, many(files), { onResult: (_, { name }) => void names.push(name) })).toEqual([
      predictions('a.png'),
      predictions('b.png'),
    ]);
    expect(names).toEqual(['a.png', 'f/b.png']);
  });
});

describe('the call', () => {
  it('ends with its signal, and begins nothing more', async () => {
    const { classify, seen } = network();
    const stopper = new AbortController();
    const names = Array.from({ length: 100 }, (_, i) => `${i}`);
    const onResult = (_: unknown, { index }: { index: number }) => index === 5 && stopper.abort();
    const call = classifyMany(classify, names, { signal: stopper.signal, onResult: (row, info) => void onResult(row, info) });
    await expect(call).rejects.toMatchObject({ name: 'AbortError', code: 'aborted' });
    expect(seen.calls).toBeLessThan(14);
  });

  it('refuses options that it does not know what to do with', async () => {
    const { classify } = network();
    await expect(classifyMany(classify, ['a'], { errors: 'ignore' as 'rows' })).rejects.toThrow('"ignore" is not a way to treat errors.');
    await expect(classifyMany(classify, ['a'], { onResult: 3 as never })).rejects.toThrow('[onResult] It is not a function.');
  });
});
