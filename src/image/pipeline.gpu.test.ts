import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BYTES, GOLDENS, golden, photo, torchvision } from '../../test/preprocess/photos.ts';
import { differences, noise, tolerance, vectors } from '../../test/preprocess/vectors.ts';
import { loadImage } from '../../test/support/load-image.ts';
import { openNodeDevice, readFloats, validated } from '../../test/support/node-gpu.ts';
import type { ImageSource, Preprocess, RawImage } from '../api/types.ts';
import { PipelineCache } from '../gpu/pipelines.ts';
import { ImagePipeline } from './pipeline.ts';
import { preprocessReference, rgbOf } from './resample.reference.ts';

let device: GPUDevice;
let images: ImagePipeline;
/** Resources made and not destroyed. */
const alive = new Set<GPUBuffer | GPUTexture>();

beforeAll(async () => {
  device = await openNodeDevice();
  countResources(device);
  images = new ImagePipeline(device, new PipelineCache(device));
});

afterAll(() => device.destroy());

function countResources(device: GPUDevice): void {
  const track = <T extends GPUBuffer | GPUTexture>(resource: T): T => {
    alive.add(resource);
    const destroy: () => undefined = resource.destroy.bind(resource);
    resource.destroy = () => {
      alive.delete(resource);
      return destroy();
    };
    return resource;
  };
  const [createBuffer, createTexture] = [device.createBuffer.bind(device), device.createTexture.bind(device)];
  device.createBuffer = (descriptor) => track(createBuffer(descriptor));
  device.createTexture = (descriptor) => track(createTexture(descriptor));
}

async function tensors(
  sources: ImageSource[],
  preprocess: Preprocess,
  byteOffset = 0,
): Promise<{ data: Float32Array; shape: readonly number[] }> {
  return validated(device, async () => {
    const loaded = await Promise.all(sources.map((source) => loadImage(images, source, preprocess)));
    const shape = loaded[0]?.shape ?? [];
    const size = byteOffset + sources.length * 4 * shape.reduce((a, b) => a * b, 1);
    const buffer = device.createBuffer({ size, usage: 4 | 8 | 128 });
    const encoder = device.createCommandEncoder();
    images.encodeBatch(encoder, loaded, { buffer, byteOffset });
    device.queue.submit([encoder.finish()]);
    const data = await readFloats(device, buffer);
    buffer.destroy();
    for (const image of loaded) image.close();
    return { data, shape };
  });
}

async function expectReference(image: RawImage, preprocess: Preprocess): Promise<void> {
  const { data, shape } = await tensors([image], preprocess);
  const reference = preprocessReference(image, preprocess);
  expect(shape).toEqual(reference.shape);
  expect(differences(data, reference.data)).toEqual({ count: 0, most: 0 });
}

/** [c, h, w] floats that are bytes -> [h, w, c]. */
function interleaved(planes: Float32Array): number[] {
  const area = planes.length / 3;
  return Array.from({ length: planes.length }, (_, i) => planes[(i % 3) * area + Math.floor(i / 3)] ?? Number.NaN);
}

describe('ImagePipeline', () => {
  it.each(['camera', 'chelsea', 'coffee'])('equals torchvision on %s', async (name) => {
    for (const [size, crop] of [
      [256, 224],
      [32, 32],
    ] as const) {
      const preprocess: Preprocess = { ...torchvision(size, crop), ...BYTES, mean: [0, 0, 0], std: [1, 1, 1] };
      const { data } = await tensors([photo(name)], preprocess);
      const expected = rgbOf(photo(`${name}.resize${size}-crop${crop}`));
      expect(differences(interleaved(data), expected.data)).toEqual({ count: 0, most: 0 });
    }
  });

  it.each(GOLDENS)('equals OpenMMLab on %s', async (name) => {
    const { image, preprocess, output } = golden(name);
    const { data, shape } = await tensors([image], preprocess);
    expect(shape).toEqual(output.shape);
    expect(differences(data, output.data)).toEqual({ count: 0, most: 0 });
  });

  it.each(vectors)('equals $kernel $filter, $from to $to', async (vector) => {
    const { kernel, filter, seed, from, to, bytes } = vector;
    const [width, height] = from;
    const image = { data: noise(seed, width * height * 3), width, height };
    const resize = { size: [to[1], to[0]] as [number, number], edge: 'exact', filter, kernel } as const;
    const { data } = await tensors([image], { mean: [0, 0, 0], std: [1, 1, 1], order: 'rgb', resize });
    const { most, count } = differences(interleaved(data), bytes);
    expect(most).toBeLessThanOrEqual(tolerance(vector).most);
    expect(count).toBeLessThanOrEqual(tolerance(vector).count);
  });

  it('equals the reference for random sizes and recipes', async () => {
    const size = fc.integer({ min: 1, max: 70 });
    const recipe = fc.record({
      width: size,
      height: size,
      alpha: fc.boolean(),
      resize: fc.option(
        fc.record({
          size: fc.integer({ min: 1, max: 50 }),
          edge: fc.constantFrom('short', 'exact', 'cover', 'contain'),
          filter: fc.constantFrom('bilinear', 'bicubic'),
          kernel: fc.constantFrom('pillow', 'opencv', 'torch'),
        }),
      ),
      crop: fc.option(fc.oneof(size, fc.tuple(size, size))),
      cropRounding: fc.constantFrom('torchvision', 'openmmlab'),
      order: fc.constantFrom('rgb', 'bgr'),
      channels: fc.constantFrom(1, 3),
      padDivisor: fc.constantFrom(undefined, 8, 32),
      fill: fc.constantFrom(undefined, [7, 120, 255]),
    });
    await fc.assert(
      fc.asyncProperty(recipe, async ({ width, height, alpha, channels, fill, ...rest }) => {
        const data = noise(width * 100 + height, width * height * (alpha ? 4 : 3));
        const mean = [103.53, 116.28, 123.675].slice(0, channels);
        const std = [57.375, 57.12, 58.395].slice(0, channels);
        await expectReference({ data, width, height }, { ...rest, mean, std, padValue: -1.5, cropFill: fill?.slice(0, channels) });
      }),
      { seed: 7, numRuns: 60 },
    );
  });

  it.each([
    ['a portrait', 30, 90],
    ['one pixel', 1, 1],
    ['one row', 300, 1],
    ['one column', 1, 300],
  ])('takes %s', async (_, width, height) => {
    await expectReference({ data: noise(1, width * height * 3), width, height }, torchvision(24, 20));
  });

  it('pads with black where the crop is larger, as torchvision does', async () => {
    const image = { data: new Uint8Array(4 * 3 * 3).fill(255), width: 4, height: 3 };
    const preprocess: Preprocess = { mean: [0, 0, 0], std: [255, 255, 255], order: 'rgb', crop: [6, 3] };
    const { data, shape } = await tensors([image], preprocess);
    expect(shape).toEqual([1, 3, 6, 3]);
    expect([...data.subarray(0, 18)]).toEqual([0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
    const clamped = await tensors([image], { ...preprocess, cropRounding: 'openmmlab' });
    expect(clamped.shape).toEqual([1, 3, 3, 3]);
  });

  it('writes every image of a batch into its slot and nothing before', async () => {
    const batch = [11, 12, 13].map((seed) => ({ data: noise(seed, 40 * 30 * 3), width: 40, height: 30 }));
    batch.push({ data: noise(14, 33 * 50 * 3), width: 33, height: 50 });
    const preprocess = torchvision(16, 15);
    const { data, shape } = await tensors(batch, preprocess, 64);
    const floats = shape.reduce((a, b) => a * b, 1);
    expect([...data.subarray(0, 16)]).toEqual(new Array(16).fill(0));
    batch.forEach((image, i) => {
      const slot = data.subarray(16 + i * floats, 16 + (i + 1) * floats);
      expect(differences(slot, preprocessReference(image, preprocess).data)).toEqual({ count: 0, most: 0 });
    });
  });

  it('allocates nothing for the second image of a size, keeps few sizes, and gives every byte back', async () => {
    const own = new ImagePipeline(device, new PipelineCache(device));
    const buffer = device.createBuffer({ size: 3 * 8 * 8 * 4, usage: 128 });
    const before = alive.size;
    const once = async (width: number) => {
      const loaded = await loadImage(own, { data: noise(3, width * 20 * 3), width, height: 20 }, torchvision(8, 8));
      const encoder = device.createCommandEncoder();
      own.encode(encoder, loaded, { buffer, byteOffset: 0 });
      device.queue.submit([encoder.finish()]);
      loaded.close();
    };
    await once(20);
    const [held, bytes] = [alive.size, own.bytes];
    expect(bytes).toBe([...alive].slice(before).reduce((sum, r) => sum + ('size' in r ? r.size : r.width * r.height * 4), 0));
    await once(20);
    expect(alive.size).toBe(held);
    for (let width = 21; width < 30; width++) await once(width);
    expect(alive.size).toBe(before + 4 * (held - before));
    own.dispose();
    expect([alive.size, own.bytes]).toEqual([before, 0]);
    await expect(once(20)).rejects.toMatchObject({ code: 'disposed' });
    buffer.destroy();
  });

  it('reads only what the crop needs of an image beyond the texture limit', async () => {
    const [width, height] = [9000, 40];
    const image = { data: noise(5, width * height * 3), width, height };
    await expectReference(image, torchvision(16, 16));
    await expect(loadImage(images, image, { mean: [0, 0, 0], std: [1, 1, 1], order: 'rgb' })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ResnetError: [image] 9000x40 of the image's 9000x40 pixels are needed, this device's textures end at 8192. Pass a smaller image, or a device with a larger maxTextureDimension2D.]`,
    );
  });
});
