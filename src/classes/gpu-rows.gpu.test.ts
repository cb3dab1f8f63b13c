import { expect, it } from 'vitest';
import { openNodeDevice, validated } from '../../test/support/node-gpu.ts';
import { BLOCK, GpuRows } from './gpu-rows.ts';

const PAIRS = 5;
const BLOCK_BYTES = PAIRS * BLOCK * 4;

/** The device with smaller limits. What it creates is unchanged. */
function limited(device: GPUDevice, bytes: number): GPUDevice {
  const limits = { maxStorageBufferBindingSize: bytes, maxBufferSize: bytes };
  return new Proxy(device, {
    get(target, name) {
      if (name === 'limits') return limits;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** f16 values that are small integers, by pair and row as the shader reads them, and the row as numbers. */
function block(number: number) {
  const value = (row: number, i: number) => ((number * 7 + row * 3 + i * 5) % 11) - 5;
  const half = (x: number) =>
    x === 0 ? 0 : (x < 0 ? 0x8000 : 0) | ((Math.floor(Math.log2(Math.abs(x))) + 15) << 10) | fraction(Math.abs(x));
  const fraction = (x: number) => (x / 2 ** Math.floor(Math.log2(x)) - 1) * 1024;
  const words = new Uint32Array(PAIRS * BLOCK);
  for (let pair = 0; pair < PAIRS; pair++)
    for (let row = 0; row < BLOCK; row++) words[pair * BLOCK + row] = half(value(row, 2 * pair)) | (half(value(row, 2 * pair + 1)) << 16);
  const query = Float32Array.from({ length: 2 * PAIRS }, (_, i) => i - 3);
  const dot = (row: number) => query.reduce((sum, x, i) => sum + x * value(row, i), 0);
  return { words, query, dots: Array.from({ length: BLOCK }, (_, row) => dot(row)) };
}

it('rows of many blocks are spread over as many buffers as the limits want, also when they are written out of order and again', async () => {
  const device = await openNodeDevice();
  const blocks = Array.from({ length: 11 }, (_, number) => block(number));
  await validated(device, async () => {
    const rows = new GpuRows(limited(device, 3 * BLOCK_BYTES + 100), PAIRS);
    rows.write(4, block(99).words);
    for (const [number, { words }] of blocks.entries()) rows.write(number, words);
    for (const count of [11 * BLOCK - 5, 6 * BLOCK, 1]) {
      const similarities = await rows.similarities(blocks[0]?.query ?? new Float32Array(), count);
      expect([...similarities]).toEqual(blocks.flatMap(({ dots }) => dots).slice(0, count));
    }
    rows.dispose();
  });
  expect(() => new GpuRows(limited(device, BLOCK_BYTES - 1), PAIRS)).toThrowError(/64 rows of 10 f16 values do not fit/);
  device.destroy();
});

it('a device that is lost during a search says so', async () => {
  const device = await openNodeDevice();
  const rows = new GpuRows(device, PAIRS);
  const { words, query } = block(0);
  rows.write(0, words);
  const searching = rows.similarities(query, 64);
  device.destroy();
  await expect(searching).rejects.toMatchObject({ code: 'device-lost' });
});
