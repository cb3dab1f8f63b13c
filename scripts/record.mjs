// `npm run record`: what real compilers make of the kernels that the networks use, and how long a whole inference is estimated to take,
// without a GPU (tools/gpu-stats). Writes test/records/kernels.json. Refuses a record that is worse than the committed one, unless --accept
// says that there is a reason.
//   --check   writes nothing, and fails if the committed record is not of the current shaders
//
// Needs the programs in tools/gpu-stats/README.md: Mesa's drivers, and for NVIDIA spirv-cross and nvcc. If they are not installed, --check
// says so and passes, because changing a kernel must not require them. Whoever has them updates the record (CONTRIBUTING.md).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, createServer } from 'vite';
import { root } from './lib/setup.mjs';
import { wgsl } from './lib/wgsl.mjs';

const target = join(root, 'test/records/kernels.json');
const tools = join(root, 'tools/gpu-stats');
/** Estimates may vary by this factor. */
const SLACK = 1.03;

/** @typedef {{ registers: number, spills: number, hotSpills: number }} Statistics */
/** @typedef {{ networks: Record<string, Record<string, number>>, kernels: Record<string, Record<string, Statistics & { kernel: string }>> }} KernelRecord */

const missing = missingCompilers();
const isCheck = process.argv.includes('--check');
if (missing.length > 0) {
  console.log(`kernel record: skipped (${missing.join(', ')} not installed)`);
  process.exit(isCheck ? 0 : 1);
}

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
  const { FAMILIES, NETWORKS, PRECISIONS, spillsLet, chosenKernels } = await server.ssrLoadModule('/test/support/chosen-kernels.ts');
  if (isCheck) {
    const stale = FAMILIES.flatMap((/** @type {{ family: string }} */ { family }) => unrecorded(family, chosenKernels(family)));
    await server.close();
    console.log(stale.length > 0 ? `${stale.join('\n')}\nRun npm run record.` : 'kernel record: of the shaders as they are');
    process.exit(stale.length > 0 ? 1 : 0);
  }
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
  const worse = existsSync(target) ? worseThan(record, JSON.parse(readFileSync(target, 'utf8')), spillsLet) : [];
  for (const what of worse) console.error(what);
  if (worse.length > 0 && !process.argv.includes('--accept')) {
    console.error('Not written. Improve the kernels, or say --accept and give the reason in the commit.');
    process.exitCode = 1;
  } else writeFileSync(target, `${JSON.stringify(record, undefined, 2)}\n`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** The programs and drivers of tools/gpu-stats that are missing. */
function missingCompilers() {
  const has = (/** @type {string} */ program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
  const folders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib'];
  const driver = (/** @type {string} */ name, /** @type {string | undefined} */ own) =>
    own ? existsSync(own) : folders.some((folder) => existsSync(join(folder, name)));
  const { GPU_STATS_RADV, GPU_STATS_ANV } = process.env;
  return [
    ...['cc', 'spirv-cross', 'nvcc'].filter((program) => !has(program)),
    ...(driver('libvulkan_radeon.so', GPU_STATS_RADV) ? [] : ['libvulkan_radeon.so']),
    ...(driver('libvulkan_intel.so', GPU_STATS_ANV) ? [] : ['libvulkan_intel.so']),
  ];
}

/** @param {string} family @param {{ hash: string, kernel: string }[]} kernels @returns {string[]} kernels that are missing in the record, and the reverse */
function unrecorded(family, kernels) {
  const known = existsSync(target) ? (JSON.parse(readFileSync(target, 'utf8')).kernels[family] ?? {}) : {};
  const hashes = new Set(kernels.map(({ hash }) => hash));
  return [
    ...kernels.filter(({ hash }) => !(hash in known)).map(({ kernel }) => `not recorded on ${family}: ${kernel}`),
    ...Object.keys(known)
      .filter((hash) => !hashes.has(hash))
      .map((hash) => `recorded and gone on ${family}: ${known[hash].kernel}`),
  ];
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
    // Intel's number, AMD's registers, NVIDIA's bytes.
    const spills = row.spills ?? (row.spilledVgprs ?? 0) + (row.spilledSgprs ?? 0) + (row.spillStores ?? 0);
    found[hash] = {
      kernel,
      registers: row.grf ?? row.vgprs ?? row.vgpr ?? row.regs ?? 0,
      spills,
      // For all loops around the hot one. Drivers that do not say where spills are may have them there.
      hotSpills: row.hot?.nestScratch ?? spills,
    };
  }
  return found;
}

/** @param {string} network @param {string} precision @param {string} family @returns milliseconds of GPU time */
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

/** @param {KernelRecord} now @param {KernelRecord} before @param {(family: string, kernel: string) => number} allowed @returns {string[]} */
function worseThan(now, before, allowed) {
  const slower = Object.entries(now.networks).flatMap(([network, families]) =>
    Object.entries(families).flatMap(([family, ms]) => {
      const old = before.networks[network]?.[family] ?? Number.POSITIVE_INFINITY;
      return ms > old * SLACK ? [`${network} on ${family}: ${ms} ms, ${old} ms before`] : [];
    }),
  );
  const spilling = Object.entries(now.kernels).flatMap(([family, found]) =>
    Object.values(found).flatMap(({ kernel, hotSpills }) =>
      hotSpills > allowed(family, kernel) ? [`${kernel} on ${family}: ${hotSpills} spills in its hot loop`] : [],
    ),
  );
  return [...slower, ...spilling];
}
