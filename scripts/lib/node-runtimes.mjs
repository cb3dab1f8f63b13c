// The benchmark's runtimes in Node, with Dawn (npm `webgpu`), to see what a browser would hide. Each assumes that it is in a worker.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import vm from 'node:vm';
import { root } from './setup.mjs';

/** @typedef {{ data: Float32Array<ArrayBuffer>, shape: number[] }} Input NCHW */
/** @typedef {{ version: string, load(folder: string, input: Input): Promise<void>, infer(): Promise<Float32Array> }} NodeRuntime */

const require = createRequire(import.meta.url);
const { process } = globalThis;

/** @param {readonly string[]} flags of Dawn */
export function openGpu(flags) {
  const { create, globals } = require('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create([...flags]);
  // Dawn crashes if this is collected while one of its devices is alive.
  Object.assign(globalThis, { keptGpu: gpu });
  Object.defineProperty(globalThis, 'navigator', {
    value: { gpu, hardwareConcurrency: 4, userAgent: 'node', language: 'en' },
    configurable: true,
  });
  return gpu;
}

const read = (/** @type {unknown} */ url) => readFileSync(String(url).startsWith('file:') ? fileURLToPath(String(url)) : String(url));

/** Like a worker that may read files. */
function poseAsWorker() {
  Object.assign(globalThis, {
    self: globalThis,
    WorkerGlobalScope: class {},
    location: { href: pathToFileURL(join(dirname(fileURLToPath(import.meta.url)), 'x.js')).href, origin: 'file://' },
    fetch: async (/** @type {unknown} */ url) => {
      const type = String(url).endsWith('.wasm') ? 'application/wasm' : 'application/octet-stream';
      return new Response(new Uint8Array(read(url)), { headers: { 'content-type': type } });
    },
    importScripts: (/** @type {unknown} */ url) => vm.runInThisContext(read(url).toString(), { filename: String(url) }),
    XMLHttpRequest: class {
      response = new ArrayBuffer(0);
      status = 0;
      url = '';
      /** @type {(() => void) | undefined} */
      onload;
      open(/** @type {string} */ _, /** @type {string} */ url) {
        this.url = url;
      }
      send() {
        const bytes = read(this.url);
        this.response = new Uint8Array(bytes).buffer;
        this.status = 200;
        this.onload?.();
      }
    },
  });
  // Dawn in Node crashes on views of shared memory, which wasm with threads uses.
  const { writeBuffer } = GPUQueue.prototype;
  Reflect.set(
    GPUQueue.prototype,
    'writeBuffer',
    /** @this {GPUQueue} */ function (
      /** @type {GPUBuffer} */ buffer,
      /** @type {number} */ offset,
      /** @type {Uint8Array} */ data,
      ...part
    ) {
      const own = data.buffer instanceof SharedArrayBuffer ? data.slice() : data;
      return Reflect.apply(writeBuffer, this, [buffer, offset, own, ...part]);
    },
  );
  // Without an active handle, an idle Node waits until V8 has optimised all of a wasm module: 30 s.
  setInterval(() => undefined, 20);
}

/**
 * Emscripten's programs and Dawn's bindings disagree about what Node is.
 * @template T @param {() => Promise<T>} work
 */
async function asBrowser(work) {
  Reflect.deleteProperty(globalThis, 'process');
  try {
    return await work();
  } finally {
    globalThis.process = process;
  }
}

/** @param {string} name of a package @param {string} path relative to its folder */
const fileOf = (name, path) => join(root, 'node_modules', name, path);

const versionOf = (/** @type {string} */ folder) => String(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version);

async function openOrt() {
  const ort = await asBrowser(() => import(pathToFileURL(fileOf('onnxruntime-web', 'dist/ort.webgpu.bundle.min.mjs')).href));
  ort.env.wasm.wasmPaths = { wasm: pathToFileURL(fileOf('onnxruntime-web', 'dist/ort-wasm-simd-threaded.asyncify.wasm')).href };
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  return ort;
}

/** @param {Input} input @returns {Input} */
function toNhwc({ data, shape: [n = 1, c = 1, h = 1, w = 1] }) {
  const lies = new Float32Array(data.length);
  for (let i = 0; i < n; i++)
    for (let p = 0; p < h * w; p++) for (let k = 0; k < c; k++) lies[(i * h * w + p) * c + k] = data[(i * c + k) * h * w + p] ?? 0;
  return { data: lies, shape: [n, h, w, c] };
}

/** @param {'f32' | 'f16'} precision @returns {Promise<NodeRuntime>} */
async function ours(precision) {
  /** @type {import('../../src/api/types.ts').Model | undefined} */
  let model;
  /** @type {Input} */
  let tensor = { data: new Float32Array(), shape: [] };
  return {
    version: versionOf(root),
    async load(folder, input) {
      tensor = input;
      const { arch, library } = JSON.parse(readFileSync(join(folder, 'network.json'), 'utf8'));
      const { loadModel } = await import(pathToFileURL(library).href);
      const device = await openDevice(library);
      const [batch, , height, width] = input.shape;
      model = await loadModel({ arch, weights: { random: 1 } }, { device, precision, batch, inputSize: [height, width] });
      nameDispatches();
    },
    async infer() {
      const { logits } = (await model?.run(tensor, { logits: true, features: false })) ?? {};
      return logits?.data ?? new Float32Array();
    },
  };
}

/** @param {string} library */
async function openDevice(library) {
  const { deviceDescriptor } = await import(pathToFileURL(library).href);
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error('There is no adapter.');
  return adapter.requestDevice(deviceDescriptor(adapter));
}

/** For tools/gpu-stats: dispatches are labelled with their layers. Bind groups have those labels. */
function nameDispatches() {
  const gpuModel = Reflect.get(globalThis, 'gpuModel');
  const { setBindGroup } = GPUComputePassEncoder.prototype;
  if (!gpuModel) return;
  Reflect.set(
    GPUComputePassEncoder.prototype,
    'setBindGroup',
    /** @this {GPUComputePassEncoder} */ function (/** @type {number} */ index, /** @type {GPUBindGroup} */ group) {
      if (index === 0) gpuModel.label = group.label;
      return Reflect.apply(setBindGroup, this, [index, group]);
    },
  );
}

/** @param {boolean} isCaptured @returns {Promise<NodeRuntime>} */
async function onnxruntime(isCaptured) {
  const ort = await openOrt();
  /** @type {any} */
  let session;
  /** @type {Input} */
  let { data, shape } = { data: new Float32Array(), shape: [0] };
  /** @type {() => any} */
  let feed = () => new ort.Tensor('float32', data, shape);
  return {
    version: String(ort.env.versions.web),
    async load(folder, input) {
      ({ data, shape } = input);
      const captured = isCaptured ? { enableGraphCapture: true, preferredOutputLocation: 'gpu-buffer' } : {};
      const options = { executionProviders: ['webgpu'], freeDimensionOverrides: { batch: shape[0] }, ...captured };
      session = await asBrowser(() => ort.InferenceSession.create(new Uint8Array(readFileSync(join(folder, 'model.onnx'))), options));
      if (!isCaptured) return;
      const device = /** @type {GPUDevice} */ (await ort.env.webgpu.device);
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
      const buffer = device.createBuffer({ size: Math.ceil(data.byteLength / 16) * 16, usage });
      const tensor = ort.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims: shape });
      feed = () => {
        device.queue.writeBuffer(buffer, 0, data);
        return tensor;
      };
    },
    async infer() {
      const { logits } = await session.run({ input: feed() });
      return logits.getData(!isCaptured);
    },
  };
}

/** @param {'fp32' | 'fp16'} precision @returns {Promise<NodeRuntime>} */
async function litert(precision) {
  const { loadLiteRt, loadAndCompile, Tensor } = await import('@litertjs/core');
  const wasm = fileOf('@litertjs/core', 'wasm');
  // Its script looks for the binary relative to the page's address.
  Reflect.set(globalThis, 'location', { href: pathToFileURL(join(wasm, 'x.js')).href, origin: 'file://' });
  await asBrowser(() => loadLiteRt(`${wasm}/`));
  /** @type {import('@litertjs/core').CompiledModel | undefined} */
  let model;
  /** @type {Input} */
  let input = { data: new Float32Array(), shape: [] };
  return {
    version: versionOf(fileOf('@litertjs/core', '')),
    async load(folder, given) {
      input = toNhwc(given);
      const bytes = new Uint8Array(readFileSync(join(folder, 'model.tflite')));
      model = await loadAndCompile(bytes, { accelerator: 'webgpu', gpuOptions: { precision } });
      if (!model.isFullyAccelerated) throw new Error('LiteRT.js delegates only a part of this network to WebGPU.');
    },
    async infer() {
      const tensor = new Tensor(input.data, input.shape);
      const { logits } = (await model?.run({ input: tensor })) ?? {};
      const onCpu = await logits?.moveTo('wasm');
      const result = Float32Array.from(/** @type {Float32Array} */ (onCpu?.toTypedArray()) ?? []);
      tensor.delete();
      onCpu?.delete();
      return result;
    },
  };
}

/** @returns {Promise<NodeRuntime>} */
async function tfjs() {
  const core = await import('@tensorflow/tfjs-core');
  await import('@tensorflow/tfjs-backend-webgpu');
  const { loadGraphModel } = await import('@tensorflow/tfjs-converter');
  core.env().set('IS_TEST', true);
  if (!(await core.setBackend('webgpu'))) throw new Error('TF.js cannot use WebGPU here.');
  await core.ready();
  /** @type {Awaited<ReturnType<typeof loadGraphModel>> | undefined} */
  let model;
  /** @type {Input} */
  let input = { data: new Float32Array(), shape: [] };
  return {
    version: core.version_core,
    async load(folder, given) {
      input = toNhwc(given);
      const artifacts = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
      artifacts.weightData = new Uint8Array(readFileSync(join(folder, 'model.bin'))).buffer;
      model = await loadGraphModel({ load: async () => artifacts });
    },
    async infer() {
      const tensor = core.tensor(input.data, input.shape);
      const logits = /** @type {import('@tensorflow/tfjs-core').Tensor} */ (model?.predict(tensor));
      const result = await logits.data();
      tensor.dispose();
      logits.dispose();
      return /** @type {Float32Array} */ (result);
    },
  };
}

/** By the names in demo/bench/runtimes.ts. @type {Record<string, () => Promise<NodeRuntime>>} */
export const NODE_RUNTIMES = {
  ours: () => ours('f32'),
  'ours-f16': () => ours('f16'),
  'litert-webgpu': () => litert('fp32'),
  'litert-webgpu-f16': () => litert('fp16'),
  'ort-webgpu': () => onnxruntime(false),
  'ort-webgpu-graph': () => onnxruntime(true),
  'tfjs-webgpu': tfjs,
};

/** @param {string} id @param {readonly string[]} flags of Dawn @returns {Promise<NodeRuntime>} */
export async function openNodeRuntime(id, flags) {
  const make = NODE_RUNTIMES[id];
  if (!make) throw new Error(`No runtime is called ${id}: ${Object.keys(NODE_RUNTIMES).join(', ')}.`);
  openGpu(flags);
  poseAsWorker();
  return make();
}
