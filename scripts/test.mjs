// `npm test`: sets everything up, and runs every kind of test. At the end it prints what only a full run tests, and a one-line summary.
//   --full            every case in both browsers, 100 times as many malformed inputs, the package with all examples, bundlers and
//                     runtimes, for which npm must be reachable, and the documentation site
//   --only a,b        only these steps
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bin, ensureInstalled, root } from './lib/setup.mjs';

const { values: options } = parseArgs({ options: { full: { type: 'boolean', default: false }, only: { type: 'string' } } });
const only = options.only?.split(',');
const results = join(root, 'test-results');

/**
 * `failures`: what failed, with its error. `again`: what was run a second time, and why.
 * @typedef {{ passed: number, failed: number, skipped: string[], failures?: string[], again?: string[] }} Counts
 */
/** What only a full run does, and how many of how many. @typedef {{ what: string, left: number, of: number }} Left */
/**
 * `beside`: runs at the same time as the step before it, and prints after that. `long`: in a full run, or where it is named.
 * @typedef {{
 *   name: string, args: () => string[], counts?: () => Counts | undefined, env?: () => Record<string, string> | undefined,
 *   left?: Left, beside?: boolean, long?: boolean,
 * }} Step
 */

ensureInstalled();
const browsers = await import('./lib/browsers.mjs');
mkdirSync(results, { recursive: true });

/** @type {Step[]} */
const steps = [
  { name: 'types', args: () => [bin('typescript', 'tsc'), '--noEmit', '-p', 'tsconfig.json'] },
  { name: 'lint', args: () => [bin('@biomejs/biome', 'biome'), 'check', '--error-on-warnings', '.'], beside: true },
  { name: 'circular', args: () => ['scripts/circles.mjs'], beside: true },
  { name: 'lines', args: () => ['scripts/lines.mjs'], beside: true },
  { ...vitest('unit'), left: { what: 'inputs spoilt at random', left: 297_000, of: 300_000 } },
  { ...vitest('gpu', () => [...alsoInBrowsers(), ...withoutPython()]), env: softwareGpu },
  { name: 'build', args: () => ['scripts/build.mjs', '--quiet'] },
  { name: 'size', args: () => ['scripts/size.mjs'] },
  // Prints itself that it is skipped. Changing a kernel must not require compilers for all GPUs.
  { name: 'record', args: () => ['scripts/record.mjs', '--check'] },
  {
    name: 'soak',
    args: () => [
      '--expose-gc',
      'scripts/soak.mjs',
      '--calls',
      options.full ? '2000' : '100',
      ...(options.full ? [] : ['--loss-every', '50']),
    ],
    env: softwareGpu,
    left: { what: 'calls', left: 1900, of: 2000 },
  },
  vitest('package'),
  listed('examples'),
  listed('bundlers'),
  { name: 'docs', args: () => ['scripts/docs.mjs'], long: true },
  browser('chromium'),
  // A single core compiles a shader, and two browsers share nothing.
  { ...browser('firefox'), beside: true },
  vitest('e2e'),
];

/** Kernels, operators and networks in Node are for a quick look. In both browsers they run anyway. */
function alsoInBrowsers() {
  const files = ['src/kernels/kernels.gpu.test.ts', 'test/gpu/ops.test.ts', 'test/gpu/networks.test.ts'];
  return browsers.findBrowser('chromium') ? files.map((file) => `--exclude=${file}`) : [];
}

/** Comparisons with PyTorch itself run if a Python with PyTorch is given, and in a full run if there is one. */
function withoutPython() {
  const needs = 'import numpy, torch, torchvision, safetensors, PIL';
  if (process.env.PYTHON || (options.full && spawnSync('python3', ['-c', needs]).status === 0)) return [];
  console.log('page lines: left out (PYTHON names an interpreter with torch and torchvision)');
  return ['--exclude=test/gpu/page-lines.test.ts'];
}

/** @param {string} project @param {() => string[]} [more] @returns {Step} */
function vitest(project, more = () => []) {
  const report = join(results, `${project}.json`);
  return {
    name: project,
    args: () => {
      rmSync(report, { force: true });
      return [
        bin('vitest'),
        'run',
        '--project',
        project,
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
        ...more(),
      ];
    },
    counts: () => {
      if (!existsSync(report)) return undefined;
      const { numPassedTests, numFailedTests, numFailedTestSuites, testResults } = JSON.parse(readFileSync(report, 'utf8'));
      /** @type {{ status: string, fullName: string, failureMessages?: string[] }[]} */
      const cases = testResults.flatMap((/** @type {{ assertionResults: object[] }} */ file) => file.assertionResults);
      const skipped = cases.filter(({ status }) => status !== 'passed' && status !== 'failed').map(({ fullName }) => fullName);
      const failures = cases
        .filter(({ status }) => status === 'failed')
        .map(({ fullName, failureMessages }) => `${fullName}\n${failureMessages?.[0] ?? ''}`);
      // A file that cannot be loaded has no tests that could fail.
      const files = testResults
        .filter(
          (/** @type {{ status: string, assertionResults: object[] }} */ file) => file.status === 'failed' && !file.assertionResults.length,
        )
        .map((/** @type {{ name: string, message: string }} */ file) => `${file.name}\n${file.message}`);
      return { passed: numPassedTests, failed: numFailedTests || numFailedTestSuites, skipped, failures: [...failures, ...files] };
    },
  };
}

/** Where Dawn in Node finds a driver that needs no GPU. Other systems than Linux have one. */
function softwareGpu() {
  const icd = process.env.VK_ICD_FILENAMES ?? browsers.findIcd('swiftshader') ?? browsers.findIcd('lavapipe');
  return icd === undefined || process.env.WEBGPU_ADAPTER === 'default' ? undefined : { VK_ICD_FILENAMES: icd };
}

/** @param {'chromium' | 'firefox'} name @returns {Step} */
function browser(name) {
  const report = join(results, `${name}.json`);
  return {
    name,
    args: () => {
      rmSync(report, { force: true });
      return ['scripts/test-browsers.mjs', '--browser', name, '--report', report, ...(options.full ? ['--full'] : [])];
    },
    counts: () => (existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined),
  };
}

/** A script that prints a table and counts itself. @param {'examples' | 'bundlers'} name @returns {Step} */
function listed(name) {
  const report = join(results, `${name}.json`);
  return {
    name,
    long: true,
    args: () => {
      rmSync(report, { force: true });
      return [`scripts/${name}.mjs`, '--report', report];
    },
    counts: () => (existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined),
  };
}

const unknown = only?.filter((name) => !steps.some((step) => step.name === name)) ?? [];
if (unknown.length > 0) {
  console.error(`There is no step ${unknown.join(', ')}, but ${steps.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}
const chosen = steps.filter(({ name, long }) => (only ? only.includes(name) : options.full || !long));
/** @type {(Counts & { name: string, left: Left[], seconds: number })[]} */
const table = [];
if (chosen.some(({ name }) => ['chromium', 'firefox', 'gpu', 'soak', 'package', 'examples', 'bundlers', 'e2e'].includes(name))) {
  for (const problem of browsers.ensureBrowsers()) console.log(problem);
}
for (let i = 0; i < chosen.length; ) {
  const next = chosen.findIndex((step, k) => k > i && !step.beside);
  const atOnce = chosen.slice(i, next === -1 ? chosen.length : next);
  /** @type {Promise<unknown>} */
  let before = Promise.resolve();
  const running = atOnce.map((step, k) => {
    const row = run(step, k === 0 ? undefined : before);
    before = row;
    return row;
  });
  table.push(...(await Promise.all(running)));
  i += atOnce.length;
}

console.log(`\n${'step'.padEnd(18)}${'passed'.padStart(8)}${'failed'.padStart(8)}${'skipped'.padStart(9)}${'seconds'.padStart(9)}`);
for (const { name, passed, failed, skipped, seconds } of table) {
  console.log(
    `${name.padEnd(18)}${String(passed).padStart(8)}${String(failed).padStart(8)}${String(skipped.length).padStart(9)}${seconds.toFixed(0).padStart(9)}`,
  );
}
const skipped = table.flatMap((row) => row.skipped.map((what) => `${row.name}: ${what}`));
for (const line of skipped) console.log(`skipped: ${line}`);
// Printed again, because a log is read from its end, and often only the end is kept.
for (const { name, failures = [], again = [] } of table) {
  for (const what of again) console.log(`ran again, since its page died: ${name}: ${indent(what)}`);
  for (const what of failures) console.log(`failed: ${name}: ${indent(what)}`);
}
// In CI nothing is missing. A skipped test there is a test that somebody lost.
const lost = process.env.CI ? skipped.length : 0;
if (lost > 0) console.log('CI is set: a skipped test counts as failed.');
const left = table.flatMap((row) => row.left.map(({ what, left, of }) => `  ${row.name}: ${left} of ${of} ${what}`));
const whole = only ? [] : steps.flatMap(({ name, long }) => (long ? name : []));
if (!options.full && left.length > 0) console.log(['\nleft to npm run test:full:', ...left].join('\n'));
if (!options.full && whole.length > 0) console.log(`  ${whole.join(', ')}: all; gpu: kernels that are refused, on most classes of GPU`);
const passed = table.reduce((sum, row) => sum + row.passed, 0);
const failed = table.reduce((sum, row) => sum + row.failed, 0) + lost;
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** The first lines of an error, without those of the test runner. @param {string} text */
function indent(text) {
  const own = text.split('\n').filter((line) => !line.includes('node_modules'));
  return own.slice(0, 12).join('\n    ');
}

/** @param {Step} step @param {Promise<unknown>} [before] the output is held back until this settles */
async function run({ name, args, counts, env, left: known }, before) {
  const title = `\n── ${name} ${'─'.repeat(Math.max(0, 60 - name.length))}`;
  if (!before) console.log(title);
  const start = performance.now();
  const notes = join(results, `${name}-left.jsonl`);
  rmSync(notes, { force: true });
  /** @type {Buffer[]} */
  const output = [];
  const code = await new Promise((resolve) => {
    const child = spawn(process.execPath, args(), {
      cwd: root,
      stdio: ['ignore', before ? 'pipe' : 'inherit', before ? 'pipe' : 'inherit'],
      env: { ...process.env, LEFT_TO_FULL: notes, ...(options.full ? { FULL: '1', FUZZ_RUNS: '300000' } : {}), ...env?.() },
    });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part) => output.push(part));
    child.on('close', resolve);
  });
  const seconds = (performance.now() - start) / 1000;
  await before;
  if (before) console.log(`${title}\n${Buffer.concat(output)}`);
  /** @type {Left[]} */
  const noted = existsSync(notes)
    ? readFileSync(notes, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    : [];
  const left = [...(known ? [known] : []), ...noted].filter((one) => one.left > 0);
  const counted = counts?.();
  if (!counted) return { name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [], left, seconds };
  // If a runner fails without a failed test (for example an unhandled rejection), that is still a failure.
  return { name, ...counted, failed: Math.max(counted.failed, code === 0 ? 0 : 1), left, seconds };
}
