/** Whole folders on the page: 50 files with 6 broken ones; 500 with 17, on a small network; and 10,000 that are not shown one by one. */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAndServe, file, openBrowser, pressOnce, ready, type Site, says, type Visit, visit } from './site.ts';

let site: Site;
let browser: Browser;
let opened: Visit;
let page: Page;
const photos = ['test-0005-frog.png', 'test-0015-ship.png', 'test-0020-horse.png'].map((name) => [
  ...readFileSync(file(`test/checkpoints/images/cifar10/png/${name}`)),
]);

beforeAll(async () => {
  site = await buildAndServe();
  browser = await openBrowser();
  opened = await visit(browser, `${site.url}/demo/index.html#folder`);
  ({ page } = opened);
  await ready(page);
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

/** Puts files into the folder's input, as when a folder is chosen. From the 7th on, every `broken`-th is not an image. */
async function choose(count: number, broken: number): Promise<void> {
  await page.evaluate(
    ({ photos, count, broken }) => {
      const data = new DataTransfer();
      for (let i = 0; i < count; i++) {
        const spoilt = broken > 0 && i % broken === 7;
        data.items.add(new File([spoilt ? 'not a picture' : new Uint8Array(photos[i % 3] ?? [])], `photo ${i}.png`, { type: 'image/png' }));
      }
      data.items.add(new File(['notes'], 'notes.txt', { type: 'text/plain' }));
      const input = document.querySelector<HTMLInputElement>('#tab-folder input[type=file]');
      if (!input) throw new Error('no input');
      input.files = data.files;
      input.dispatchEvent(new Event('change'));
    },
    { photos, count, broken },
  );
}

const summary = () => page.textContent('.folder-summary');
const done = (words: RegExp) => says(page, '.folder-summary', words);
/** In the middle of it, however fast the machine is. */
const cancel = (words: RegExp) => pressOnce(page, '.folder-controls > .button', '.folder-summary', words);
const download = async (text: string) => {
  const [saved] = await Promise.all([page.waitForEvent('download'), page.click(`#tab-folder button:text-is("${text}")`)]);
  return readFileSync((await saved.path()) ?? '', 'utf8');
};

describe('a folder of 50 files, 6 of them broken', () => {
  it('is classified, cancelled and resumed', async () => {
    await choose(50, 8);
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('folder-summary');
    await cancel(/^[1-9]\d* of 50 images/);
    const stopped = await summary();
    expect(stopped).toMatch(/^\d+ of 50 images.*stopped$/);
    // Long enough for what was under way to come after all.
    await page.waitForTimeout(400);
    expect(await summary()).toBe(stopped);
    await page.click('#tab-folder button:text-is("Resume")');
    await done(/^50 images/);
    expect(await summary()).toBe('50 images · 6 not readable · 1 other file left out');
  });

  it('is a table of a few rows in the page, which scrolls to its end', async () => {
    expect(await page.getAttribute('.rows-table', 'aria-rowcount')).toBe('51');
    expect(await page.locator('.rows-row').count()).toBeLessThan(60);
    await page.$eval('.rows', (rows) => rows.scrollTo(0, rows.scrollHeight));
    await page.waitForSelector('.rows-row:has-text("photo 49.png")');
  });

  it('is sorted and filtered, and an error stands in its row', async () => {
    await page.selectOption('.folder-filter', { label: 'Not readable (6)' });
    expect(await page.getAttribute('.rows-table', 'aria-rowcount')).toBe('7');
    expect(await page.textContent('.rows-row.failed:visible')).toMatch(/photo 7\.png.*(decode|image)/);
    await page.click('.folder-chip:has-text("frog")');
    expect(await page.getAttribute('.rows-table', 'aria-rowcount')).not.toBe('7');
    await page.click('.rows-sort:text-is("Probability")');
    expect(await page.getAttribute('.rows-heading.rows-probability', 'aria-sort')).toBe('descending');
    expect(await page.locator('.rows-row .rows-label').first().textContent()).toBe('frog');
  });

  it('is downloaded as CSV and as JSON', async () => {
    const lines = (await download('CSV')).trim().split('\r\n');
    expect(lines).toHaveLength(51);
    expect(lines[1]).toMatch(/^photo 0\.png,frog,0\.\d+,[\d.]+,$/);
    const { network, images } = JSON.parse(await download('JSON'));
    expect(network).toBe('ResNet-56');
    expect(images.filter(({ error }: { error?: string }) => error)).toHaveLength(6);
  });
});

it('500 files, 17 of them broken, give 500 rows, and 17 say what is wrong', async () => {
  await page.setInputFiles('#weights-file', file('test/wild/files/018.pth'));
  await page.click('text=Load checkpoint');
  await ready(page, '018.pth');
  await choose(500, 30);
  await done(/^500 images/);
  expect(await summary()).toBe('500 images · 17 not readable · 1 other file left out');
  expect(await page.getAttribute('.rows-table', 'aria-rowcount')).toBe('501');
  const lines = (await download('CSV')).trim().split('\r\n').slice(1);
  expect(lines.length).toBe(500);
  const broken = lines.flatMap((line, i) => (/,,,,"The file does not decode/.test(line) ? [i] : []));
  expect(broken).toEqual(Array.from({ length: 17 }, (_, i) => 7 + 30 * i));
  expect(lines.filter((line) => /^photo \d+\.png,[^,]+,[01][.\d]*,[\d.]+,$/.test(line)).length).toBe(483);
});

it('a tab that cannot be fetched says so', async () => {
  const context = await browser.newContext();
  await context.route(/assets\/folder-/, (route) => route.abort());
  const bare = await context.newPage();
  await bare.goto(`${site.url}/demo/index.html#folder`);
  await bare.waitForSelector('#tab-folder [role=alert]');
  expect(await bare.textContent('#tab-folder .notice-what')).toBe('This part of the page could not be fetched.');
  await context.close();
});

it('ten thousand files take 30 MB more than 500 at most, and no more rows', async () => {
  const heap = () =>
    page.evaluate(() => {
      (globalThis as unknown as { gc(): void }).gc();
      return (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize;
    });
  const before = await heap();
  await choose(10_000, 0);
  await cancel(/^\d+ of 10000 images/);
  await page.$eval('.rows', (rows) => rows.scrollTo(0, rows.scrollHeight / 2));
  await page.waitForSelector('.rows-row:has-text("photo 5000.png")');
  expect(await page.locator('.rows-row').count()).toBeLessThan(60);
  const more = (await heap()) - before;
  console.log(`10,000 files: ${(more / 1e6).toFixed(1)} MB more heap, ${await page.locator('.rows-thumb').count()} thumbnails`);
  expect(more).toBeLessThan(30e6);
  expect(opened.incidents).toEqual([]);
});
