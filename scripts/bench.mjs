// `npm run bench`: runs the benchmark page in a headless browser, and prints its report as a table, JSON and Markdown.
//   --models resnet18,resnet50,…     names of architectures
//   --runtimes ours,ort-webgpu,…     ours, ours-f16, litert-webgpu, litert-webgpu-f16, ort-webgpu, ort-webgpu-graph, tfjs-webgpu, ort-wasm,
//                                    tfjs-wasm; or all, or webgpu
//   --batch 1,8                      batch sizes
//   --rounds 3 --warmups 3           timed and untimed warm inferences
//   --seconds 150                    limit of warm inferences for one runtime with one network
//   --size 224                       height and width, if they should not be the network's own
//   --weights golden|random|address  golden: the networks whose logits PyTorch computed
//   --out file.json                  also writes file.md; default: only prints
//   --doc times,costs                puts these tables into docs/performance.md, between the marks of that name
//   --browser chromium|firefox
//   --no-layers --no-peaks           leave these out
//   --no-build                       does not build the page if it is there
// WEBGPU_ADAPTER=default measures the machine's GPU instead of a software adapter.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBrowsers, launch } from './lib/browsers.mjs';
import { writeTable } from './lib/docs.mjs';
import { serve } from './lib/server.mjs';
import { ensureInstalled, root } from './lib/setup.mjs';

const { values: options } = parseArgs({
  options: {
    models: { type: 'string', default: 'resnet18,resnet50,resnext50_32x4d' },
    runtimes: { type: 'string', default: 'webgpu' },
    batch: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '3' },
    warmups: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '150' },
    seed: { type: 'string', default: '1' },
    size: { type: 'string' },
    weights: { type: 'string', default: 'golden' },
    out: { type: 'string' },
    doc: { type: 'string' },
    browser: { type: 'string', default: 'chromium' },
    'no-layers': { type: 'boolean', default: false },
    'no-peaks': { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  const [head = ''] = readFileSync(fileURLToPath(import.meta.url), 'utf8').split('\nimport ');
  console.log(head.replaceAll(/^\/\/ ?/gm, ''));
  process.exit();
}
const groups = /** @type {Record<string, string>} */ ({
  webgpu: 'ours,litert-webgpu,ort-webgpu,ort-webgpu-graph,tfjs-webgpu',
  all: 'ours,ours-f16,litert-webgpu,litert-webgpu-f16,ort-webgpu,ort-webgpu-graph,tfjs-webgpu,ort-wasm,tfjs-wasm',
});

ensureInstalled();
for (const problem of ensureBrowsers()) console.error(problem);
// A separate folder, because a benchmark takes minutes, and someone may build the demo meanwhile.
const pages = '.cache/bench';
if (!options['no-build'] || !existsSync(join(root, pages, 'benchmark.html'))) {
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const build = [vite, 'build', '--mode', 'demo', '--logLevel', 'error', '--outDir', join(root, pages), '--emptyOutDir'];
  execFileSync(process.execPath, build, { cwd: root, stdio: 'inherit', env: { ...process.env, VITE_COMMIT: commit() } });
}

const query = new URLSearchParams({
  models: options.models,
  runtimes: groups[options.runtimes] ?? options.runtimes,
  batches: options.batch,
  rounds: options.rounds,
  warmups: options.warmups,
  seconds: options.seconds,
  seed: options.seed,
  weights: options.weights,
  ...(options.size === undefined ? {} : { size: options.size }),
  layers: options['no-layers'] ? '0' : '1',
  peaks: options['no-peaks'] ? '0' : '1',
  run: '1',
});

const site = await serve({
  folders: { demo: pages, test: 'test', weights: 'weights' },
  // With these headers wasm may use threads, and clocks are fine.
  headers: () => ({ 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }),
});
/** @type {string[]} */
const problems = [];
let isOver = false;
const name = options.browser === 'firefox' ? 'firefox' : 'chromium';
const { page, close } = await launch(name, {
  onError: (text) => problems.push(text),
  onCrash: () => isOver || fail('The page crashed.'),
  viewport: { width: 1280, height: 900 },
});

try {
  await page.goto(`${site.url}/demo/benchmark.html#${query}`);
  await follow();
} catch (error) {
  fail(String(error));
}
const { json, markdown, text, summaries, failed } = await page.evaluate(() => {
  const bench =
    /** @type {{ export(): { json: string, markdown: string, text: string, summaries: Record<string, string>, failed: string[] } }} */ (
      /** @type {any} */ (globalThis).benchmark
    );
  return bench.export();
});
console.log(`\n${text}`);
if (options.out) {
  const out = resolve(options.out);
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, `${json}\n`);
  writeFileSync(out.replace(/(\.json)?$/, '.md'), `${markdown}\n`);
  console.log(`written: ${options.out} and its .md`);
}
for (const mark of options.doc?.split(',') ?? []) writeTable(mark, summaries[mark]);
for (const problem of new Set(problems)) console.error(`console: ${problem}`);
isOver = true;
await close();
await site.close();
process.exitCode = failed.length > 0 ? 1 : 0;

/** The sources that were measured. Changed ones have no name. */
function commit() {
  try {
    const git = (/** @type {string[]} */ ...args) =>
      execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', 'src', 'shaders', 'demo/bench') === '' ? '' : ' and changes'}`;
  } catch {
    return '';
  }
}

/** Prints what the page is doing until it is done. */
async function follow() {
  const started = performance.now();
  for (let last = ''; ; ) {
    const { state, step } = await page.evaluate(() => ({
      state: document.documentElement.dataset.bench,
      step: document.querySelector('#readout-text')?.textContent ?? '',
    }));
    if (step !== last) console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${step}`);
    last = step;
    if (state === 'done' || state === 'failed') return;
    await new Promise((wait) => setTimeout(wait, 250));
  }
}

/** @param {string} why */
function fail(why) {
  console.error([why, ...new Set(problems)].join('\n'));
  process.exit(1);
}
