import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readCheckpoint } from '../../src/checkpoint/read.ts';
import { cifarImages } from '../support/cifar.ts';
import { violations } from './axe.ts';
import { buildAndServe, drop, file, openBrowser, paste, type Site, type Visit, visit } from './site.ts';

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

/** The file input of “Ask about a photo”. */
const ASK = '.classes-row:has(.primary) input[type=file]';

const state = (text: string) =>
  page.waitForFunction((wanted) => document.querySelector('.classes-state')?.textContent?.includes(wanted), text);

const counted = (label: string, photos: number) =>
  page.waitForFunction(
    (text) => [...document.querySelectorAll('.classes-item')].some((item) => item.textContent?.includes(text)),
    `${label}${photos} photos`,
  );

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
    await counted(name, 3);
  }
  const photo = { path: file('test/checkpoints/images/cifar10/png/test-0015-ship.png'), name: 'ship.png', type: 'image/png' };
  await drop(page, '.classes-item:has-text("my ship")', photo);
  await counted('my ship', 4);
  expect(await page.locator('.classes-item:has-text("my ship") canvas').count()).toBe(4);
  await paste(page, photo);
  await page.waitForFunction(() => document.querySelector('.classes-verdict')?.textContent?.startsWith('my ship'));
  expect(await page.evaluate(() => document.activeElement?.className)).toContain('classes-verdict');
  await page.setInputFiles(ASK, SHIPS.slice(4));
  await page.waitForFunction(() => document.querySelector('.classes-verdict')?.textContent?.startsWith('my ship'));
  expect(await page.locator('.classes-asked canvas').count()).toBe(1);
  await page.focus('.classes-row .primary');
  await page.keyboard.press('Enter');
  await state('Trained: ask about a photo');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Train');
  expect(await page.$$eval('.confusion tbody td', (cells) => cells.reduce((sum, cell) => sum + Number(cell.textContent), 0))).toBe(7);
  expect(await page.textContent('.classes-tab .code >> nth=1')).toContain('num_classes=2');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('text=Checkpoint (.safetensors)')]);
  const { tensors, metadata } = await readCheckpoint(new Uint8Array(readFileSync(await download.path())));
  expect(tensors.get('fc.weight')?.shape).toEqual([2, 512]);
  expect(metadata.labels).toBe('["my cat","my ship"]');
  for (const [width, colorScheme] of [
    [1280, 'light'],
    [390, 'dark'],
  ] as const) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme });
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  }
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

it('asks the camera’s pictures, takes some for a class, and lets the camera go', async () => {
  await page.click('.classes-row button:text-is("Camera")');
  await page.waitForSelector('.classes-video:visible');
  await page.evaluate(() => document.querySelector('.classes-verdict')?.replaceChildren());
  await page.waitForSelector('.classes-verdict li');
  await page.selectOption('select[aria-label="Class that camera pictures go to"]', 'my cat');
  await page.click('text=Take a picture for');
  await counted('my cat', 4);
  // As if it was unplugged.
  await page.$eval('.classes-video', (video: HTMLVideoElement) => {
    const [track] = (video.srcObject as MediaStream).getTracks();
    track?.dispatchEvent(new Event('ended'));
  });
  await page.waitForSelector('.classes-video', { state: 'hidden' });
  expect(await page.getAttribute('.classes-row button:text-is("Camera")', 'aria-pressed')).toBe('false');
  expect(await page.$eval('.classes-video', (video: HTMLVideoElement) => video.srcObject)).toBeNull();
  expect(opened.incidents).toEqual([]);
});

it('opens classes that were saved, and says what is none', async () => {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('text=Save the classes')]);
  const saved = readFileSync(await download.path());
  await page.click('button[aria-label="Remove my cat"]');
  await page.waitForSelector('button[aria-label="Remove my cat"]', { state: 'detached' });
  await state('Show it photos of two classes');
  const OPEN = 'label:has-text("Open saved classes") input';
  await page.setInputFiles(OPEN, { name: 'notes.json', mimeType: 'application/json', buffer: Buffer.from('no') });
  await page.waitForSelector('#tab-classes [role=alert]');
  expect(await page.textContent('#tab-classes .notice-what')).toBe('notes.json does not hold saved classes.');
  await drop(page, '#tab-classes', { text: saved.toString(), name: 'classes.json', type: 'application/json' });
  await counted('my cat', 4);
  expect(opened.incidents).toEqual([]);
});

it('without classes says what is wanted, and a key press leaves the focus where it was', async () => {
  for (const label of ['my cat', 'my ship']) {
    await page.focus(`button[aria-label="Remove ${label}"]`);
    await page.keyboard.press('Enter');
    await page.waitForSelector(`button[aria-label="Remove ${label}"]`, { state: 'detached' });
  }
  expect(await page.evaluate(() => document.activeElement?.className)).toBe('classes-name');
  await page.setInputFiles(ASK, SHIPS.slice(4));
  await page.waitForSelector('#tab-classes [role=alert]');
  expect(await page.textContent('#tab-classes [role=alert]')).toContain('It knows no classes yet.');
});
