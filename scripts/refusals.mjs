// `npm run refusals`: what a network runs where a driver refuses each of its kernels in turn, and how much longer it takes, for docs/gpus.md.
// A software adapter, as itself and posing as GPUs of other classes: what is chosen is theirs, the times are its own.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'vite';
import { root } from './lib/setup.mjs';
import { wgsl } from './lib/wgsl.mjs';

const SIZE = 64;
const RUNS = 12;
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
const device = await openNodeDevice('swiftshader', { requiredFeatures: ['subgroups'] });
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

/** @param {any} model */
async function time(model) {
  const start = performance.now();
  await model.run(input);
  return performance.now() - start;
}

const rows = [];
for (const pose of ['software', 'amd', 'nvidia', 'mobile']) {
  const { model: whole, made } = await load(pose, () => false);
  await time(whole);
  const kernels = [...new Set([...made].map((label) => label.split('/')[0]))].sort();
  for (const kernel of kernels) {
    const { model } = await load(pose, (label) => label.startsWith(`${kernel}/`));
    await time(model);
    // In turns, and the shortest of each: other programs run, too.
    /** @type {number[][]} */
    const times = [];
    for (let i = 0; i < RUNS; i++) times.push([await time(model), await time(whole)]);
    const [other = 0, own = 1] = [0, 1].map((i) => Math.min(...times.map((pair) => pair[i] ?? 0)));
    /** @type {string[]} */
    const warnings = model.info.warnings;
    const instead = warnings.flatMap((warning) => (/In its place: (.*)\.$/.exec(warning)?.[1] ?? '').split(', '));
    const names = [...new Set(instead.map((name) => name.split('/')[0]))].join(', ');
    rows.push(`| ${pose} | ${kernel} | ${names || 'nothing'} | ${(other / own).toFixed(1)}× |`);
    console.log(rows.at(-1));
    model.dispose();
  }
  whole.dispose();
}
await server.close();
const table = ['| chosen as for | refused | in its place | time of a run |', '| --- | --- | --- | ---: |', ...rows].join('\n');
const path = join(root, 'docs/gpus.md');
writeFileSync(
  path,
  readFileSync(path, 'utf8').replace(
    /(<!-- refusals -->\n)[\s\S]*?(<!-- \/refusals -->)/,
    (_, before, after) => `${before}\n${table}\n\n${after}`,
  ),
);
console.log('written: docs/gpus.md');
process.exit(0);
