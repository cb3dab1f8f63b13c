/** Calls with arguments that no type checker would accept must give an error of this library, and the model must still work. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadModel, type Model, ResnetError } from '../../src/index.ts';
import { count } from '../support/device-counts.ts';
import { image, tensor, tinyOptions, tinySource } from '../support/every-call.ts';
import { openNodeDevice } from '../support/node-gpu.ts';

let device: GPUDevice;
let model: Model;
beforeAll(async () => {
  device = await openNodeDevice();
  model = await loadModel(tinySource, { ...tinyOptions, device });
});
afterAll(() => {
  model.dispose();
  device.destroy();
});

const numbers = new Float32Array(3 * 16 * 16);
const TENSORS: Record<string, unknown> = {
  'a number': 7,
  null: null,
  'no fields': {},
  'shape 7': { shape: 7 },
  'data and shape 7': { data: numbers, shape: 7 },
  'data 3': { data: 3, shape: [1, 3, 16, 16] },
  'text as data': { data: 'abc', shape: [1, 3, 16, 16] },
  'numbers of 64 bits': { data: new Float64Array(768), shape: [1, 3, 16, 16] },
  'text in its shape': { data: numbers, shape: ['1', 3, 16, 16] },
  'half a pixel': { data: numbers, shape: [1, 3, 16, 16.5] },
  'a million pixels in a row': { data: new Float32Array(3e6), shape: [1, 3, 1, 1e6] },
  'a batch of 1e9': { data: numbers, shape: [1e9, 3, 16, 16] },
};
const IMAGES: Record<string, unknown> = {
  'a number': 7,
  null: null,
  'no fields': {},
  'no bytes': { data: 3, width: 4, height: 4 },
  'too few bytes': { ...image(8, 8, 1), width: 9 },
  'negative sizes': { ...image(8, 8, 1), width: -8, height: -8 },
  'a list with null': [image(8, 8, 1), null],
};

async function codeOf(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
    return 'none';
  } catch (error) {
    return error instanceof ResnetError ? error.code : `not ours: ${error}`;
  }
}

describe.each(['run', 'profile'] as const)('%s', (name) => {
  // Without a tensor, profile makes one.
  const given = Object.entries(TENSORS).filter(([, value]) => name === 'run' || value !== null);
  test.each(given)('%s', async (_, input) => {
    expect(await codeOf(() => model[name](input as never))).toMatch(/^(shape|usage)$/);
  });
});

describe.each(['classify', 'embed', 'explain', 'preprocess'] as const)('%s', (name) => {
  test.each(Object.entries(IMAGES))('%s', async (_, input) => {
    expect(await codeOf(() => model[name](input as never))).toMatch(/^(image|usage)$/);
  });
});

test('a checkpoint that does not fit costs no memory of the GPU', async () => {
  const counted = count(device);
  const weights = { 'backbone.conv1.weight': { data: new Float32Array(1), shape: [1] } };
  expect(await codeOf(() => loadModel({ arch: { type: 'Res2Net', depth: 50, scales: 16 }, weights }, { device }))).toBe('checkpoint-keys');
  expect(counted.made.buffers).toBe(0);
});

test('the model goes on', async () => {
  expect((await model.run(tensor(16, 16, 1))).logits?.data).toHaveLength(100);
});
