import { describe, expect, it, vi } from 'vitest';
import { recordingDevice } from '../../test/support/recording-device.ts';
import type { ImageSource, Preprocess } from '../api/types.ts';
import { type Engine, openEngine } from '../gpu/device.ts';
import type { Executable, TailFor } from '../gpu/executable.ts';
import { take } from '../image/take.ts';
import { classesTail, Images, rowsTail } from './image-calls.ts';
import type { RunRequest, Session } from './session.ts';

/** Nothing is resized: a tensor is as large as its image. */
const preprocess: Preprocess = { resize: null, crop: null, mean: [0, 0, 0], std: [1, 1, 1], order: 'rgb' };
const raw = (width: number, height: number): ImageSource => ({ data: new Uint8Array(width * height * 3), width, height });
const tail: TailFor<string[]> = () => ({});

/** A session that answers each image of a run with the run's number and the image's place in it. */
async function session(limit: number) {
  const { device, log } = recordingDevice();
  const engine = await openEngine({ device });
  const runs: RunRequest<unknown>[] = [];
  const run = async (request: RunRequest<unknown>) => {
    await request.input.prepare?.(engine);
    const encoder = device.createCommandEncoder();
    request.input.write({ device, encoder, buffer: device.createBuffer({ size: 4, usage: 0 }), byteOffset: 0, input: 0 });
    runs.push(request);
    return Array.from({ length: request.shape[0] ?? 0 }, (_, i) => `${runs.length}.${i}`);
  };
  const own = { engine, ready: async () => engine, batchLimit: ([n = 1]: number[]) => Math.min(n, limit), run } as unknown as Session;
  return { own, runs, log };
}

describe('images of a call', () => {
  it('run in batches of one size that the device takes, and are answered in their order', async () => {
    const { own, runs, log } = await session(2);
    const images = new Images(own, preprocess, 3);
    const sizes = [raw(4, 2), raw(2, 4), raw(4, 2), raw(4, 2)];
    expect(await images.run(sizes.map(take), 'head.fc', tail)).toEqual(['1.0', '3.0', '1.1', '2.0']);
    expect(runs.map(({ shape, outputs }) => [shape, outputs])).toEqual([
      [[2, 3, 2, 4], ['head.fc']],
      [[1, 3, 2, 4], ['head.fc']],
      [[1, 3, 4, 2], ['head.fc']],
    ]);
    // Two dispatches an image.
    expect(log.filter((line) => line === 'dispatch')).toHaveLength(8);
  });

  it('are let go of when a run fails', async () => {
    const { own } = await session(4);
    const close = vi.fn();
    vi.stubGlobal('OffscreenCanvasRenderingContext2D', class {});
    const bitmap = { width: 4, height: 2, close };
    vi.stubGlobal('createImageBitmap', async () => bitmap);
    own.run = () => Promise.reject(new Error('no'));
    const images = new Images(own, preprocess, 3);
    const file = take(new Blob([new Uint8Array([0xff, 0xd8])]));
    await expect(images.run([file], 'head.fc', tail)).rejects.toThrow('no');
    expect(close).toHaveBeenCalledTimes(1);
    vi.unstubAllGlobals();
  });

  it('hold memory for their size until they are disposed', async () => {
    const { own } = await session(4);
    const images = new Images(own, preprocess, 3);
    expect(images.bytes).toBe(0);
    await images.run([take(raw(4, 2))], 'head.fc', tail);
    expect(images.bytes).toBeGreaterThan(4 * 2 * 4);
    images.dispose();
    expect(images.bytes).toBe(0);
    await expect(images.run([take(raw(4, 2))], 'head.fc', tail)).rejects.toMatchObject({ code: 'disposed' });
  });

  it('are refused where the network takes other channels', async () => {
    const { own } = await session(4);
    await expect(new Images(own, preprocess, 5).run([take(raw(4, 2))], 'head.fc', tail)).rejects.toMatchObject({
      code: 'config',
      layer: 'preprocess.mean',
    });
  });
});

describe('results of a run', () => {
  /** An executable that computed these logits. */
  function computed(rows: number, values: number[]): Executable {
    const reading = { buffer: {}, byteLength: values.length * 4, decode: (bytes: ArrayBuffer) => [new Float32Array(bytes)] };
    return { outputs: [{ shape: [rows, values.length / rows] }], allOutputs: { reading } } as unknown as Executable;
  }
  const results = async <T>(make: TailFor<T>, executable: Executable, values: number[]) =>
    (await make(executable, {} as Engine)).reading?.decode(Float32Array.from(values).buffer);

  it('are the rows of the output', async () => {
    const values = [1, 2, 3, 4, 5, 6];
    const sums = rowsTail((row) => row.reduce((a, b) => a + b));
    expect(await results(sums, computed(2, values), values)).toEqual([6, 15]);
  });

  it('are the most probable classes of each image', async () => {
    const values = [0, 3, 1, 9, 0, 0];
    const classes = classesTail({ classes: 3, topK: 1, labels: ['cat', 'dog', 'ship'] });
    expect(await results(classes, computed(2, values), values)).toMatchObject([[{ label: 'dog', index: 1 }], [{ label: 'cat', index: 0 }]]);
  });

  it('are not there for half a class', () => {
    expect(() => classesTail({ classes: 3, topK: 0.5 })).toThrow(expect.objectContaining({ code: 'usage', layer: 'topK' }));
  });
});
