// Breaks one line at a time and checks whether the tests notice. Works on a copy. For developers, not part of npm test.
//   node scripts/mutate.mjs [--files shaders,src/plan] [--count 20] [--seed 1] [--tests unit,gpu] [test files …]
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bin, root } from './lib/setup.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    files: { type: 'string', default: 'shaders,src/kernels,src/plan' },
    count: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    tests: { type: 'string', default: 'unit,gpu' },
  },
});

/** What to look for in a line, and its replacement: off-by-one, wrong operator, wrong axis. That is how kernels break. */
/** @type {[RegExp, (match: string) => string][]} */
const operators = [
  [/ \+ /g, () => ' - '],
  [/ - /g, () => ' + '],
  [/ \* /g, () => ' + '],
  [/ < /g, () => ' <= '],
  [/ >= /g, () => ' > '],
  [/ && /g, () => ' || '],
  [/\b\d+u\b/g, (match) => `${Number.parseInt(match, 10) + 1}u`],
  [/(?<=\w)\.x\b/g, () => '.y'],
  [/(?<=\w)\.y\b/g, () => '.x'],
];

/** @typedef {{ file: string, line: number, before: string, after: string, text: string }} Mutant */

const copy = mkdtempSync(join(tmpdir(), 'resnet-webgpu-mutants-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
for (const file of tracked.split('\n').filter((name) => name && existsSync(join(root, name)))) cpSync(join(root, file), join(copy, file));
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');

const folders = options.files.split(',');
const sources = tracked
  .split('\n')
  .filter(
    (name) => folders.some((folder) => name.startsWith(folder)) && /\.(wgsl|ts)$/.test(name) && !/\.(test|cases|reference)\./.test(name),
  );
const mutants = sample(sources.flatMap(mutantsOf), Number(options.count), Number(options.seed));

const baseline = failures();
if (baseline.length > 0) {
  console.error(`The tests fail before anything is broken: ${baseline[0]}`);
  process.exit(1);
}
let survivors = 0;
for (const mutant of mutants) {
  writeFileSync(join(copy, mutant.file), mutant.text);
  const noticed = failures();
  cpSync(join(root, mutant.file), join(copy, mutant.file));
  if (noticed.length === 0) survivors++;
  const verdict = noticed.length === 0 ? 'NOT NOTICED' : `noticed by ${noticed[0]}`;
  console.log(`${mutant.file}:${mutant.line}\n  - ${mutant.before.trim()}\n  + ${mutant.after.trim()}\n  ${verdict}`);
}
console.log(`${mutants.length - survivors} of ${mutants.length} noticed`);

/** @param {string} file @returns {Mutant[]} */
function mutantsOf(file) {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  return lines.flatMap((before, i) => {
    if (/^\s*(\/\/|\/?\*|import |\})/.test(before)) return [];
    const code = before.replace(/\/\/.*/, '');
    return operators.flatMap(([pattern, replace]) =>
      [...code.matchAll(pattern)].map(({ 0: match, index }) => {
        const after = before.slice(0, index) + replace(match) + before.slice(index + match.length);
        return { file, line: i + 1, before, after, text: lines.with(i, after).join('\n') };
      }),
    );
  });
}

/** The names of failing tests, up to the first file with a failure. */
function failures() {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  const projects = options.tests.split(',').flatMap((name) => ['--project', name]);
  const args = [bin('vitest'), 'run', ...positionals, ...projects, '--bail=1', '--reporter=json', `--outputFile=${report}`];
  // A mutant may loop forever. That counts as noticed, too.
  const { status } = spawnSync(process.execPath, args, { cwd: copy, stdio: 'ignore', timeout: 300_000 });
  if (status === 0) return [];
  if (!existsSync(report)) return ['a run that does not end'];
  /** @type {{ testResults: { name: string, message: string, assertionResults: { status: string, fullName: string }[] }[] }} */
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const failed = testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter((test) => test.status === 'failed').map((test) => test.fullName),
  );
  return failed.length > 0 ? failed : ['a file that cannot be loaded'];
}

/** @template T @param {T[]} items @param {number} count @param {number} seed @returns {T[]} */
function sample(items, count, seed) {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return items
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ item }) => item);
}
