import { describe, expect, it } from 'vitest';
import { GpuMemory, mebibytes } from './gpu-memory.ts';

/** @param said what the scopes catch, the inner one (validation) first */
function memoryOn(said: (string | null)[] = [null, null], lost = false) {
  const alive = new Set<GPUBuffer>();
  let open = 0;
  const device = {
    limits: { maxBufferSize: 1000 },
    createBuffer: ({ size }: { size: number }) => {
      const buffer = { size, destroy: () => alive.delete(buffer as unknown as GPUBuffer) } as unknown as GPUBuffer;
      alive.add(buffer);
      return buffer;
    },
    pushErrorScope: () => open++,
    popErrorScope: async () => {
      const message = said[said.length - open--] ?? null;
      if (lost) throw new Error('lost');
      return message === null ? null : { message };
    },
  } as unknown as GPUDevice;
  return { memory: new GpuMemory(device), alive, scopes: () => open };
}

describe('GPU memory', () => {
  it('counts bytes by purpose, and frees each buffer once', () => {
    const { memory, alive } = memoryOn();
    const weights = memory.create('weights', 'conv', 100, 0);
    memory.create('weights', 'fc', 20, 0);
    memory.create('staging', 'readback', 4, 0);
    expect([memory.bytes('weights'), memory.bytes('staging'), memory.bytes('derived')]).toEqual([120, 4, 0]);
    memory.destroy(weights);
    memory.destroy(weights);
    expect(memory.bytes('weights')).toBe(20);
    memory.close();
    expect(alive.size).toBe(0);
  });

  it('makes nothing after it was closed', () => {
    const { memory, alive } = memoryOn();
    memory.close();
    expect(() => memory.create('weights', 'conv', 100, 0)).toThrow(expect.objectContaining({ code: 'disposed' }));
    expect(alive.size).toBe(0);
  });

  it('names the layer of a buffer that the device cannot make', () => {
    const { memory, alive } = memoryOn();
    expect(() => memory.create('weights', 'layer4.0.conv2', 1001, 0)).toThrow(
      expect.objectContaining({ code: 'device-limits', layer: 'layer4.0.conv2' }),
    );
    expect(alive.size).toBe(0);
  });

  it.each([
    ['out-of-memory', [null, 'no more']],
    ['shader', ['bad command', null]],
  ])('turns what the device says afterwards into %s, and frees what was made for it', async (code, said) => {
    const { memory, alive, scopes } = memoryOn(said);
    const before = memory.create('weights', 'before', 10, 0);
    await expect(memory.guard(() => memory.create('weights', 'conv', 100, 0))).rejects.toMatchObject({ code });
    expect([...alive]).toEqual([before]);
    expect(scopes()).toBe(0);
  });

  it('keeps what was made where nothing is said, and on a lost device, which reports itself', async () => {
    for (const lost of [false, true]) {
      const { memory, alive } = memoryOn([null, null], lost);
      await memory.guard(() => memory.create('weights', 'conv', 100, 0));
      expect(alive.size).toBe(1);
    }
  });

  it('closes its scopes where making fails', async () => {
    const { memory, scopes } = memoryOn();
    await expect(memory.guard(() => memory.create('weights', 'conv', 2000, 0))).rejects.toMatchObject({ code: 'device-limits' });
    expect(scopes()).toBe(0);
  });
});

it('writes bytes as people read them', () => {
  expect([mebibytes(1024), mebibytes(3 * 2 ** 20)]).toEqual(['0.001 MiB', '3.0 MiB']);
});
