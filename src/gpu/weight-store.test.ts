import { expect, it } from 'vitest';
import type { Dispatch } from '../kernels/lib/kernel.ts';
import type { DerivedWeights, PlannedWeights } from '../kernels/lib/step.ts';
import type { Engine } from './device.ts';
import { WeightStore } from './weight-store.ts';

const dispatch = { kernel: 'winograd-weights', precision: 'f32', bindings: ['read', 'write'], uniforms: {} } as unknown as Dispatch;
const derived: DerivedWeights[] = [{ key: 'winograd', layer: 'conv', byteLength: 64, from: 'conv', dispatch }];

const vectorOf = (key: string): PlannedWeights => ({ key, layer: key, byteLength: 16, recipe: { kind: 'raw', keys: [key], lengths: [4] } });

/** A device that can or cannot compile kernels. */
function engineThat(compiles: () => Promise<GPUComputePipeline>) {
  const alive = new Set<GPUBuffer>();
  const engine = {
    device: { limits: {} },
    pipelines: { get: compiles },
    memory: {
      guard: async (make: () => void) => make(),
      create: (_: string, label: string) => {
        const buffer = { label } as GPUBuffer;
        alive.add(buffer);
        return buffer;
      },
      destroy: (buffer: GPUBuffer) => alive.delete(buffer),
    },
  } as unknown as Engine;
  return { engine, alive };
}

it('tells every plan that shares derived weights when they cannot be made, and keeps nothing of them', async () => {
  const { engine, alive } = engineThat(() => Promise.reject(new Error('refused')));
  const store = new WeightStore(engine);
  await store.upload([], 'f32', async () => new Float32Array());
  const results = await Promise.allSettled([store.hold({ derived }), store.hold({ derived })]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(alive.size).toBe(0);
  expect(() => store.get('winograd')).toThrow('never uploaded');
});

it('frees derived weights with the last plan that holds them', async () => {
  // Compiled before the upload, so that a refusal is known in time. Run after it.
  const { engine, alive } = engineThat(async () => ({}) as GPUComputePipeline);
  const store = new WeightStore(engine);
  await Promise.all([store.hold({ derived }), store.hold({ derived })]);
  expect(alive.size).toBe(1);
  store.release({ derived });
  expect(alive.size).toBe(1);
  store.release({ derived });
  expect(alive.size).toBe(0);
});

it('writes to no buffer that was destroyed while a tensor was being packed', async () => {
  const { engine, alive } = engineThat(async () => ({}) as GPUComputePipeline);
  const written: GPUBuffer[] = [];
  Object.assign(engine.device, {
    limits: { maxStorageBufferBindingSize: 2 ** 20 },
    queue: { writeBuffer: (buffer: GPUBuffer) => written.push(buffer) },
  });
  Object.assign(engine.memory, { owns: (buffer: GPUBuffer) => alive.has(buffer) });
  const weights = [vectorOf('a'), vectorOf('b')];
  const store = new WeightStore(engine);
  await store.allocate(weights);
  let reads = 0;
  const read = async () => {
    if (++reads === 2) alive.clear();
    return new Float32Array(4);
  };
  await expect(store.upload(weights, 'f32', read)).rejects.toMatchObject({ code: 'disposed' });
  expect(written).toHaveLength(1);
});
