import { readFileSync } from 'node:fs';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { toMarkdown } from '../../demo/bench/markdown.ts';
import { isReport, type Report, type RuntimeResult } from '../../demo/bench/report.ts';
import type { Tuning } from '../../src/api/tuning-types.ts';
import { buildAndServe, file, openBrowser, PATIENCE_MS, pressOnce, type Site, says, type Visit, visit } from './site.ts';

/** The smallest network, small images, and two other runtimes: seconds instead of minutes on a software adapter. */
const SMALL = 'models=cifar_resnet20&weights=random&size=16&rounds=2&warmups=0&seconds=20';

let site: Site;
let browser: Browser;
/** The page of the one benchmark that runs to its end. */
let page: Page;
let report: Report;
const visits: Visit[] = [];

beforeAll(async () => {
  site = await buildAndServe();
  browser = await openBrowser();
  page = await go(`#${SMALL}&runtimes=ours,ours-f16,tfjs-webgpu,ort-wasm`, async (page) => {
    // One runtime cannot be fetched. This must only affect that runtime.
    await page.route('**/ort-wasm*.wasm', (route) => route.abort());
  });
  await page.click('#start');
  report = await measured(page);
  // The browser and onnxruntime-web complain about that, and nobody else does.
  const incidents = visits[0]?.incidents.splice(0) ?? [];
  expect(incidents.filter((text) => !/Failed to load resource|wasm|ArrayBuffer instantiation/.test(text))).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

afterEach(() => {
  expect(visits.flatMap(({ incidents }) => incidents.splice(0))).toEqual([]);
});

async function go(hash: string, before?: (page: Page) => Promise<void>): Promise<Page> {
  const opened = await visit(browser, `${site.url}/demo/benchmark.html`);
  visits.push(opened);
  await before?.(opened.page);
  await opened.page.evaluate((to) => {
    location.hash = to;
  }, hash);
  return opened.page;
}

/** Waits for the end of a benchmark, and returns its report. */
async function measured(page: Page): Promise<Report> {
  const isOver = () => !['idle', 'running', undefined].includes(document.documentElement.dataset.bench);
  await page.waitForFunction(isOver, undefined, { timeout: 2 * PATIENCE_MS });
  const json = await page.evaluate(() => (globalThis as unknown as { benchmark: { export(): { json: string } } }).benchmark.export().json);
  const value: unknown = JSON.parse(json);
  if (!isReport(value)) throw new Error(`No report: ${json.slice(0, 500)}`);
  return value;
}

function result(id: RuntimeResult['id']): RuntimeResult {
  const found = report.tables[0]?.runtimes.find((result) => result.id === id);
  if (!found) throw new Error(`The report has no ${id}.`);
  return found;
}

/** The text of every cell of every table, row by row. */
const cells = (page: Page) =>
  page.$$eval('.grid tr', (rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent?.trim() ?? '')));

describe('a benchmark', () => {
  it('measures every runtime that can run, and says why another cannot', () => {
    expect(report.tables[0]).toMatchObject({ model: 'cifar_resnet20', shape: [1, 3, 16, 16], reference: 'plain JavaScript' });
    for (const id of ['ours', 'ours-f16', 'tfjs-webgpu'] as const) {
      const { status, warm, importMs, loadMs, firstMs, modelBytes, download, error } = result(id);
      expect(error, id).toBeUndefined();
      expect(status).toBe('ok');
      expect(warm).toHaveLength(2);
      for (const value of [...warm, importMs, loadMs, firstMs]) expect(value, id).toBeGreaterThan(0);
      expect(modelBytes).toBeGreaterThan(1_000_000);
      expect(download?.gzip, id).toBeGreaterThan(20_000);
    }
    expect(result('ours').download?.gzip).toBeLessThan(result('tfjs-webgpu').download?.gzip ?? 0);
    expect(result('ort-wasm')).toMatchObject({ status: 'failed', warm: [] });
    expect(result('ort-wasm').error).not.toBe('');
  });

  it('compares the logits', () => {
    expect(result('ours').deviation?.relative).toBeLessThan(1e-5);
    expect(result('tfjs-webgpu').deviation?.relative).toBeLessThan(1e-5);
    expect(result('ours-f16').deviation?.relative).toBeLessThan(1e-2);
    // Half precision leaves a trace. Without one, f32 would have run.
    expect(result('ours-f16').deviation?.relative).toBeGreaterThan(1e-6);
    for (const id of ['ours', 'ours-f16', 'tfjs-webgpu'] as const) expect(result(id).deviation?.sameTop).toBe(true);
  });

  it('counts the calls of each by itself', () => {
    expect(result('ours').calls).toMatchObject({
      passes: 1,
      submits: 1,
      bindGroups: 0,
      buffers: 0,
      pipelines: 0,
      writes: 1,
      writeBytes: 4 * 3 * 16 * 16,
    });
    expect(result('ours').calls?.dispatches).toBeGreaterThan(20);
    const peer = result('tfjs-webgpu').calls;
    // TF.js makes a bind group and writes uniforms for every dispatch.
    expect(peer?.dispatches).toBeGreaterThan(20);
    expect(peer?.bindGroups).toBe(peer?.dispatches);
    expect(result('ours').loadCalls?.pipelines).toBeGreaterThan(3);
    const [f32, f16] = [result('ours').alive?.bytes ?? 0, result('ours-f16').alive?.bytes ?? 0];
    // The parameters and little more, and half of that.
    expect(f32).toBeGreaterThan(4 * 269_722);
    expect(f32).toBeLessThan(1.2 * 4 * 269_722);
    expect(f16 / f32).toBeLessThan(0.6);
  });

  it('takes GPU time from timestamps', () => {
    const { gpu, warm } = result('ours');
    expect(gpu.length).toBeGreaterThan(0);
    expect(Math.min(...gpu.map(({ span }) => span))).toBeLessThan(10 * Math.max(...warm));
  });

  it('looks inside of ours, and at what the adapter can do', () => {
    const { layers, memory } = report.tables[0] ?? {};
    expect(layers?.layers.length).toBe(result('ours').calls?.dispatches);
    expect(memory?.steps).toBe(layers?.layers.length);
    expect(report.peaks?.gflops).toBeGreaterThan(0.01);
    expect(report.peaks?.gigabytesPerSecond).toBeGreaterThan(0.01);
  });
});

describe('the page', () => {
  it('shows tables and pictures, names the adapter, and ranks nothing on software', async () => {
    expect(await page.textContent('#machine-facts')).toContain('a software adapter');
    expect(await page.textContent('#machine-notice')).toContain('Nothing is ranked');
    const rows = (await cells(page)).map(([name]) => name);
    expect(rows.slice(1, 4).map((name) => name?.replace(/ \d.*/, ''))).toEqual(['resnet-webgpu', 'resnet-webgpu f16', 'TF.js WebGPU']);
    expect(await page.textContent('.notice.problem')).toContain('onnxruntime-web wasm could not be measured');
    expect(await page.textContent('.notice.problem')).toContain('Its files could not be fetched');
    expect(await page.$('.verdict-line')).toBeNull();
    expect(await page.textContent('.results')).toContain('Self test: all ');
    await page.waitForSelector('.figure-box.roofline canvas');
    expect(await page.$$('.figure-box')).toHaveLength(6);
    expect(await page.$$('.memory .block')).not.toHaveLength(0);
  });

  it('is used by keyboard: the skip link leads to the results, the wide tables scroll', async () => {
    await page.evaluate(() => (document.querySelector('.skip') as HTMLElement).focus());
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.id === 'results');
    await page.setViewportSize({ width: 360, height: 740 });
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.ariaLabel)).toBe('Warm inference, cifar_resnet20');
    const edges = () =>
      page.$eval('.grid tbody tr', ({ children: [name, value] }) => [
        name?.getBoundingClientRect().left ?? 0,
        value?.getBoundingClientRect().right ?? 0,
      ]);
    // A number next to the name, also on a phone. The name stays.
    const [left = 0, right = 0] = await edges();
    expect(right).toBeLessThan(360);
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(() => (document.activeElement?.scrollLeft ?? 0) > 0);
    expect((await edges())[0]).toBe(left);
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  it('gives Markdown, JSON, and a link that brings the view back', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const copied = async (button: string, what: string) => {
      await page.click(button);
      await page.waitForFunction(
        (words) => document.querySelector('#share-hint')?.textContent?.startsWith(words),
        `${what} is on the clipboard`,
      );
      return page.evaluate(() => navigator.clipboard.readText());
    };
    expect(await copied('#copy-markdown', 'The Markdown')).toBe(toMarkdown(report));
    expect(JSON.parse(await copied('#copy-json', 'The JSON'))).toEqual(report);
    const link = await copied('#copy-link', 'The link');

    const linked = await go(new URL(link).hash);
    await measured(linked);
    expect(await cells(linked)).toEqual(await cells(page));
    expect(await linked.isChecked('input[value=cifar_resnet20]')).toBe(true);
    expect(await linked.inputValue('#size')).toBe('16');

    const opened = await go('');
    await opened.setInputFiles('#open-file', { name: 'r.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(report)) });
    await opened.waitForSelector('.grid');
    expect(await cells(opened)).toEqual(await cells(page));
    await opened.setInputFiles('#open-file', { name: 'r.json', mimeType: 'application/json', buffer: Buffer.from('{}') });
    await opened.waitForSelector('#setup-notice .notice.problem');
    expect(await opened.textContent('#setup-notice')).toContain('not a report');
  });

  it('puts another report beside it, and saves CSV', async () => {
    const slower = structuredClone(report);
    for (const result of slower.tables[0]?.runtimes ?? []) result.warm = result.warm.map((ms) => 2 * ms);
    const open = (text: string) =>
      page.setInputFiles('#compare-file', { name: 'b.json', mimeType: 'application/json', buffer: Buffer.from(text) });
    await open(JSON.stringify(slower));
    await page.waitForSelector('#compared tbody tr');
    const [name, , , ratio] = await page.$$eval('#compared tbody tr:first-child > *', (all) => all.map((cell) => cell.textContent));
    expect([name, ratio]).toEqual(['resnet-webgpu', '2.00×']);
    await page.click('#compared button:text("Close")');
    await open('{}');
    await page.waitForSelector('#setup-notice .notice.problem');
    await page.click('#setup-notice .notice-dismiss');

    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save-csv')]);
    const rows = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\r\n');
    expect(rows).toHaveLength(1 + (report.tables[0]?.runtimes.length ?? 0));
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.click('#give-report');
    await page.waitForFunction(() => document.querySelector('#share-hint')?.textContent?.startsWith('The report is on the clipboard'));
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('report=');
  });

  it('says what is missing where nothing is chosen', async () => {
    const empty = await go(`#${SMALL}&runtimes=ours`);
    await empty.uncheck('input[value=ours]');
    await empty.click('#start');
    await says(empty, '#setup-notice', /Choose a runtime\./);
    await empty.check('input[value=ours]');
    await empty.fill('#other', '');
    for (const box of await empty.$$('#models input:checked')) await box.uncheck();
    await empty.click('#tune-start');
    await says(empty, '#setup-notice', /Choose a network/);
    expect(await empty.evaluate(() => document.documentElement.dataset.bench)).toBe('idle');
  });

  it('has no violations that axe finds, and nothing wider than the window, in both themes', async () => {
    const axe = readFileSync(file('node_modules/axe-core/axe.min.js'), 'utf8');
    for (const [width, colorScheme] of [
      [1440, 'light'],
      [360, 'dark'],
    ] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run());
      expect(
        violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`),
      ).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    }
  });

  it('tunes, keeps the table, and uses it', async () => {
    const tuned = await go(`#${SMALL}&runtimes=ours&peaks=0&layers=0`);
    await tuned.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const done = () => tuned.waitForFunction(() => ['done', 'failed'].includes(document.documentElement.dataset.bench ?? ''));
    const table = '#tune section[data-precision=f32]';
    const rowsOf = () => tuned.$$eval(`${table} tbody tr`, (rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
    await tuned.waitForFunction(() => document.querySelector('#machine-name')?.textContent !== '–');
    await tuned.click('#tune-start');
    await done();
    expect(await tuned.textContent('#readout-text')).toMatch(/^Tuned: \d+ of \d+ shapes/);
    const rows = await rowsOf();
    expect(rows.map(([shape]) => shape)).toContain('3x3/1x1 64>64 4x4');
    await tuned.click(`${table} button:text("Copy JSON")`);
    await tuned.waitForFunction(() => /clipboard/.test(document.querySelector('#tune-hint')?.textContent ?? ''));
    const json = await tuned.evaluate(() => navigator.clipboard.readText());
    expect(Object.entries((JSON.parse(json) as Tuning).variants)).toEqual(rows.map(([shape, , , winner]) => [shape, winner]));

    await tuned.reload();
    await tuned.waitForSelector(table);
    expect(await rowsOf()).toEqual(rows);
    const versionOf = async () => {
      await tuned.click('#start');
      return (await measured(tuned)).tables[0]?.runtimes[0]?.version;
    };
    expect(await versionOf()).toMatch(/, tuned$/);
    await tuned.uncheck('#tune-use');
    expect(await versionOf()).not.toMatch(/tuned/);

    await tuned.click(`${table} button:text("Clear")`);
    await tuned.waitForSelector(table, { state: 'detached' });
    const load = (text: string) =>
      tuned.setInputFiles('#tune-file', { name: 't.json', mimeType: 'application/json', buffer: Buffer.from(text) });
    await load('{"variants":{"3x3/1x1 64>64 4x4":"fast"}}');
    await tuned.waitForSelector('#tune-notice .notice.problem');
    expect(await tuned.textContent('#tune-notice')).toContain('"fast" is not a variant');
    await load(json);
    await tuned.waitForSelector(table);
    expect(await rowsOf()).toEqual(rows);
  });

  it('can be cancelled, and goes on with what cannot be measured', async () => {
    const other = await go(`#${SMALL.replace('models=', 'models=no_such_network,')}&runtimes=tfjs-webgpu&run=1&peaks=0`);
    await pressOnce(other, '#cancel', '#readout-text', /loading into TF.js/);
    const { tables } = await measured(other);
    expect(await other.textContent('#readout-text')).toContain('Cancelled');
    expect(tables[0]?.error).toContain('no_such_network');
    expect(tables[1]?.runtimes[0]?.status).toBe('cancelled');
    expect(await other.isEnabled('#start')).toBe(true);
  });
});
