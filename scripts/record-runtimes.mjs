// `npm run record:runtimes`: how long a GPU would take for an inference in every runtime, by the model of tools/gpu-stats, with broadcast
// reads of workgroup memory paid and free. Writes test/records/runtimes.json, from which `npm run bench:docs` makes a table.
//   --runtimes ours,litert-webgpu,…  --families navi21,…  --networks resnet18,…    only these; the others stay as they are on record
// Needs what tools/gpu-stats/README.md lists, and dist/ (npm run build). Minutes: onnxruntime-web takes one for each network and GPU.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { networkFiles } from './lib/network-files.mjs';
import { root } from './lib/setup.mjs';

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
    for (const runtime of options.runtimes.split(',')) {
      for (const family of options.families.split(',')) {
        const estimate = estimated(folder, runtime, family);
        const byRuntime = record.networks[network] ?? {};
        record.networks[network] = { ...byRuntime, [runtime]: { ...byRuntime[runtime], [family]: estimate } };
        console.log(network, runtime, family, JSON.stringify(estimate));
        writeFileSync(target, `${JSON.stringify(record, undefined, 1)}\n`);
      }
      record.versions[runtime] = versionOf(runtime);
    }
  }
  writeFileSync(target, `${JSON.stringify(record, undefined, 1)}\n`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** @param {string} folder @param {string} runtime @param {string} family @returns {Estimate} */
function estimated(folder, runtime, family) {
  const json = join(work, 'model.json');
  rmSync(json, { force: true });
  const program = `node ${join(root, 'scripts/lib/runtime-program.mjs')} ${folder} ${runtime} 2`;
  const args = ['--no-console', '--rows', '0', '--run', program, '-f', family, '--macs', join(folder, 'macs.json'), '--json', json];
  const { status, stderr } = spawnSync(join(root, 'tools/gpu-stats/gpu-model'), args, {
    cwd: root,
    env: { ...process.env, GPU_STATS_WEBGPU: root },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    timeout: 600_000,
  });
  const [found] = existsSync(json) ? JSON.parse(readFileSync(json, 'utf8')) : [];
  const wrong = found?.wrong ?? [];
  if (status !== 0 || !found || wrong.length > 0) return { error: String(wrong[0] ?? lastLine(stderr)).slice(0, 200) };
  const { paid, free, dispatches } = found;
  return { paid: Math.round(paid) / 1000, free: Math.round(free) / 1000, dispatches };
}

const lastLine = (/** @type {string} */ text) => text.trim().split('\n').at(-1) ?? '';

/** @param {string} runtime */
function versionOf(runtime) {
  if (runtime.startsWith('ours')) return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  const name = runtime.startsWith('litert') ? '@litertjs/core' : runtime.startsWith('ort') ? 'onnxruntime-web' : '@tensorflow/tfjs-core';
  return String(JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version);
}
