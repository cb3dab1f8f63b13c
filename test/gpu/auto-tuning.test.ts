/**
 * `tuning: 'auto'`: what it measures, when, and with which result. The clock is simulated, so that the test decides which kernels win. Dawn's
 * null backend, on which nothing executes, simulates a GPU with f16 arithmetic.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { create } from 'webgpu';
import { forget } from '../../src/gpu/adapter-store.ts';
import { describeAdapter } from '../../src/gpu/device-profile.ts';
import { type LoadOptions, loadModel, type Model } from '../../src/index.ts';
import { type MockedClock, mockClock } from '../support/mocked-clock.ts';
import { openNodeDevice } from '../support/node-gpu.ts';

const source = { arch: 'cifar_resnet20', weights: { random: 3 } } as const;
const input = { data: Float32Array.from({ length: 3 * 16 * 16 }, (_, i) => Math.sin(i)), shape: [1, 3, 16, 16] };
/** Chrome's description of a GPU. */
const NVIDIA = { vendor: 'nvidia', architecture: 'lovelace', device: '', description: '' };
const AMD = { vendor: 'amd', architecture: 'rdna-2', device: '', description: '' };

// Kept, because Dawn crashes if it is collected while one of its devices is alive.
let nothing: GPU | undefined;

/** The bytes that are read back from a buffer with this label. */
let byteOf = (_label?: string) => 0;

async function openGpu(features: GPUFeatureName[], adapterInfo = NVIDIA): Promise<GPUDevice> {
  await openNodeDevice();
  nothing ??= create(['backend=null']);
  const adapter = await nothing.requestAdapter();
  const device = await adapter?.requestDevice({ requiredFeatures: features });
  if (!device) throw new Error('Dawn has no null backend.');
  Object.defineProperty(device, 'adapterInfo', { value: adapterInfo });
  // Nothing is written there, so the result would be whatever the process had in memory.
  const { createBuffer } = device;
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer.call(device, descriptor);
    const { getMappedRange } = buffer;
    buffer.getMappedRange = (...range) => {
      const bytes = getMappedRange.apply(buffer, range);
      if (descriptor.usage & 1) new Uint8Array(bytes).fill(byteOf(descriptor.label));
      return bytes;
    };
    return buffer;
  };
  return device;
}

const f16Wins = (label: string) => (label.startsWith('conv/f16 ') ? 50 : 300);
const isHalf = (text: string) => text.includes('enable f16');

let device: GPUDevice;
let clock: MockedClock | undefined;

/** No verification: on a device that computes nothing, all kernels would be found wrong. */
async function load(options: LoadOptions = {}): Promise<Model> {
  return loadModel(source, { device, inputSize: [16, 16], tuning: 'auto', verify: false, ...options });
}

/** Waits for the work after the first result. */
async function settled(model: Model): Promise<Model['info']['tuning']> {
  const ends = new Set(['measured', 'kept', 'coarse', 'stopped']);
  await expect.poll(() => ends.has(model.info.tuning?.state ?? ''), { timeout: 60_000, interval: 5 }).toBe(true);
  return model.info.tuning;
}

async function forgetAll(): Promise<void> {
  const adapter = describeAdapter(device.adapterInfo);
  for (const topic of ['tuning f32', 'tuning f16'] as const) await forget(topic, adapter);
}

afterEach(async () => {
  byteOf = () => 0;
  clock?.restore();
  clock = undefined;
  await forgetAll();
  device.destroy();
});

describe('on a GPU with f16 arithmetic', () => {
  beforeEach(async () => {
    device = await openGpu(['shader-f16']);
  });

  it('a model in f16 has them from the next load on, and nothing is timed then', async () => {
    clock = mockClock(device, f16Wins);
    const first = await load({ precision: 'f16' });
    expect(first.info.tuning).toBeUndefined();
    expect(clock.timed).toBe(0);
    expect(clock.shaders.some(isHalf)).toBe(false);
    const variants = async (model: Model) =>
      (await model.profile()).layers.filter(({ kernel }) => kernel === 'conv').map(({ variant }) => variant);
    await first.run(input);
    const found = await settled(first);
    expect(found).toMatchObject({ state: 'measured' });
    expect(found?.faster).toBeGreaterThan(2);
    expect(clock.timed).toBeGreaterThan(0);
    // This browser hides which GPU it is.
    expect(clock.shaders.some((text) => text.includes('rounds'))).toBe(true);
    // The loaded model keeps its kernels.
    expect((await variants(first)).filter((name) => name.startsWith('f16'))).toEqual([]);
    first.dispose();

    const { timed } = clock;
    const second = await load({ precision: 'f16' });
    await second.run(input);
    expect(await settled(second)).toEqual({ state: 'kept', timed: 0, faster: 0 });
    expect(clock.timed).toBe(timed);
    const names = await variants(second);
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !name.startsWith('f16 '))).toEqual([]);
    second.dispose();
  });

  it('a kernel in f16 that is off loses, however fast it is', async () => {
    clock = mockClock(device, f16Wins);
    const model = await load({ precision: 'f16' });
    await model.run(input);
    // A layer's output in f16 is read before the same output in float32.
    let reads = 0;
    byteOf = (label) => (label === 'read' && reads++ % 2 === 0 ? 0x3c : 0);
    expect(await settled(model)).toMatchObject({ state: 'measured' });
    expect(reads).toBeGreaterThan(0);
    model.dispose();
    clock.shaders.length = 0;
    const next = await load({ precision: 'f16' });
    await next.run(input);
    expect(await settled(next)).toMatchObject({ state: 'kept' });
    expect(clock.shaders.filter(isHalf)).toEqual([]);
    next.dispose();
  });

  it('a default in f16 that is off is not kept', async () => {
    await forgetAll();
    device.destroy();
    device = await openGpu(['shader-f16'], AMD);
    clock = mockClock(device, f16Wins);
    const model = await load({ precision: 'f16' });
    expect(clock.shaders.some(isHalf)).toBe(true);
    await model.run(input);
    let reads = 0;
    byteOf = (label) => (label === 'read' && reads++ % 2 === 0 ? 0x3c : 0);
    expect(await settled(model)).toMatchObject({ state: 'measured' });
    model.dispose();
    clock.shaders.length = 0;
    const next = await load({ precision: 'f16' });
    await next.run(input);
    expect(await settled(next)).toMatchObject({ state: 'kept' });
    const variants = (await next.profile()).layers.filter(({ kernel }) => kernel === 'conv').map(({ variant }) => variant);
    expect(variants.length).toBeGreaterThan(10);
    expect(variants.filter((name) => name.startsWith('f16 '))).toEqual([]);
    next.dispose();
  });

  it('a model in f32 never gets them, whatever the clock says and the table of f16', async () => {
    clock = mockClock(device, f16Wins);
    const half = await load({ precision: 'f16' });
    await half.run(input);
    await settled(half);
    half.dispose();
    clock.shaders.length = 0;
    for (const state of ['measured', 'kept']) {
      const model = await load();
      await model.run(input);
      expect(await settled(model)).toMatchObject({ state });
      await model.run(input);
      model.dispose();
    }
    expect(clock.shaders.length).toBeGreaterThan(0);
    expect(clock.shaders.filter(isHalf)).toEqual([]);
  });

  it('takes another network to measure what shapes that one adds', async () => {
    clock = mockClock(device, f16Wins);
    const one = await load();
    await one.run(input);
    const { timed = 0 } = (await settled(one)) ?? {};
    expect(timed).toBeGreaterThan(0);
    const other = await load({ inputSize: [20, 20] });
    await other.run({ data: new Float32Array(3 * 20 * 20), shape: [1, 3, 20, 20] });
    expect(await settled(other)).toMatchObject({ state: 'measured' });
    const again = await load();
    await again.run(input);
    expect(await settled(again)).toMatchObject({ state: 'kept', timed: 0 });
    for (const model of [one, other, again]) model.dispose();
  });

  it('says that a clock is too coarse, and keeps to the model of the device', async () => {
    clock = mockClock(device, () => 0);
    const model = await load();
    const usual = (await model.profile()).layers.map(({ variant }) => variant);
    await model.run(input);
    expect(await settled(model)).toMatchObject({ state: 'coarse', why: expect.stringContaining('too coarse') });
    expect(model.info.warnings.join()).toContain('too coarse');
    model.dispose();
    const { timed } = clock;
    const next = await load();
    await next.run(input);
    expect(await settled(next)).toMatchObject({ state: 'coarse', timed: 0 });
    expect(clock.timed).toBe(timed);
    expect((await next.profile()).layers.map(({ variant }) => variant)).toEqual(usual);
    next.dispose();
  });

  it('waits while a model loads', async () => {
    clock = mockClock(device, f16Wins);
    const model = await load();
    let fail: ((reason: Error) => void) | undefined;
    const asking = () =>
      new Promise<Response>((_, reject) => {
        fail = reject;
      });
    const other = loadModel({ arch: 'resnet18', weights: 'https://example.org/resnet18.pth' }, { device, cache: false, fetch: asking });
    other.catch(() => undefined);
    await expect.poll(() => fail).toBeDefined();
    await model.run(input);
    await expect.poll(() => model.info.tuning?.state).toBe('waiting');
    await model.run(input);
    await model.run(input);
    expect(model.info.tuning).toMatchObject({ state: 'waiting', timed: 0 });
    expect(clock.timed).toBe(0);
    fail?.(new Error('unplugged'));
    await expect(other).rejects.toThrow();
    expect(await settled(model)).toMatchObject({ state: 'measured' });
    model.dispose();
  });

  it('waits while the model is called', async () => {
    clock = mockClock(device, f16Wins);
    let isHeld = false;
    const held: (() => void)[] = [];
    const { createBuffer } = device;
    device.createBuffer = (descriptor) => {
      const buffer = createBuffer.call(device, descriptor);
      const { mapAsync } = buffer;
      buffer.mapAsync = async (...range) => {
        if (isHeld) await new Promise<void>((go) => held.push(go));
        isHeld = false;
        return mapAsync.apply(buffer, range);
      };
      return buffer;
    };
    const model = await load();
    let fail: ((reason: Error) => void) | undefined;
    const fetch = () =>
      new Promise<Response>((_, reject) => {
        fail = reject;
      });
    // Nothing is measured before this is done.
    const other = loadModel({ arch: 'resnet18', weights: 'https://example.org/resnet18.pth' }, { device, cache: false, fetch });
    other.catch(() => undefined);
    await expect.poll(() => fail).toBeDefined();
    await model.run(input);
    isHeld = true;
    const call = model.run(input);
    await expect.poll(() => held.length).toBe(1);
    isHeld = false;
    fail?.(new Error('unplugged'));
    await expect.poll(() => model.info.tuning?.state).toBe('measuring');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(clock.timed).toBe(0);
    held[0]?.();
    await call;
    expect(await settled(model)).toMatchObject({ state: 'measured' });
    expect(clock.timed).toBeGreaterThan(0);
    model.dispose();
  });

  it('ends when the model does', async () => {
    clock = mockClock(device, f16Wins);
    const model = await load();
    await model.run(input);
    await expect.poll(() => model.info.tuning?.state, { interval: 1 }).toBe('measuring');
    model.dispose();
    expect(await settled(model)).toMatchObject({ state: 'stopped', why: 'The model was disposed.' });
  });
});

describe('on an adapter that computes', () => {
  beforeEach(async () => {
    device = await openNodeDevice();
  });

  it('what the model computes stays the same to the last bit, and the next is right, too', async () => {
    const serialWins = (label: string) => (label.includes('serial-7x16') ? 50 : 300);
    clock = mockClock(device, serialWins);
    const model = await load();
    const before = await model.run(input);
    expect(await settled(model)).toMatchObject({ state: 'measured' });
    expect((await model.run(input)).logits).toEqual(before.logits);
    model.dispose();
    const next = await load();
    const { logits } = await next.run(input);
    const rel = logits?.data.map((value, i) => Math.abs(value - (before.logits?.data[i] ?? Number.NaN)));
    expect(Math.max(...(rel ?? [Number.NaN]))).toBeLessThan(1e-4);
    expect(clock.shaders.filter(isHalf)).toEqual([]);
    next.dispose();
  });
});
