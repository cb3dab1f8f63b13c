import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { violations } from './axe.ts';
import { buildAndServe, openBrowser, ready, type Site, type Visit, verdict, visit } from './site.ts';

let site: Site;
let browser: Browser;
let opened: Visit;
let page: Page;

beforeAll(async () => {
  site = await buildAndServe();
  browser = await openBrowser();
  opened = await visit(browser, `${site.url}/demo/index.html`);
  page = opened.page;
  await ready(page);
  await page.waitForSelector('#inside:not([hidden]) .layers');
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

afterEach(() => {
  expect(opened.incidents.splice(0)).toEqual([]);
});

const rows = () => page.$$eval('.layers tbody tr', (all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));

it('the card says what the network knows and how photos are prepared', async () => {
  const facts = Object.fromEntries(
    await page.$$eval('#model-facts > div', (all) => all.map((one) => [...one.children].map((child) => child.textContent))),
  );
  expect(facts).toMatchObject({
    Architecture: 'cifar_resnet56',
    Classes: '10',
    Input: '32 × 32 pixels',
    Mean: '0.485, 0.456, 0.406',
    Deviation: '0.229, 0.224, 0.225',
  });
});

it('shows stages and blocks, and the layers of the one that is chosen', async () => {
  expect(await page.$$eval('.stage-row', (all) => all.map((row) => row.querySelectorAll('.block').length))).toEqual([1, 9, 9, 9, 1]);
  await page.click('.block[aria-label^="Stage 2, block 1:"]');
  expect(await page.textContent('.block-view h3')).toBe('Stage 2, block 1');
  expect(await page.$$eval('.block[aria-pressed=true]', (all) => all.length)).toBe(1);
  const layers = await rows();
  expect(layers[0]).toEqual(['conv1', '3 × 3 convolution, stride 2', '16 × 16 × 32', '1.18 million']);
  expect(layers.map(([name]) => name)).toEqual(['conv1', 'bn1', 'relu1', 'conv2', 'bn2', 'shortcut', 'add', 'relu']);
});

it('measures each layer', async () => {
  await page.click('.inside-under .button');
  await page.waitForFunction(() => /^[\d.]+ (µs|ms) in all/.test(document.querySelector('.inside-total')?.textContent ?? ''));
  const [conv, norm] = await rows();
  expect(conv?.[4]).toMatch(/^conv\S* \S+$/);
  expect(conv?.[5]).toMatch(/^[\d.]+ (µs|ms)$/);
  expect(norm?.slice(4)).toEqual(['joins conv1', '–']);
  expect(await page.getAttribute('.block[aria-pressed=true]', 'aria-label')).toMatch(/multiply-adds, [\d.]+ (µs|ms)$/);
});

it('shows the channels of a layer for the photo in view, on one scale', async () => {
  await page.click('[data-photo=rocket]');
  await verdict(page, 'rocket.webp');
  await page.click('.layer-name:text-is("relu")');
  await page.waitForSelector('.tile');
  expect(await page.getAttribute('.channels', 'aria-label')).toBe('32 channels of layer2.0.relu for rocket.webp, 16 × 16 values each');
  expect(await page.$$eval('.tile', (all) => all.length)).toBe(32);
  // After a ReLU, black means zero.
  expect(await page.textContent('.channels-scale .number')).toBe('0');
  const brightest = await page.$$eval('.tile', (all) =>
    all.map((tile) =>
      Math.max(
        ...((tile as HTMLCanvasElement)
          .getContext('2d')
          ?.getImageData(0, 0, 16, 16)
          .data.filter((_, i) => i % 4 === 0) ?? []),
      ),
    ),
  );
  expect(Math.max(...brightest)).toBe(255);
  expect(new Set(brightest).size).toBeGreaterThan(8);
  expect(await page.evaluate(() => document.activeElement?.className)).toBe('channels');
});

it('is in order by axe, and at 320 pixels', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await violations(page)).toEqual([]);
  }
  await page.setViewportSize({ width: 320, height: 640 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
});
