/** The built demo behind a server, and a browser to view it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { chromiumFlags, findBrowser } from '../../scripts/lib/browsers.mjs';
import { serve } from '../../scripts/lib/server.mjs';
import { root } from '../../scripts/lib/setup.mjs';

/** A checkpoint of the tests. Its size distinguishes it from the bundled one. */
export const RESNET20 = 'test/checkpoints/weights/akamaster-cifar10/resnet20-12fca82f.th';

export const file = (path: string) => `${root}/${path}`;

export interface Site {
  url: string;
  close(): Promise<void>;
}

/** @param model folder of a converted model to put next to the page */
export async function buildAndServe(model?: string): Promise<Site> {
  const folders = { demo: built(model), files: 'test/checkpoints' };
  return serve({ folders, routes: { '/slow/weights.th': slowly(RESNET20) } });
}

/** The sources of a page. */
const SOURCES = ['demo', 'src', 'shaders', 'weights', 'scripts/lib', 'vite.config.ts', 'package-lock.json'];

/** The folder of a built page. A build takes seconds, and nine test files need one. It is built again if a source is newer. */
function built(model: string | undefined): string {
  const folder = `.cache/e2e/${model?.replaceAll('/', '-') ?? 'page'}`;
  const stamp = file(`${folder}/built.json`);
  const newest = Math.max(...[...SOURCES, ...(model === undefined ? [] : [model])].map((path) => changedAt(file(path))));
  if ((statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0) > 0 && JSON.parse(readFileSync(stamp, 'utf8')) > newest) return folder;
  const begun = Date.now();
  const vite = [file('node_modules/vite/bin/vite.js'), 'build', '--mode', 'demo', '--logLevel', 'warn', '--outDir', file(folder)];
  execFileSync(process.execPath, vite, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...(model !== undefined && { DEMO_MODEL: file(model) }) },
  });
  writeFileSync(stamp, JSON.stringify(begun));
  return folder;
}

/** Time of a file, or of the newest thing in a folder. The folder's own time changes when something is removed. */
function changedAt(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => changedAt(`${path}/${name}`)));
}

/** A download that takes forever, so that there is time to cancel it. */
function slowly(path: string): RequestListener {
  const bytes = readFileSync(file(path));
  return (_, response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, 300_000));
  };
}

/** A step of a test may take this long. Playwright's 30 seconds have passed on two cores that eight other programs shared. */
export const PATIENCE_MS = 150_000;

export async function openBrowser(flags: readonly string[] = []): Promise<Browser> {
  const executablePath = findBrowser('chromium');
  if (!executablePath) throw new Error('Chromium is missing.');
  const fakeCamera = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
  const browser = await chromium.launch({ executablePath, args: [...chromiumFlags, ...fakeCamera, ...flags] });
  browser.on('context', (context) => {
    context.setDefaultTimeout(PATIENCE_MS);
    context.setDefaultNavigationTimeout(PATIENCE_MS);
  });
  return browser;
}

/** Things that must not happen on any page, recorded as they happen. */
export interface Visit {
  page: Page;
  /** Console errors, uncaught errors, violations of the content security policy, requests to other origins. */
  incidents: string[];
  close(): Promise<void>;
}

export async function visit(browser: Browser, url: string, options: BrowserContextOptions & { before?: () => void } = {}): Promise<Visit> {
  const { before, ...contextOptions } = options;
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...contextOptions });
  const page = await context.newPage();
  const incidents: string[] = [];
  page.on('console', (message) => message.type() === 'error' && incidents.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => incidents.push(`uncaught: ${error.stack ?? error}`));
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== new URL(url).origin && !['blob:', 'data:'].includes(protocol)) incidents.push(`request: ${request.url()}`);
  });
  await page.exposeFunction('reportIncident', (text: string) => incidents.push(text));
  await page.addInitScript(() => {
    const report = (globalThis as unknown as { reportIncident(text: string): void }).reportIncident;
    document.addEventListener('securitypolicyviolation', (event) => report(`csp: ${event.violatedDirective} ${event.blockedURI}`));
  });
  if (before) await page.addInitScript(before);
  await page.goto(url);
  return { page, incidents, close: () => context.close() };
}

const ANSWER_MS = 60_000;

/** Whether the page's thread still runs scripts. It does not while it waits for its GPU process. */
export async function answers(page: Page): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ANSWER_MS, false);
  });
  const answer = page.evaluate(() => true).catch(() => false);
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/** What the browser's processes are doing, for the log: which of them is busy, and which is waiting. */
export function busyThreads(): string {
  const { stdout } = spawnSync('ps', ['-eLo', 'pcpu,wchan:24,comm,args', '--sort=-pcpu'], { encoding: 'utf8' });
  const ofBrowser = (stdout ?? '').split('\n').filter((line) => /type=(gpu-process|renderer)/.test(line));
  return ofBrowser
    .map((line) => line.replace(/(--type=\S+).*/, '$1'))
    .slice(0, 24)
    .join('\n');
}

/** Waits until the readout says that a network is ready. Otherwise fails with the readout's text. */
export async function ready(page: Page, network = 'ResNet-56'): Promise<void> {
  await page.waitForFunction((name) => {
    const readout = document.querySelector<HTMLElement>('#readout');
    const text = readout?.textContent ?? '';
    const { state } = readout?.dataset ?? {};
    const refusal = document.querySelector('.notice[role=alert]')?.textContent;
    // When a network is refused, the previous one stays ready.
    if (state === 'failed' || (state === 'ready' && !text.includes(name) && refusal)) throw new Error(`${text} ${refusal}`);
    return state === 'ready' && text.includes(name);
  }, network);
}

/** Waits until the verdict is for the photo with this name, and returns it. */
export async function verdict(page: Page, photo: string): Promise<{ label: string; share: string }> {
  await page.waitForFunction((name) => {
    const label = document.querySelector('#verdict-label')?.textContent ?? '–';
    return document.querySelector('#result-title')?.textContent === name && label !== '–';
  }, photo);
  const text = async (selector: string) => (await page.textContent(selector)) ?? '';
  return { label: await text('#verdict-label'), share: await text('#verdict-share') };
}

/** Waits until an element says something. What a press brings about need not be there when the press is over. */
export async function says(page: Page, selector: string, { source, flags }: RegExp): Promise<void> {
  await page.waitForFunction(
    ({ selector, source, flags }) => new RegExp(source, flags).test(document.querySelector(selector)?.textContent ?? ''),
    { selector, source, flags },
  );
}

/**
 * Presses a button as soon as an element says something, in the same turn: what goes on in the page does not wait for a test, and by
 * the time a press comes from outside there may be nothing left to cancel.
 */
export async function pressOnce(page: Page, button: string, selector: string, words: RegExp): Promise<void> {
  await page.waitForFunction(
    ({ button, selector, source }) => {
      const [pressed] = [...document.querySelectorAll<HTMLButtonElement>(button)].filter((one) => one.checkVisibility());
      if (!pressed || !new RegExp(source).test(document.querySelector(selector)?.textContent ?? '')) return false;
      pressed.click();
      return true;
    },
    { button, selector, source: words.source },
  );
}

/** A file of ours, or of this text. */
export interface Given {
  path?: string;
  text?: string;
  name: string;
  type: string;
}

/** A DataTransfer with files, made inside the page. */
export async function transfer(page: Page, ...files: Given[]) {
  const given = files.map(({ path, text = '', name, type }) => ({
    bytes: [...(path ? readFileSync(path) : Buffer.from(text))],
    name,
    type,
  }));
  return page.evaluateHandle((all) => {
    const data = new DataTransfer();
    for (const { bytes, name, type } of all) data.items.add(new File([new Uint8Array(bytes)], name, { type }));
    return data;
  }, given);
}

/** Puts a file into the event of a paste. */
export async function paste(page: Page, ...files: Given[]): Promise<void> {
  const data = await transfer(page, ...files);
  await page.evaluate((clipboardData) => document.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true })), data);
}

/** Drops files onto the centre of an element. */
export async function drop(page: Page, selector: string, ...files: Given[]): Promise<void> {
  const dataTransfer = await transfer(page, ...files);
  const { x = 0, y = 0, width = 0, height = 0 } = (await page.locator(selector).boundingBox()) ?? {};
  await page.dispatchEvent(selector, 'drop', { dataTransfer, clientX: x + width / 2, clientY: y + height / 2 });
}
