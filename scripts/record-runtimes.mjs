// `npm run record:runtimes`: estimates how long a GPU would take for an inference in every runtime, by the model of tools/gpu-stats, with
// broadcast reads of workgroup memory paid and free. Writes test/records/runtimes.json, from which `npm run bench:docs` makes a table.
//   --runtimes ours,litert-webgpu,…  --families navi21,…  --networks resnet18,…    only these; the record of others is kept
// Needs the programs in tools/gpu-stats/README.md, and dist/ (npm run build). Takes minutes: onnxruntime-web one for each network and GPU.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { networkFiles } from './lib/network-files.mjs';
import { root } from './lib/setup.mjs';

/** Limit for one estimate. For onnxruntime-web, every call of its wasm is traced, which takes a minute or two. */
const MOST_MINUTES = 30;

/** @typedef {{ paid: number, free: number, dispatches: number } | { error: string }} Estimate milliseconds */
/** @typedef {{ versions: Record<string, string>, networks: Record<string, Record<string, Record<string, Estimate>>> }} RuntimeRecord by network, runtime, family */

const { values: options } = parseArgs({
  options: {
    runtimes: { type: 'string', default: 'ours,litert-webgpu,ort-webgpu,tfjs-webgpu' },
    families: { type: 'string', default: 'navi21,vangogh,tgl,dg2,ada' },
    networks: { type: 'string', default: 'resnet18,resnet50' },
    out: { type: 'string', default: 'test/records/runtimes.json' },
  },
});
const target = resolve(root, options.out);
/** @type {RuntimeRecord} */
const record = existsSync(target) ? JSON.parse(readFileSync(target, 'utf8')) : { versions: {}, networks: {} };
const work = mkdtempSync(join(tmpdir(), 'runtime-record-'));
try {
  const files = await networkFiles(options.networks.split(','), work);
  for (const [network, { folder, layers }] of Object.entries(files)) {
    writeFileSync(join(folder, 'macs.json'), JSON.stringify(layers));
    const jobs = options.runtimes.split(',').flatMap((runtime) => options.families.split(',').map((family) => ({ runtime, family })));
    // Nothing is timed, so as many run at the same time as there are cores.
    const worker = async () => {
      for (let job = jobs.shift(); job; job = jobs.shift()) {
        const { runtime, family } = job;
        const estimate = await estimated(folder, runtime, family);
        const byRuntime = record.networks[network] ?? {};
        record.networks[network] = { ...byRuntime, [runtime]: { ...byRuntime[runtime], [family]: estimate } };
        record.versions[runtime] = versionOf(runtime);
        console.log(network, runtime, family, JSON.stringify(estimate));
        writeFileSync(target, `${JSON.stringify(record, undefined, 1)}\n`);
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, worker));
  }
  writeFileSync(target, `${JSON.stringify(record, undefined, 1)}\n`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** @param {string} folder @param {string} runtime @param {string} family @returns {Promise<Estimate>} */
async function estimated(folder, runtime, family) {
  const json = join(work, `${runtime}-${family}.json`);
  rmSync(json, { force: true });
  const program = `node ${join(root, 'scripts/lib/runtime-program.mjs')} ${folder} ${runtime} 2`;
  const args = ['--no-console', '--rows', '0', '--run', program, '-f', family, '--macs', join(folder, 'macs.json'), '--json', json];
  const { error, stderr } = await run(join(root, 'tools/gpu-stats/gpu-model'), args);
  const [found] = existsSync(json) ? JSON.parse(readFileSync(json, 'utf8')) : [];
  const wrong = found?.wrong ?? [];
  if (error || !found || wrong.length > 0) return { error: String(wrong[0] ?? lastLine(stderr)).slice(0, 200) };
  const { paid, free, dispatches } = found;
  return { paid: Math.round(paid) / 1000, free: Math.round(free) / 1000, dispatches };
}

/** @param {string} program @param {string[]} args @returns {Promise<{ error: Error | null, stderr: string }>} */
function run(program, args) {
  const settings = { cwd: root, env: { ...process.env, GPU_STATS_WEBGPU: root }, maxBuffer: 2 ** 28, timeout: MOST_MINUTES * 60_000 };
  return new Promise((resolve) => execFile(program, args, settings, (error, _, stderr) => resolve({ error, stderr })));
}

/** @param {string} text */
function lastLine(text) {
  return text.trim().split('\n').at(-1) ?? '';
}

/** @param {string} runtime */
function versionOf(runtime) {
  if (runtime.startsWith('ours')) return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  const name = runtime.startsWith('litert') ? '@litertjs/core' : runtime.startsWith('ort') ? 'onnxruntime-web' : '@tensorflow/tfjs-core';
  return String(JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version);
}
