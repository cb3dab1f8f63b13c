// `npm run bench:docs`: makes all measured tables of docs/performance.md in one run. First prints how many minutes it takes on two idle
// cores, and whether these are idle. Nothing else should run.
//   --only cpu,model,bench    only some of them: calls on Dawn's null backend; the model of GPUs; the benchmark page
//   --runs 60                 warm inferences on the null backend
//   --as-recorded             does not estimate this library again: the model's table is as in test/records/runtimes.json
// The modelled times of other runtimes are those of test/records/runtimes.json (npm run record:runtimes). Ours are estimated again.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gridOf, writeTable } from './lib/docs.mjs';
import { networkFiles } from './lib/network-files.mjs';
import { ensureInstalled, root } from './lib/setup.mjs';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'cpu,model,bench' },
    runs: { type: 'string', default: '60' },
    'as-recorded': { type: 'boolean', default: false },
  },
});
const wanted = options.only.split(',');
const NETWORKS = ['resnet18', 'resnet50'];
/** @type {Record<string, string>} */
const NAMES = {
  ours: 'resnet-webgpu',
  'litert-webgpu': 'LiteRT.js WebGPU',
  'ort-webgpu': 'onnxruntime-web WebGPU',
  'ort-webgpu-graph': 'onnxruntime-web WebGPU, captured',
  'tfjs-webgpu': 'TF.js WebGPU',
};
const FAMILIES = { navi21: 'RX 6800', vangogh: 'Steam Deck', tgl: 'Iris Xe 96 EU', dg2: 'Arc A770', ada: 'RTX 4060 (rough)' };

ensureInstalled();
const started = performance.now();
const say = (/** @type {string} */ text) => console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${text}`);
const node = (/** @type {string[]} */ ...args) => execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' });

/** Minutes on two idle cores. First results of other runtimes on a software adapter take longest: half a minute for a ResNet-50. */
const MINUTES = { build: 0.3, cpu: 1, model: 1.5, bench: 6.5 };

const needsBuild = !options['as-recorded'] || wanted.some((part) => part !== 'model');
const parts = [...(needsBuild ? ['build'] : []), ...wanted.filter((part) => part !== 'model' || !options['as-recorded'])];
const minutes = parts.reduce((sum, part) => sum + (MINUTES[/** @type {keyof typeof MINUTES} */ (part)] ?? 0), 0);
say(
  `expected: ${minutes.toFixed(1)} minutes (${parts.map((part) => `${part} ${MINUTES[/** @type {keyof typeof MINUTES} */ (part)]}`).join(', ')})`,
);
const [load = 0] = loadavg();
if (load > 0.5 && parts.some((part) => part === 'cpu' || part === 'bench'))
  say(`This machine is busy (load ${load.toFixed(1)}): what is timed will be off. Begin again when it is quiet.`);
if (needsBuild) {
  say('building');
  node('scripts/build.mjs', '--quiet');
}
if (wanted.includes('cpu')) await processorTable();
if (wanted.includes('model')) modelTable();
if (wanted.includes('bench')) {
  say('the benchmark page');
  const models = ['--models', NETWORKS.join(','), '--rounds', '2', '--warmups', '0', '--seconds', '30'];
  node('scripts/bench.mjs', ...models, '--no-layers', '--no-peaks', '--doc', 'times,costs');
}
say('done');

async function processorTable() {
  const work = mkdtempSync(join(tmpdir(), 'bench-docs-'));
  try {
    /** @type {string[][]} */
    const rows = [];
    for (const [network, { folder }] of Object.entries(await networkFiles(NETWORKS, work))) {
      let own = 0;
      for (const [id, name] of Object.entries(NAMES)) {
        say(`${network} on Dawn's null backend: ${name}`);
        const found = onNull(folder, id);
        if ('error' in found) {
          rows.push([network, name, 'failed', found.error, '', '']);
          continue;
        }
        const [first = 0, ...warm] = found.times;
        warm.sort((a, b) => a - b);
        const [median = 0, p90 = 0] = [warm[warm.length >> 1], warm[Math.floor(0.9 * warm.length)]];
        if (id === 'ours') own = median;
        rows.push([network, `${name} ${found.version}`, ms(median), ms(p90), id === 'ours' ? '–' : `${digits(median / own)}×`, ms(first)]);
      }
    }
    writeTable(
      'cpu',
      `${gridOf(['network', 'runtime', 'warm', 'p90', '÷ ours', 'first'], 2, rows)}\n\n${provenance()}, ${options.runs} inferences${load > 0.5 ? `, on a busy machine (load ${load.toFixed(1)})` : ''}`,
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** @param {string} folder @param {string} id @returns {{ version: string, times: number[] } | { error: string }} */
function onNull(folder, id) {
  const program = [join(root, 'scripts/lib/runtime-program.mjs'), folder, id, options.runs, 'backend=null'];
  const { stdout, stderr, status } = spawnSync(process.execPath, program, { cwd: root, encoding: 'utf8', timeout: 300_000 });
  const line = stdout.split('\n').findLast((text) => text.startsWith('{"version"'));
  return status === 0 && line ? JSON.parse(line) : { error: stderr.trim().split('\n').at(-1)?.slice(0, 100) ?? 'no answer' };
}

function modelTable() {
  const file = join(root, 'test/records/runtimes.json');
  const { status } = spawnSync('spirv-cross', ['--help'], { stdio: 'ignore' });
  if (options['as-recorded']) say('the model of GPUs, as recorded');
  else if (status === null) console.error('The model of GPUs needs what tools/gpu-stats/README.md lists: ours stays as it is on record.');
  else {
    say('the model of GPUs');
    node('scripts/record-runtimes.mjs', '--runtimes', 'ours');
  }
  if (!existsSync(file)) return console.error('There is no test/records/runtimes.json: npm run record:runtimes.');
  /** @type {{ versions: Record<string, string>, networks: Record<string, Record<string, Record<string, { paid: number, free: number } | { error: string }>>> }} */
  const { versions, networks } = JSON.parse(readFileSync(file, 'utf8'));
  const rows = Object.entries(networks).flatMap(([network, runtimes]) =>
    Object.entries(runtimes).map(([id, families]) => {
      const cells = Object.keys(FAMILIES).map((family) => {
        const [found, own] = [families[family], runtimes.ours?.[family]];
        if (!found || 'error' in found) return found ? 'fails' : '–';
        const both = [found.paid, found.free].map(digits).join(' · ');
        if (id === 'ours' || !own || 'error' in own) return both;
        return `${both} (${digits(found.paid / own.paid)} · ${digits(found.free / own.free)}×)`;
      });
      return [network, `${NAMES[id] ?? id} ${versions[id] ?? ''}`.trim(), ...cells];
    }),
  );
  writeTable('model', gridOf(['network', 'runtime', ...Object.values(FAMILIES)], 2, rows));
}

function provenance() {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  return `Node ${process.versions.node}, at ${commit}, ${new Date().toISOString().slice(0, 10)}`;
}

/** Three digits. @param {number} value */
function digits(value) {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** @param {number} value */
function ms(value) {
  return `${digits(value)} ms`;
}
