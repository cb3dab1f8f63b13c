/**
 * What the browser must compile for a first result: pipelines and shader text of the built library. It decides how long a visitor waits, but
 * unlike that time it is the same on every machine. Runs on Dawn's null backend, where nothing executes.
 */

import { expect, test } from 'vitest';
import { create, globals } from 'webgpu';
import { CallMeter, countCalls, type GpuClasses } from '../../demo/bench/calls.ts';
import type { loadModel } from '../../src/index.ts';

/**
 * Adapters' descriptions, and the limits for a ResNet-50 on them, a tenth above the current values. GPUs also get Winograd's transforms and
 * split sums: 23 pipelines of 96 KiB on NVIDIA, 20 of 73 on AMD, 20 of 80 on Intel, 13 of 42 on Apple, 16 of 55 on phones, and 21 of 85 if a
 * browser tells nothing.
 */
const GATES: readonly (readonly [name: string, info: Partial<GPUAdapterInfo>, pipelines: number, bytes: number])[] = [
  ['a software adapter', { vendor: 'google', architecture: 'swiftshader' }, 10, 30 * 1024],
  ['NVIDIA', { vendor: 'nvidia', architecture: 'lovelace' }, 25, 108 * 1024],
  ['AMD', { vendor: 'amd', architecture: 'rdna-2' }, 22, 82 * 1024],
  ['Intel', { vendor: 'intel', architecture: 'gen-12lp' }, 22, 90 * 1024],
  ['Apple', { vendor: 'apple', architecture: 'metal-3' }, 15, 48 * 1024],
  ['a phone', { vendor: 'qualcomm', architecture: 'adreno-7xx' }, 18, 62 * 1024],
  ['a browser that tells nothing', {}, 23, 96 * 1024],
];

const meter = new CallMeter();
Object.assign(globalThis, globals);
countCalls(globalThis as GpuClasses, meter);
// Kept, because Dawn crashes if it is collected while one of its devices is alive.
const gpu = create(['backend=null']);

test.each(GATES)('a ResNet-50 on %s', async (name, info, pipelines, bytes) => {
  const library = (await import(`${process.cwd()}/dist/index.js`)) as { loadModel: typeof loadModel };
  const adapter = await gpu.requestAdapter();
  const device = await adapter?.requestDevice();
  if (!device) throw new Error('Dawn has no null backend.');
  Object.defineProperty(device, 'adapterInfo', { value: { vendor: '', architecture: '', device: '', description: '', ...info } });
  const before = meter.calls;
  const model = await library.loadModel({ arch: 'resnet50', weights: { random: 1 } }, { device });
  await model.run({ data: new Float32Array(3 * 224 * 224), shape: [1, 3, 224, 224] });
  const made = { pipelines: meter.calls.pipelines - before.pipelines, bytes: meter.calls.shaderBytes - before.shaderBytes };
  console.log(`${name}: ${made.pipelines} pipelines, ${(made.bytes / 1024).toFixed(1)} KiB of shaders`);
  model.dispose();
  device.destroy();
  expect(made.pipelines).toBeGreaterThan(3);
  expect(made.bytes).toBeGreaterThan(10_000);
  expect(made.pipelines).toBeLessThanOrEqual(pipelines);
  expect(made.bytes).toBeLessThanOrEqual(bytes);
});
