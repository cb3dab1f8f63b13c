// Runs the cases of test/browser in Chromium and Firefox. There is one page and one device in each browser. A page that hangs, crashes or
// loses its device is replaced. Its case runs once more in the new page, because a browser may die for other reasons than the case. It
// fails if that page dies, too. The end of the run names each case that ran twice.
//   --browser chromium|firefox   only this one
//   --filter text                only cases whose name contains the text
//   --full                       every case, including those that `npm test` leaves to `npm run test:full`
//   --list                       only prints the names
//   --verbose                    a line for each case
//   --report file.json           the counts, for npm test
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'vite';
import { findBrowser, findIcd, launch } from './lib/browsers.mjs';
import { serve } from './lib/server.mjs';
import { root } from './lib/setup.mjs';
import { wgsl } from './lib/wgsl.mjs';

/** @typedef {import('./lib/browsers.mjs').BrowserName} BrowserName */
/** @typedef {{ name: string, ms: number, note?: string, error?: string, outOfScope?: string }} Result */

const { values: options } = parseArgs({
  options: {
    browser: { type: 'string' },
    filter: { type: 'string', default: '' },
    full: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    verbose: { type: 'boolean', short: 'v', default: false },
    report: { type: 'string' },
  },
});

const START_SECONDS = 120;
// A separate folder, because both may be built at the same time.
const bundle = `.cache/harness-${options.browser ?? 'all'}`;

await build({
  configFile: false,
  root: join(root, 'test/harness'),
  logLevel: 'warn',
  plugins: [wgsl()],
  // A script cannot import() parts of the library.
  worker: { format: 'es', plugins: () => [wgsl()] },
  build: {
    target: 'esnext',
    outDir: join(root, bundle),
    emptyOutDir: true,
    minify: false,
    rolldownOptions: { input: join(root, 'test/harness/page.html'), checks: { pluginTimings: false } },
  },
});

/** Handlers for the page's events, by session. A late event of an abandoned page has no effect. */
/** @type {Map<string, (event: any) => void>} */
const sessions = new Map();

const server = await serve({
  folders: {
    harness: bundle,
    assets: `${bundle}/assets`,
    test: 'test',
    demo: 'demo',
    weights: 'weights',
    dist: 'dist',
    csp: 'test/harness/csp',
  },
  routes: {
    '/report': async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const session = new URL(request.url ?? '', 'http://localhost').searchParams.get('session') ?? '';
      sessions.get(session)?.(JSON.parse(Buffer.concat(chunks).toString()));
      response.end();
    },
  },
  // Only scripts from files of this server, no eval, no workers from blobs, no other network access.
  headers: (path) =>
    path.startsWith('/csp/')
      ? { 'content-security-policy': "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; img-src 'self'" }
      : /** @type {Record<string, string>} */ ({}),
});

const browsers = /** @type {BrowserName[]} */ (options.browser ? [options.browser] : ['chromium', 'firefox']);
const total = {
  passed: 0,
  failed: 0,
  skipped: /** @type {string[]} */ ([]),
  results: /** @type {Result[]} */ ([]),
  /** Cases that ran twice, and what happened to the first page. */
  again: /** @type {string[]} */ ([]),
};
for (const name of browsers) await testBrowser(name);
await server.close();
if (options.report) {
  mkdirSync(dirname(options.report), { recursive: true });
  const failures = total.results.flatMap(({ name, error }) => (error ? `${name}\n${error}` : []));
  writeFileSync(options.report, JSON.stringify({ ...total, failures }, null, 1));
}
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : ''}`);
process.exit(total.failed > 0 ? 1 : 0);

/** @param {BrowserName} name */
async function testBrowser(name) {
  const missing = whyNot(name);
  if (missing) {
    console.log(`${name}: skipped. ${missing}`);
    total.skipped.push(missing);
    return;
  }
  const started = performance.now();
  /** @type {Result[]} */
  const results = [];
  const strict = !options.list && (options.filter === '' || 'csp'.startsWith(options.filter));
  for (const path of ['/harness/page.html', ...(strict ? ['/csp/page.html'] : [])])
    for (let from = 0; from !== -1; ) from = await runPage(name, from, results, path);
  summarise(name, results, (performance.now() - started) / 1000);
}

/** @param {BrowserName} name @returns {string | undefined} */
function whyNot(name) {
  if (!findBrowser(name)) return `${name} is not installed; npm test says how to get it`;
  if (name === 'firefox' && process.platform === 'linux' && !findIcd('lavapipe') && process.env.WEBGPU_ADAPTER !== 'default') {
    return 'Firefox needs lavapipe: apt-get install mesa-vulkan-drivers';
  }
  return undefined;
}

/**
 * Runs one page, from the case with this index on. Returns the index to continue with if the page died, otherwise -1.
 * @param {BrowserName} name @param {number} from @param {Result[]} results @param {string} path
 */
async function runPage(name, from, results, path) {
  /** @type {string[]} */
  const output = [];
  const session = `${name}-${from}-${Date.now()}`;
  /** @type {string[]} */
  let names = [];
  let current = -1;
  let over = false;
  /** @type {{ resolve: (next: number) => void, promise: Promise<number> }} */
  const ended = withResolvers();
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const allow = (/** @type {number} */ seconds) => {
    clearTimeout(timer);
    timer = setTimeout(() => give(`no answer within ${seconds} s`), seconds * 1000);
  };
  /** The page is unusable. Its current case counts as the reason. */
  const give = (/** @type {string} */ why) => {
    if (over) return;
    const text = [why, ...output.splice(0)].join('\n');
    const blamed = names[current] ?? `${name} ${path}`;
    if (runsAgain(blamed, text)) return ended.resolve(Math.max(current, from));
    finish(results, { name: blamed, ms: 0, error: text });
    ended.resolve(names.length > 0 && current + 1 < names.length ? current + 1 : -1);
  };
  sessions.set(session, (event) => {
    if (event.type === 'device') console.log(`${name}: ${version}, ${event.text}`);
    else if (event.type === 'list') {
      names = event.names;
      if (options.list) console.log(names.join('\n'));
      if (from === 0 && options.filter === '' && event.all) noteLeft(names, event.all);
    } else if (event.type === 'start') {
      current = event.index;
      allow(event.seconds);
    } else if (event.type === 'result') {
      // The page's output is part of a failure, for example a driver's message.
      const error = event.error && [event.error, ...output].join('\n');
      output.length = 0;
      const again = event.lost && runsAgain(names[event.index] ?? '', error);
      if (!again) finish(results, { ...event, name: names[event.index], error });
      if (!event.lost) allow(START_SECONDS);
      else if (again) ended.resolve(current);
      else ended.resolve(current + 1 < names.length ? current + 1 : -1);
    } else if (event.type === 'fatal') give(event.error);
    else if (event.type === 'done') ended.resolve(-1);
  });
  const { page, version, close } = await launch(name, {
    onError: (text) => output.push(`console: ${text.split('\n').slice(0, 4).join('\n')}`),
    onCrash: () => give('the page crashed'),
  });
  allow(START_SECONDS);
  const query = new URLSearchParams({ session, browser: name, from: String(from), filter: options.filter });
  if (options.full) query.set('full', '');
  if (options.list) query.set('list', '');
  page.goto(`${server.url}${path}?${query}`).catch((error) => give(`the page did not open: ${error}`));
  const next = await ended.promise;
  over = true;
  clearTimeout(timer);
  sessions.delete(session);
  await close();
  return next;
}

/** Whether a case may run again after its page died. @param {string} name @param {string} why */
function runsAgain(name, why) {
  if (total.again.some((line) => line.startsWith(`${name}\n`))) return false;
  total.again.push(`${name}\n${why}`);
  console.log(`  ↻ ${name} runs again in a new page: ${why.split('\n')[0]}`);
  return true;
}

/** Cases that only a full run has, for the end of `npm test`. @param {string[]} run @param {string[]} all */
function noteLeft(run, all) {
  if (!process.env.LEFT_TO_FULL) return;
  for (const group of new Set(all.map((name) => groupOf({ name })))) {
    const countIn = (/** @type {string[]} */ names) => names.filter((name) => groupOf({ name }) === group).length;
    const note = { what: group, left: countIn(all) - countIn(run), of: countIn(all) };
    appendFileSync(process.env.LEFT_TO_FULL, `${JSON.stringify(note)}\n`);
  }
}

function withResolvers() {
  /** @type {(next: number) => void} */
  let resolve = () => {};
  /** @type {Promise<number>} */
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** @param {Result[]} results @param {Result} result */
function finish(results, result) {
  const before = results.at(-1);
  if (before && groupOf(before) !== groupOf(result)) printGroup(results, groupOf(before));
  results.push(result);
  const seconds = `${(result.ms / 1000).toFixed(1)} s`;
  if (result.error) console.log(`  ✗ ${result.name} (${seconds})\n      ${result.error.split('\n').join('\n      ')}`);
  else if (options.verbose)
    console.log(`  ${result.outOfScope ? '–' : '✓'} ${result.name} (${seconds}) ${result.outOfScope ?? result.note ?? ''}`);
}

/** @param {Result} result */
function isPass({ error, outOfScope }) {
  return !error && outOfScope === undefined;
}

/** @param {Result[]} results @param {string} group */
function printGroup(results, group) {
  const members = results.filter((result) => groupOf(result) === group);
  const [passed, failed] = [members.filter(isPass).length, members.filter(({ error }) => error).length];
  const skipped = members.length - passed - failed;
  const time = (members.reduce((sum, { ms }) => sum + ms, 0) / 1000).toFixed(1);
  const scope = skipped > 0 ? `  ${skipped} out of scope` : '';
  console.log(
    `  ${group.padEnd(14)}${String(passed).padStart(5)} passed${String(failed).padStart(5)} failed ${time.padStart(8)} s${scope}`,
  );
}

/** @param {BrowserName} name @param {Result[]} results @param {number} seconds */
function summarise(name, results, seconds) {
  const last = results.at(-1);
  if (last) printGroup(results, groupOf(last));
  /** @type {Map<string, string[]>} */
  const reasons = new Map();
  for (const { name, outOfScope } of results)
    if (outOfScope !== undefined) reasons.set(outOfScope, [...(reasons.get(outOfScope) ?? []), name]);
  for (const [reason, names] of reasons) console.log(`  out of scope, ${reason} (${names.length}): ${names.join(', ')}`);
  const passed = results.filter(isPass).length;
  total.passed += passed;
  total.results.push(...results);
  total.failed += results.filter(({ error }) => error).length;
  console.log(`  ${name}: ${passed} passed in ${seconds.toFixed(0)} s`);
}

/** @param {{ name: string }} result */
function groupOf({ name }) {
  return name.split('/')[0] ?? name;
}
