// Runs one runtime with one network, in a separate process: node runtime-program.mjs <folder> <runtime> [runs] [flags of Dawn]. The folder
// is from scripts/lib/network-files.mjs. Prints the milliseconds of each step as JSON. tools/gpu-stats/gpu-model also runs it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openNodeRuntime } from './node-runtimes.mjs';

const [, , folder = '', id = 'ours', runs = '2', flags = ''] = process.argv;
const { exit } = process;
const { write } = process.stdout;
const { shape } = JSON.parse(readFileSync(join(folder, 'network.json'), 'utf8'));
const runtime = await openNodeRuntime(id, flags.split(',').filter(Boolean));
/** @type {{ mark(name: string): void } | undefined} */
const gpuModel = Reflect.get(globalThis, 'gpuModel');
const data = Float32Array.from({ length: shape.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b) }, (_, i) =>
  Math.sin(i * 0.37),
);

/** @param {() => Promise<unknown>} work */
async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const load = await timed(() => runtime.load(folder, { data, shape }));
/** @type {number[]} */
const times = [];
for (let run = 0; run < Number(runs); run++) {
  gpuModel?.mark(`run ${run}`);
  times.push(await timed(() => runtime.infer()));
}
Reflect.apply(write, process.stdout, [`${JSON.stringify({ version: runtime.version, load, times })}\n`]);
exit(0);
