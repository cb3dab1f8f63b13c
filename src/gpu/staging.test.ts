import { describe, expect, it } from 'vitest';
import type { Engine } from './device.ts';
import { Readback, Staging } from './staging.ts';

const fail = (word: number) => {
  throw new Error(`out of range: ${word}`);
};

/** Buffers of bytes. The encoder copies when told to, not when it is submitted. */
function device() {
  const contents = new Map<object, Uint8Array>();
  const buffer = (size: number, bytes: readonly number[] = []): GPUBuffer => {
    const own = new Uint8Array(size);
    own.set(bytes);
    let mapped = false;
    const made = {
      size,
      mapAsync: async () => {
        mapped = true;
      },
      getMappedRange: (offset: number, length: number) => {
        if (!mapped) throw new Error('not mapped');
        return own.slice(offset, offset + length).buffer;
      },
      unmap: () => {
        mapped = false;
      },
    } as unknown as GPUBuffer;
    contents.set(made, own);
    return made;
  };
  const alive = new Set<GPUBuffer>();
  const memory = {
    create: (_: string, __: string, size: number) => {
      const made = buffer(size);
      alive.add(made);
      return made;
    },
    destroy: (gone: GPUBuffer) => alive.delete(gone),
  };
  const encoder = {
    copyBufferToBuffer(from: GPUBuffer, start: number, to: GPUBuffer, at: number, length: number) {
      contents.get(to)?.set((contents.get(from) as Uint8Array).subarray(start, start + length), at);
    },
    clearBuffer: (cleared: GPUBuffer) => contents.get(cleared)?.fill(0),
  } as unknown as GPUCommandEncoder;
  const engine = { device: {}, memory } as unknown as Pick<Engine, 'device' | 'memory'>;
  return { engine, alive, buffer, encoder, contents };
}

describe('a reading', () => {
  const decode = (bytes: ArrayBuffer) => [...new Uint8Array(bytes)].slice(0, 2);

  it('gives the bytes of its own buffer, and its staging buffer back', async () => {
    const { engine, alive, buffer, encoder } = device();
    const staging = new Staging(engine, 4, undefined);
    for (const bytes of [
      [1, 2],
      [3, 4],
    ]) {
      const readback = new Readback(staging, { buffer: buffer(4, bytes), byteLength: 4, decode });
      readback.record(encoder);
      readback.map();
      expect(await readback.read(fail)).toEqual(bytes);
    }
    expect(alive.size).toBe(1);
    staging.dispose();
    expect(alive.size).toBe(0);
  });

  it('has a staging buffer of its own while another is under way', async () => {
    const { engine, alive, buffer, encoder } = device();
    const staging = new Staging(engine, 4, undefined);
    const both = [
      [1, 2],
      [3, 4],
    ].map((bytes) => new Readback(staging, { buffer: buffer(4, bytes), byteLength: 4, decode }));
    for (const readback of both) readback.record(encoder);
    for (const readback of both) readback.map();
    expect(await Promise.all(both.map((readback) => readback.read(fail)))).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(alive.size).toBe(2);
  });

  it('reads the overflow word along, reports it once, and gives its buffer back', async () => {
    const { engine, alive, buffer, encoder, contents } = device();
    const overflow = buffer(4, [7, 0, 0, 0]);
    const staging = new Staging(engine, 4, overflow);
    const read = () => {
      const readback = new Readback(staging, { buffer: buffer(4, [1, 2]), byteLength: 4, decode });
      readback.record(encoder);
      readback.map();
      return readback.read(fail);
    };
    await expect(read()).rejects.toThrow('out of range: 7');
    expect([...(contents.get(overflow) ?? [])]).toEqual([0, 0, 0, 0]);
    expect(await read()).toEqual([1, 2]);
    expect(alive.size).toBe(1);
  });

  it('gives its buffer back where decoding fails, and destroys it after a failure of the run', async () => {
    const { engine, alive, buffer, encoder } = device();
    const staging = new Staging(engine, 4, undefined);
    const broken = new Readback(staging, { buffer: buffer(4), byteLength: 4, decode: () => fail(1) });
    broken.record(encoder);
    broken.map();
    await expect(broken.read(fail)).rejects.toThrow();
    const dropped = new Readback(staging, { buffer: buffer(4), byteLength: 4, decode });
    dropped.record(encoder);
    expect(alive.size).toBe(1);
    dropped.drop();
    expect(alive.size).toBe(0);
  });
});
