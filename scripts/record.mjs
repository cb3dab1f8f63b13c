// `npm run record`: what real compilers make of the kernels that the networks choose, and how long a whole inference is
// estimated to take, without a GPU (tools/gpu-stats). Writes test/records/kernels.json, which a unit test compares with the shaders
// as they are. Refuses a worse record than the committed one unless --accept says that there is a reason.
//
// Needs what tools/gpu-stats/README.md lists: Mesa's drivers, and for NVIDIA spirv-cross and nvcc.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, createServer } from 'vite';
import { root } from './lib/setup.mjs';
import { wgsl } from './lib/wgsl.mjs';

const target = join(root, 'test/records/kernels.json');
const tools = join(root, 'tools/gpu-stats');
/** Estimates move by this much without a reason. */
const SLACK = 1.03;

/** @typedef {{ registers: number, spills: number, hotSpills: number }} Statistics */
/** @typedef {{ networks: Record<string, Record<string, number>>, kernels: Record<string, Record<string, Statistics & { kernel: string }>> }} KernelRecord */

const work = mkdtempSync(join(tmpdir(), 'kernel-record-'));
try {
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [wgsl()],
    server: { middlewareMode: true },
    optimizeDeps: { noDiscovery: true },
  });
  const { FAMILIES, NETWORKS, PRECISIONS, SPILLS_LET, chosenKernels } = await server.ssrLoadModule('/test/support/chosen-kernels.ts');
  /** @type {KernelRecord} */
  const record = { networks: {}, kernels: {} };
  for (const { family } of FAMILIES) record.kernels[family] = statistics(family, await chosenKernels(family));
  await server.close();

  await build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'error', build: { outDir: join(work, 'dist') } });
  for (const precision of PRECISIONS) {
    for (const network of NETWORKS) {
      /** @type {Record<string, number>} */
      const found = {};
      for (const { family } of FAMILIES) found[family] = estimate(network, precision, family);
      record.networks[`${network} ${precision}`] = found;
    }
  }
  report(record);
  const worse = existsSync(target) ? worseThan(record, JSON.parse(readFileSync(target, 'utf8')), SPILLS_LET) : [];
  for (const what of worse) console.error(what);
  if (worse.length > 0 && !process.argv.includes('--accept')) {
    console.error('Not written. Improve the kernels, or say --accept and give the reason in the commit.');
    process.exitCode = 1;
  } else writeFileSync(target, `${JSON.stringify(record, undefined, 2)}\n`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** @param {string} family @param {{ hash: string, kernel: string, text: string }[]} kernels */
function statistics(family, kernels) {
  for (const { hash, text } of kernels) writeFileSync(join(work, `${hash}.wgsl`), text);
  const json = join(work, `${family}.json`);
  run(join(tools, 'gpu-stats'), [...kernels.map(({ hash }) => join(work, `${hash}.wgsl`)), '-f', family, '--json', json]);
  const { rows } = JSON.parse(readFileSync(json, 'utf8'));
  /** @type {Record<string, Statistics & { kernel: string }>} */
  const found = {};
  for (const { hash, kernel } of kernels) {
    const row = rows.find((/** @type {{ shader: string }} */ { shader }) => shader === hash);
    if (!row) throw new Error(`${family} does not compile ${kernel}`);
    const spills = row.spills ?? (row.vgprSpills ?? row.spillV ?? 0) + (row.sgprSpills ?? row.spillS ?? 0) + (row.spillStores ?? 0);
    found[hash] = {
      kernel,
      registers: row.grf ?? row.vgprs ?? row.vgpr ?? row.regs ?? 0,
      spills,
      hotSpills: row.hot?.scratch ?? row.hot?.scratchBytes ?? spills,
    };
  }
  return found;
}

/** @param {string} network @param {string} precision @param {string} family Milliseconds of GPU time. */
function estimate(network, precision, family) {
  const json = join(work, 'model.json');
  const program = `node ${join(root, 'scripts/lib/model-program.mjs')} ${join(work, 'dist/index.js')} ${network} 1 ${precision}`;
  run(join(tools, 'gpu-model'), ['--no-console', '--rows', '0', '--run', program, '-f', family, '--json', json]);
  const [{ total }] = JSON.parse(readFileSync(json, 'utf8'));
  return Math.round(total) / 1000;
}

/** @param {string} file @param {string[]} args */
function run(file, args) {
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    cwd: root,
    env: { ...process.env, GPU_STATS_WEBGPU: root },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (error || (status ?? 1) > 0) throw new Error(`${file} ${args.at(-1)}: ${error?.message ?? ''}\n${stdout}\n${stderr}`);
}

/** @param {KernelRecord} record */
function report({ networks, kernels }) {
  console.table(networks);
  for (const [family, found] of Object.entries(kernels)) {
    console.log(family);
    console.table(Object.fromEntries(Object.values(found).map(({ kernel, ...numbers }) => [kernel, numbers])));
  }
}

/** @param {KernelRecord} now @param {KernelRecord} before @param {Record<string, number>} allowed @returns {string[]} */
function worseThan(now, before, allowed) {
  const slower = Object.entries(now.networks).flatMap(([network, families]) =>
    Object.entries(families).flatMap(([family, ms]) => {
      const old = before.networks[network]?.[family] ?? Number.POSITIVE_INFINITY;
      return ms > old * SLACK ? [`${network} on ${family}: ${ms} ms, ${old} ms before`] : [];
    }),
  );
  const spilling = Object.entries(now.kernels).flatMap(([family, found]) =>
    Object.values(found).flatMap(({ kernel, hotSpills }) =>
      hotSpills > (allowed[family] ?? 0) ? [`${kernel} on ${family}: ${hotSpills} spills in its hot loop`] : [],
    ),
  );
  return [...slower, ...spilling];
}
