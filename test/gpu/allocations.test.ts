/**
 * Every allocation of a call on the GPU fails once, one after the other. That call must reject with an error of this library, the next
 * one must be right, and nothing may be left behind. A failed step that leaves something reusable would answer with another call's results.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel, type Model, ResnetError } from '../../src/index.ts';
import { count } from '../support/device-counts.ts';
import { everyCall, image, tensor, tinyOptions, tinySource } from '../support/every-call.ts';
import { type Failing, failing } from '../support/failing-device.ts';
import { isFull } from '../support/long-run.ts';
import { nodeGpu } from '../support/node-gpu.ts';

let device: GPUDevice;
let counted: ReturnType<typeof count>;
let failures: Failing;
let createBuffer: GPUDevice['createBuffer'];
beforeAll(async () => {
  const adapter = await (await nodeGpu()).requestAdapter();
  if (!adapter) throw new Error('no adapter');
  device = await adapter.requestDevice({ requiredFeatures: adapter.features.has('timestamp-query') ? ['timestamp-query'] : [] });
  createBuffer = device.createBuffer.bind(device);
  counted = count(device);
  failures = failing(device);
});
afterAll(() => device.destroy());

const load = (precision: 'f32' | 'f16') => loadModel(tinySource, { ...tinyOptions, device, precision });
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

/** Calls with many allocations are only tried with some of them, except in `npm run test:full`. */
function stepOf(name: string): number {
  return !isFull && /many|selfTest|profile|tune|embed|slices/.test(name) ? 9 : 1;
}

describe.each(Object.entries(everyCall((descriptor) => createBuffer(descriptor))))('%s', (name, call) => {
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
        // Tuning continues without a kernel that is not available.
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
