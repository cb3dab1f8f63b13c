/**
 * Everything that a call makes on the GPU fails once, one after the other: that call is an error of ours, the next one right,
 * and nothing is left behind. A failed step that leaves something to be used again answers with the results of another call.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel, type Model, ResnetError, type Tensor } from '../../src/index.ts';
import { count } from '../support/device-counts.ts';
import { type Failing, failing } from '../support/failing-device.ts';
import { nodeGpu } from '../support/node-gpu.ts';

const source = {
  arch: {
    type: 'ImageClassifier',
    backbone: {
      type: 'ResNet_CIFAR',
      depth: 18,
      base_channels: 16,
      stem_channels: 16,
      num_stages: 1,
      strides: [1],
      dilations: [1],
      out_indices: [0],
    },
    neck: { type: 'GlobalAveragePooling' },
    head: { type: 'LinearClsHead', num_classes: 100, in_channels: 16 },
  },
  weights: { random: 3 },
  preprocess: { resize: { size: 16, edge: 'short', filter: 'bilinear', kernel: 'pillow' }, crop: 16 },
} as const;
/** A convolution whose weights are derived on the GPU, as real ones have it. */
const tuning = { variants: { '3x3/1x1 16>16 16x16': 'winograd2 direct-8x8-4-64' } };

const image = (width: number, height: number, seed: number) => ({
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * seed + (i >> 5) * 11) & 255),
  width,
  height,
});
const tensor = (height: number, width: number, seed: number): Tensor => ({
  data: Float32Array.from({ length: 3 * height * width }, (_, i) => Math.sin(i * seed)),
  shape: [1, 3, height, width],
});
const photos = [37, 91, 5, 13, 77, 201].map((seed, i) => image(20 + i, 18, seed));

let device: GPUDevice;
let counted: ReturnType<typeof count>;
let failures: Failing;
let makeInput: () => GPUBuffer;
beforeAll(async () => {
  const adapter = await (await nodeGpu()).requestAdapter();
  if (!adapter) throw new Error('no adapter');
  device = await adapter.requestDevice({ requiredFeatures: adapter.features.has('timestamp-query') ? ['timestamp-query'] : [] });
  const createBuffer = device.createBuffer.bind(device);
  makeInput = () => {
    const { data } = tensor(16, 16, 2);
    const buffer = createBuffer({ size: data.byteLength, usage: 4 | 8 });
    device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
    return buffer;
  };
  counted = count(device);
  failures = failing(device);
});
afterAll(() => device.destroy());

async function logits(running: Promise<{ logits?: Tensor }>): Promise<number[]> {
  return [...((await running).logits?.data ?? [])];
}

/** Every kind of call. Another picture goes before it: where that shows through, something was used again. */
const calls: Record<string, (model: Model) => Promise<number[]>> = {
  run: (model) => logits(model.run(tensor(16, 16, 1))),
  'run in slices, another size': (model) => logits(model.run(tensor(12, 20, 1), { background: true })),
  'runs at once': async (model) => (await Promise.all([1, 2].map((seed) => logits(model.run(tensor(16, 16, seed)))))).flat(),
  'run on a GpuTensor': async (model) => {
    // A buffer that the model has not seen before is tried out first.
    const buffer = makeInput();
    try {
      return await logits(model.run({ buffer, offset: 0, shape: [1, 3, 16, 16], layout: 'nchw' }));
    } finally {
      buffer.destroy();
    }
  },
  classify: async (model) => (await model.classify(image(25, 19, 5))).map(({ probability }) => probability),
  'classify many sizes': async (model) => (await model.classify(photos)).flat().map(({ probability }) => probability),
  preprocess: async (model) => [...(await model.preprocess(image(31, 17, 7))).data],
  embed: async (model) => [...(await model.embed(image(25, 19, 5)))],
  explain: async (model) => [...(await model.explain(image(25, 19, 5))).data],
  selfTest: async (model) => [Number((await model.selfTest()).pass)],
  profile: async (model) => [(await model.profile()).layers.length],
  tune: async (model) => [((await model.tune()).measured ?? []).length],
};

/** Loading itself, first of all. */
const load = (precision: 'f32' | 'f16' = 'f32') => loadModel(source, { device, inputSize: [16, 16], tuning, precision });
const before = async (model: Model) => {
  await model.run(tensor(16, 16, 9));
  await model.classify(image(22, 22, 3));
};

async function outcome<T>(running: Promise<T>): Promise<T | ResnetError> {
  return running.catch((error: unknown) => {
    if (error instanceof ResnetError) return error;
    throw error;
  });
}

/** Calls that make much are tried with a part of it, except in `npm run test:full`. */
function stepOf(name: string): number {
  return process.env.FULL === undefined && /many|selfTest|profile|tune/.test(name) ? 9 : 1;
}

describe.each(Object.entries(calls))('%s', (name, call) => {
  it.each(name === 'run' || name === 'classify' ? (['f32', 'f16'] as const) : (['f32'] as const))(
    'in %s',
    async (precision) => {
      const fresh = await load(precision);
      const expected = await call(fresh);
      fresh.dispose();
      for (let at = 1; ; at += stepOf(name)) {
        const model = await load(precision);
        await before(model);
        Object.assign(failures, { count: 0, failAt: at, failed: undefined });
        const first = await outcome(call(model));
        const { failed } = failures;
        failures.failAt = 0;
        const again = await outcome(call(model));
        model.dispose();
        await new Promise((resolve) => setTimeout(resolve));
        const what = `${failed} fails`;
        // Tuning goes on without a kernel that cannot be had.
        if (failed === undefined || (name === 'tune' && !(first instanceof ResnetError))) expect(first, what).toEqual(expected);
        else expect((first as ResnetError).code, what).toMatch(/^(out-of-memory|shader)$/);
        expect(again, `after ${what}`).toEqual(expected);
        expect(failures.uncaptured.splice(0), what).toEqual([]);
        expect(counted.bytes(), `bytes after ${what}`).toBe(0);
        expect(failures.live.size, `textures and query sets after ${what}`).toBe(0);
        if (failed === undefined) break;
      }
    },
    120_000,
  );
});
