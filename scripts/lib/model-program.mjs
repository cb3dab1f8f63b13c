// The program that tools/gpu-stats/gpu-model runs: node model-program.mjs <dist/index.js> <arch> [batch] [precision]. It runs two inferences
// of a network with random weights. Dispatches are labelled with their layers.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [, , library = '', arch = 'resnet18', batch = '1', precision = 'f32'] = process.argv;
const { create, globals } = createRequire(import.meta.url)('webgpu');
Object.assign(globalThis, globals);
const { loadModel, deviceDescriptor } = await import(pathToFileURL(library).href);
// Dawn crashes if this is collected while one of its devices is alive.
const gpu = create([]);
Reflect.set(globalThis, 'keptGpu', gpu);
const adapter = await gpu.requestAdapter();
const device = await adapter.requestDevice(deviceDescriptor(adapter));
/** @type {{ mark(name: string): void, label: string } | undefined} */
const gpuModel = Reflect.get(globalThis, 'gpuModel');
const { setBindGroup } = GPUComputePassEncoder.prototype;
Reflect.set(
  GPUComputePassEncoder.prototype,
  'setBindGroup',
  /** @this {GPUComputePassEncoder} */ function (/** @type {number} */ index, /** @type {GPUBindGroup} */ group) {
    if (index === 0 && gpuModel) gpuModel.label = group.label;
    return Reflect.apply(setBindGroup, this, [index, group]);
  },
);
const shape = [Number(batch), 3, 224, 224];
const model = await loadModel(
  { arch, weights: { random: 1 } },
  { device, batch: Number(batch), precision: /** @type {'f32' | 'f16'} */ (precision) },
);
for (let i = 0; i < 2; i++) {
  gpuModel?.mark(`run ${i}`);
  await model.run({ data: new Float32Array(shape.reduce((a, b) => a * b)), shape });
}
process.exit(0);
