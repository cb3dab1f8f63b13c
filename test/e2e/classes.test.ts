import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readCheckpoint } from '../../src/checkpoint/read.ts';
import { cifarImages } from '../support/cifar.ts';
import { buildAndServe, openBrowser, type Site, type Visit, visit } from './site.ts';

let site: Site;
let browser: Browser;
let opened: Visit;
let page: Page;

/** Images of a class as files. */
function photos(label: number) {
  const own = cifarImages().filter((one) => one.label === label);
  return own.slice(0, 5).map(({ image: { data, width, height } }, i) => {
    const png = Object.assign(new PNG({ width, height }), { data: Buffer.from(data) });
    return { name: `${label}-${i}.png`, mimeType: 'image/png', buffer: PNG.sync.write(png) };
  });
}

const [CATS, SHIPS] = [photos(3), photos(8)];

beforeAll(async () => {
  site = await buildAndServe();
  browser = await openBrowser();
  opened = await visit(browser, `${site.url}/demo/index.html`);
  page = opened.page;
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

const state = (text: string) =>
  page.waitForFunction((wanted) => document.querySelector('.classes-state')?.textContent?.includes(wanted), text);

it('learns two classes from files, answers, shows its mistakes and gives a checkpoint', async () => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  expect(asked.filter((url) => url.includes('/models/'))).toEqual([]);
  await page.click('#open-classes');
  await state('name a first class');
  expect(asked.filter((url) => url.includes('/models/')).length).toBe(5);
  for (const [name, own] of [
    ['my cat', CATS],
    ['my ship', SHIPS],
  ] as const) {
    await page.fill('.classes-name', name);
    await page.keyboard.press('Enter');
    await page.setInputFiles(`input[aria-label="Add photos of ${name}"]`, own.slice(0, 3));
    await page.waitForFunction(
      (label) => [...document.querySelectorAll('.classes-item')].some((item) => item.textContent?.includes(`${label}3 photos`)),
      name,
    );
  }
  await page.setInputFiles('.classes-row input[type=file]', SHIPS.slice(4));
  await page.waitForFunction(() => document.querySelector('.classes-verdict')?.textContent?.startsWith('my ship'));
  await page.click('.classes-row .primary');
  await state('the linear head answers');
  expect(await page.$$eval('.confusion tbody td', (cells) => cells.reduce((sum, cell) => sum + Number(cell.textContent), 0))).toBe(6);
  expect(await page.textContent('.classes-tab .code >> nth=1')).toContain('num_classes=2');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('text=Checkpoint (.safetensors)')]);
  const { tensors, metadata } = await readCheckpoint(new Uint8Array(readFileSync(await download.path())));
  expect(tensors.get('fc.weight')?.shape).toEqual([2, 512]);
  expect(metadata.labels).toBe('["my cat","my ship"]');
  if (process.env.SCREENSHOTS) {
    for (const [width, scheme] of [
      [320, 'light'],
      [1280, 'light'],
      [1280, 'dark'],
    ] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: scheme });
      await page.screenshot({ path: `${process.env.SCREENSHOTS}/${scheme}-${width}.png`, fullPage: true });
    }
  }
  expect(opened.incidents).toEqual([]);
});
