// Whether a change made networks faster or slower: runs two builds alternately on one machine, with a software adapter in Node.
//   npm run build && node scripts/compare-builds.mjs OTHER/dist [--networks resnet18,resnet50] [--rounds 15]
// OTHER is another checkout with a build. Prints median milliseconds of a run at 224x224, their ratio, and the spread of ratios of
// consecutive runs. A large spread means that other work was running.
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findIcd } from './lib/browsers.mjs';
import { root } from './lib/setup.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { networks: { type: 'string', default: 'resnet18,resnet50' }, rounds: { type: 'string', default: '15' } },
});
const [other] = positionals;
if (other === undefined) throw new Error('which build? node scripts/compare-builds.mjs OTHER/dist');

process.env.VK_ICD_FILENAMES ??= findIcd('swiftshader') ?? findIcd('lavapipe');
const { create, globals } = await import('webgpu');
Object.assign(globalThis, globals);
/** Kept, because Dawn crashes if it is collected while one of its devices is alive. */
const gpu = create([]);
Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });

const shape = [1, 3, 224, 224];
const data = Float32Array.from({ length: 3 * 224 * 224 }, (_, i) => Math.sin(i));
for (const arch of options.networks.split(',')) {
  const builds = [];
  for (const dist of [join(root, 'dist'), resolve(other)]) {
    const { loadModel } = await import(join(dist, 'index.js'));
    builds.push(await loadModel({ arch, weights: { random: 1 } }));
  }
  /** @type {[number[], number[]]} */
  const times = [[], []];
  // The first round warms up.
  for (let round = 0; round <= Number(options.rounds); round++) {
    // The order alternates, so that neither always finds the other's data in the caches.
    const order = round % 2 ? /** @type {const} */ ([0, 1]) : /** @type {const} */ ([1, 0]);
    for (const i of order) {
      const start = performance.now();
      await builds[i].run({ data, shape });
      if (round > 0) times[i].push(performance.now() - start);
    }
  }
  for (const model of builds) model.dispose();
  const [own, others] = [median(times[0]), median(times[1])];
  const ratios = times[0].map((time, i) => time / (times[1][i] ?? Number.NaN)).sort((a, b) => a - b);
  const quartile = (/** @type {number} */ q) => (ratios[Math.round((ratios.length - 1) * q)] ?? Number.NaN).toFixed(3);
  console.log(
    `${arch.padEnd(10)} ${own.toFixed(1)} ms, other ${others.toFixed(1)} ms: ${(own / others).toFixed(3)}x; neighbours ${quartile(0.25)} to ${quartile(0.75)}x, middle ${quartile(0.5)}x`,
  );
}
process.exit(0);

/** @param {number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
