// Mixed calls for as long as you like, with models that come and go and a device that is sometimes lost. Every result is compared with the
// first one of its kind. At the end nothing may be left. Needs `npm run build`.
//   node --expose-gc scripts/soak.mjs [--calls 10000] [--loss-every 100] [--model-every 20] [--seed 1]
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findIcd } from './lib/browsers.mjs';
import { root } from './lib/setup.mjs';

const { values: options } = parseArgs({
  options: {
    calls: { type: 'string', default: '10000' },
    'loss-every': { type: 'string', default: '100' },
    'model-every': { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
  },
});
const calls = Number(options.calls);
const lossEvery = Number(options['loss-every']);
const modelEvery = Number(options['model-every']);

process.env.VK_ICD_FILENAMES ??= findIcd('swiftshader') ?? findIcd('lavapipe');
const { create, globals } = await import('webgpu');
Object.assign(globalThis, globals);
/** Kept, because Dawn crashes if it is collected while one of its devices is alive. */
const gpu = create([]);
const { loadModel, ResnetError } = await import(join(root, 'dist/index.js'));

/** Active devices, with what was created on them and not destroyed. */
/** @type {Map<GPUDevice, Map<object, number>>} */
const devices = new Map();

/** @param {GPUDevice} device */
function watch(device) {
  /** @type {Map<object, number>} */
  const live = new Map();
  devices.set(device, live);
  device.lost.then(() => devices.delete(device));
  for (const name of /** @type {const} */ (['createBuffer', 'createTexture', 'createQuerySet'])) {
    const make = /** @type {(descriptor: any) => object} */ (device[name].bind(device));
    Object.defineProperty(device, name, {
      value: (/** @type {any} */ descriptor) => {
        const made = /** @type {any} */ (make(descriptor));
        live.set(made, descriptor.size?.width ? descriptor.size.width * descriptor.size.height * 4 : (descriptor.size ?? 0));
        const destroy = made.destroy.bind(made);
        made.destroy = () => {
          live.delete(made);
          destroy();
        };
        return made;
      },
    });
  }
  return device;
}

async function openDevice() {
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error('no adapter');
  return watch(await adapter.requestDevice());
}

// The library opens devices itself when it must replace them.
const requestAdapter = async () => {
  const adapter = await gpu.requestAdapter();
  const request = adapter?.requestDevice.bind(adapter);
  if (adapter && request) adapter.requestDevice = async (descriptor) => watch(await request(descriptor));
  return adapter;
};
Object.defineProperty(globalThis, 'navigator', { value: { gpu: { requestAdapter }, userAgent: 'soak' }, configurable: true });

const source = {
  arch: {
    type: 'ImageClassifier',
    backbone: {
      type: 'ResNet_CIFAR',
      depth: 18,
      base_channels: 8,
      stem_channels: 8,
      num_stages: 1,
      strides: [1],
      dilations: [1],
      out_indices: [0],
    },
    neck: { type: 'GlobalAveragePooling' },
    head: { type: 'LinearClsHead', num_classes: 100, in_channels: 8 },
  },
  weights: { random: 3 },
  preprocess: { resize: { size: 16, edge: 'short', filter: 'bilinear', kernel: 'pillow' }, crop: 16 },
};
const image = (/** @type {number} */ k) => {
  const [width, height] = [18 + k * 3, 30 - k];
  return { data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * (k + 3) + (i >> 5) * 11) & 255), width, height };
};
const tensor = (/** @type {number} */ k) => {
  const shape = [1 + (k % 2), 3, 16 - (k >> 1), 16 + (k >> 1)];
  return { data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i * (k + 1))), shape };
};
const KINDS = 6;
const round = (/** @type {Iterable<number>} */ values) => Array.from(values, (x) => Math.round(x * 1e4)).join();
const probabilities = (/** @type {{ index: number, probability: number }[]} */ row) => row.map((p) => p.index + p.probability);

/** Every kind of call, weighted by its frequency. */
/** @type {[number, string, (model: any, k: number) => Promise<string>][]} */
const mix = [
  [30, 'run', async (model, k) => round((await model.run(tensor(k))).logits.data)],
  [10, 'background', async (model, k) => round((await model.run(tensor(k), { background: true })).logits.data)],
  [5, 'gpu', async (model, k) => String((await model.run(tensor(k), { output: 'gpu' })).logits.shape)],
  [25, 'classify', async (model, k) => round(probabilities(await model.classify(image(k))))],
  [5, 'batch', async (model, k) => round((await model.classify([k, 0, 1, 2, 3, 4].map(image))).flatMap(probabilities))],
  [8, 'preprocess', async (model, k) => round((await model.preprocess(image(k))).data)],
  [6, 'embed', async (model, k) => round(await model.embed(image(k)))],
  [6, 'explain', async (model, k) => round((await model.explain(image(k))).data)],
  [2, 'selfTest', async (model) => String((await model.selfTest()).pass)],
  [1, 'profile', async (model) => String((await model.profile()).layers.length)],
  [
    2,
    'stream',
    async (model, k) => {
      let left = 3;
      /** @type {number[]} */
      const seen = [];
      await model.stream(
        () => (left-- > 0 ? image(k) : undefined),
        (/** @type {any[]} */ row) => void seen.push(...probabilities(row)),
      );
      return round(seen);
    },
  ],
];
const hat = mix.flatMap((entry) => Array(entry[0]).fill(entry));

let state = Number(options.seed) * 2654435761 || 1;
/** @param {number} below */
function random(below) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}

/** @type {Map<string, string>} */
const first = new Map();
/** @type {string[]} */
const wrong = [];
/** @param {any} model @param {string} where */
async function call(model, where) {
  const [, name, make] = hat[random(hat.length)];
  const k = random(KINDS);
  try {
    const result = await make(model, k);
    const known = first.get(`${name} ${k}`) ?? result;
    first.set(`${name} ${k}`, known);
    if (result !== known) wrong.push(`${where}: ${name} ${k} differs`);
  } catch (error) {
    wrong.push(
      `${where}: ${name} ${k} rejects, ${error instanceof ResnetError ? /** @type {any} */ (error).code : 'not an error of ours'}: ${error}`,
    );
  }
}

const unhandled = /** @type {string[]} */ ([]);
process.on('unhandledRejection', (error) => unhandled.push(String(error)));
const heap = async () => {
  // Promises of lost devices settle first.
  await new Promise((resolve) => setTimeout(resolve, 200));
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
};

const shared = await openDevice();
const own = await loadModel(source, { inputSize: [16, 16], verify: false });
/** @type {any} */
let guest;
let [models, losses, done] = [1, 0, 0];
let [nextModel, nextLoss] = [0, lossEvery];
let before = 0;
const start = performance.now();
while (done < calls) {
  if (done >= nextModel) {
    nextModel += modelEvery;
    guest?.dispose();
    guest = await loadModel(source, { device: shared, inputSize: [16, 16], verify: false });
    models++;
  }
  if (done >= nextLoss) {
    nextLoss += lossEvery;
    // During the next call, or before it.
    const { device } = own;
    const { submit } = device.queue;
    let left = random(3);
    if (left === 0) device.destroy();
    device.queue.submit = (/** @type {Iterable<GPUCommandBuffer>} */ commands) => {
      if (--left === 0) device.destroy();
      return submit.call(device.queue, commands);
    };
    losses++;
    await call(own, `call ${done}, device lost`);
    done++;
    continue;
  }
  // One alone, or several at the same time.
  const together = 1 + (random(4) === 0 ? random(4) : 0);
  await Promise.all(Array.from({ length: together }, (_, i) => call((i + done) % 2 ? own : guest, `call ${done + i}`)));
  done += together;
  if (before === 0 && done > calls / 5) before = await heap();
}
const after = await heap();
const text = `${done} calls, ${models} models, ${losses} losses in ${((performance.now() - start) / 1000).toFixed(0)} s`;
guest.dispose();
own.dispose();
await new Promise((resolve) => setTimeout(resolve, 100));
const left = [...devices.values()].flatMap((live) => [...live.values()]);
const others = [...devices.keys()].filter((device) => device !== shared).length;
console.log(
  `${text}: ${wrong.length} wrong, ${left.length} objects and ${left.reduce((a, b) => a + b, 0)} bytes left, ${others} devices left`,
);
console.log(`heap ${before.toFixed(1)} MiB after a fifth, ${after.toFixed(1)} MiB at the end; ${unhandled.length} unhandled rejections`);
for (const line of [...wrong, ...unhandled].slice(0, 20)) console.log(line);
process.exit(wrong.length + left.length + others + unhandled.length > 0 ? 1 : 0);
