// `npm run refusals`: what runs where a driver refuses a kernel, and how much longer it takes, for docs/gpus.md. Convolutions have several forms,
// so there a network runs without each kernel in turn, on a software adapter that gets the kernels of each class of GPU; the times are its own.
// All other kernels have one plain kernel each: both run one of the kernel's test cases. `npm run refusals -- nvidia pool` measures these rows alone.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'vite';
import { root } from './lib/setup.mjs';
import { wgsl } from './lib/wgsl.mjs';

const SIZE = 64;
/** Rounds of the network with and without the kernel, alternately, because other programs are running. */
const RUNS = 3;
/** For a kernel: dispatches in a pass, and passes. */
const [REPEATS, PASSES] = [20, 4];
const arch = {
  type: 'ImageClassifier',
  backbone: {
    type: 'ResNet',
    depth: 50,
    base_channels: 32,
    stem_channels: 16,
    num_stages: 2,
    strides: [1, 2],
    dilations: [1, 1],
    out_indices: [1],
  },
  neck: { type: 'GlobalAveragePooling' },
  head: { type: 'LinearClsHead', num_classes: 200, in_channels: 256 },
};

const server = await createServer({
  root,
  configFile: false,
  logLevel: 'error',
  plugins: [wgsl()],
  server: { middlewareMode: true, hmr: false, ws: false },
  optimizeDeps: { noDiscovery: true },
});
const { loadModel } = await server.ssrLoadModule('/src/index.ts');
const { openNodeDevice } = await server.ssrLoadModule('/test/support/node-gpu.ts');
const { posing } = await server.ssrLoadModule('/test/support/posing.ts');
const { refusing } = await server.ssrLoadModule('/test/support/refusing.ts');
const { DispatchRunner } = await server.ssrLoadModule('/test/support/dispatch.ts');
const { contentsOf, kernelCases } = await server.ssrLoadModule('/test/support/kernel-cases.ts');
const { plainOf } = await server.ssrLoadModule('/src/kernels/plain/dispatch.ts');
const device = await openNodeDevice('swiftshader', { requiredFeatures: ['subgroups'] });

/** Pipelines by their shader's text. Compiling them again for each model would take longer than everything else. */
const texts = new WeakMap();
/** @type {Map<string, Promise<GPUComputePipeline>>} */
const pipelines = new Map();
const { createShaderModule, createComputePipelineAsync } = device;
device.createShaderModule = (/** @type {GPUShaderModuleDescriptor} */ descriptor) => {
  const module = createShaderModule.call(device, descriptor);
  texts.set(module, descriptor.code);
  return module;
};
device.createComputePipelineAsync = (/** @type {GPUComputePipelineDescriptor} */ descriptor) => {
  const text = texts.get(descriptor.compute.module);
  const made = pipelines.get(text) ?? createComputePipelineAsync.call(device, descriptor);
  pipelines.set(text, made);
  return made;
};

const input = { data: Float32Array.from({ length: 3 * SIZE * SIZE }, (_, i) => Math.sin(i * 0.37)), shape: [1, 3, SIZE, SIZE] };

/**
 * @param {string} pose
 * @param {(label: string) => boolean} isRefused
 */
async function load(pose, isRefused) {
  const on = posing(device, pose);
  const { made } = refusing(on, isRefused);
  const model = await loadModel({ arch, weights: { random: 3 } }, { device: on, inputSize: [SIZE, SIZE], verify: false });
  return { model, made };
}

const photo = { data: Uint8Array.from({ length: 400 * 300 * 3 }, (_, i) => (i * 37) & 255), width: 400, height: 300 };

/**
 * The ratio of the first one's time to the second's.
 * @param {() => Promise<unknown>} other @param {() => Promise<unknown>} own @param {number} count
 */
async function ratio(other, own, count) {
  let [first, second] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  // The first round compiles.
  for (let i = 0; i <= count; i++) {
    const [a, b] = [await time(other), await time(own)];
    if (i > 0) [first, second] = [Math.min(first, a), Math.min(second, b)];
  }
  return `${(first / second).toFixed(1)}×`;
}

/** @param {() => Promise<unknown>} run */
async function time(run) {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

const path = join(root, 'docs/gpus.md');
const only = process.argv.slice(2);
/** @param {string} name */
const isWanted = (name) => only.length === 0 || only.includes(name);

/**
 * Rows by the cells that they begin with: none, or those in the file where some alone are measured.
 * @param {number} table @param {number} cells
 */
function rowsOf(table, cells) {
  const tables = (readFileSync(path, 'utf8').split('<!-- refusals -->')[1] ?? '').trim().split('\n\n');
  const rows = only.length > 0 ? (tables[table] ?? '').split('\n').slice(2) : [];
  return new Map(rows.map((row) => [row.split(' | ', cells).join(' | '), row]));
}
const forms = rowsOf(0, 2);
const alone = rowsOf(1, 1);
/** @param {Map<string, string>} rows @param {number} cells @param {string} row */
function note(rows, cells, row) {
  rows.set(row.split(' | ', cells).join(' | '), row);
  console.log(row);
}

/** @param {string} kernel */
const isFormOf = (kernel) => /^(conv(-tiled|-serial|-sum)?$|stem|winograd)/.test(kernel);
/** @type {Map<string, any>} */
const largest = new Map();
for (const { precision, case: item } of kernelCases(device)) {
  // Of a case in several steps, one: the others' buffers are there, whatever they hold.
  for (const step of precision === 'f32' ? item.steps(precision) : []) {
    const { kernel, workgroups } = step.dispatch;
    if (isFormOf(kernel) || !isWanted(kernel) || !plainOf(step.dispatch)) continue;
    const size = workgroups.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b);
    // Cases that fold a grid have millions of values.
    if (size <= 1000 && size > (largest.get(kernel)?.size ?? 0)) largest.set(kernel, { size, item, step });
  }
}
const runner = new DispatchRunner(device);
for (const [kernel, { item, step }] of [...largest].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const contents = await contentsOf(item, 'f32');
  const plain = plainOf(step.dispatch);
  const pass = (/** @type {any} */ dispatch) => () => runner.run(Array(REPEATS).fill({ ...step, dispatch }), contents, []);
  note(alone, 1, `| ${kernel} | ${plain.kernel} | ${await ratio(pass(plain), pass(step.dispatch), PASSES)} |`);
}
for (const pose of ['software', 'amd', 'intel', 'nvidia', 'mobile', 'apple', 'hidden']) {
  if (!isWanted(pose) && !(pose === 'software' && only.some((name) => /^(image|top-k)/.test(name)))) continue;
  const { model: whole, made } = await load(pose, () => false);
  await whole.run(input);
  if (pose === 'software') await whole.classify(photo);
  const kernels = [...new Set([...made].map((label) => label.split('/')[0] ?? ''))].sort();
  for (const kernel of kernels) {
    const isForm = isFormOf(kernel) && isWanted(pose);
    const isAlone = /^(image|top-k)/.test(kernel) && pose === 'software' && isWanted(kernel);
    if (!isForm && !isAlone) continue;
    const { model } = await load(pose, (label) => label.startsWith(`${kernel}/`));
    const times = isForm
      ? await ratio(
          () => model.run(input),
          () => whole.run(input),
          RUNS,
        )
      : await ratio(
          () => model.classify(photo),
          () => whole.classify(photo),
          4 * RUNS,
        );
    /** @type {string[]} */
    const warnings = model.info.warnings;
    const instead = warnings.flatMap((warning) => (/In its place: (.*)\.$/.exec(warning)?.[1] ?? '').split(', '));
    const names = [...new Set(instead.map((name) => name.split('/')[0]))].join(', ');
    if (isForm) note(forms, 2, `| ${pose} | ${kernel} | ${names || 'nothing'} | ${times} |`);
    else note(alone, 1, `| ${kernel} | ${names} | ${times} of a \`classify\` |`);
    model.dispose();
  }
  whole.dispose();
}

await server.close();
const table = [
  '| kernels of the class | refused | runs in its place | time of the network |',
  '| --- | --- | --- | ---: |',
  ...forms.values(),
  '',
  '| refused | runs in its place | time of the kernel |',
  '| --- | --- | ---: |',
  ...[...alone.values()].sort(),
].join('\n');
writeFileSync(
  path,
  readFileSync(path, 'utf8').replace(
    /(<!-- refusals -->\n)[\s\S]*?(<!-- \/refusals -->)/,
    (_, before, after) => `${before}\n${table}\n\n${after}`,
  ),
);
console.log('written: docs/gpus.md');
process.exit(0);
