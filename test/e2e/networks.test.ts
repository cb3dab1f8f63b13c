/** Which network the page starts with, choosing another one, and whether answers appear where one looks. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { timmRepository } from '../support/hub-repositories.ts';
import { buildAndServe, drop, file, openBrowser, paste, ready, type Site, says, verdict } from './site.ts';

let site: Site;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** Requests to the Hub. */
const asked: string[] = [];

beforeAll(async () => {
  site = await buildAndServe('test/converted/f32');
  browser = await openBrowser();
  context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const { files } = timmRepository();
  await context.route('https://huggingface.co/**', async (route) => {
    const url = new URL(route.request().url());
    asked.push(`${route.request().method()} ${url.pathname}`);
    const name = url.pathname.split('/').at(-1) ?? '';
    const content = files[name];
    const headers = { 'access-control-allow-origin': '*', 'access-control-expose-headers': '*', etag: '"1"' };
    if (!content || !url.pathname.startsWith('/timm/test_resnet.r160_in1k/')) return route.fulfill({ status: 404, headers });
    if (content instanceof Uint8Array) return route.fulfill({ body: Buffer.from(content), headers });
    return route.fulfill({ body: JSON.stringify(content), headers, contentType: 'application/json' });
  });
  page = await context.newPage();
  await page.goto(`${site.url}/demo/index.html`);
  await page.waitForFunction(() => /ready|failed/.test(document.querySelector<HTMLElement>('#readout')?.dataset.state ?? ''));
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

const which = () => page.textContent('#which');

describe('the picker', () => {
  it('begins with the model that the site brings along', async () => {
    await ready(page, 'f32');
    expect(await which()).toBe('In use: f32, which this site brings along.');
    expect(await page.getAttribute('[data-offer=own]', 'aria-pressed')).toBe('true');
  });

  it('says what each network costs and whose it is, and has asked the Hub nothing', async () => {
    expect(await page.textContent('[data-offer="regnety_004.tv2_in1k"]')).toMatch(
      /RegNetY-400MF75\.6 %.*1000 classes · 17\.6 MBtorchvision · BSD-3-Clause/,
    );
    expect(asked).toEqual([]);
  });

  it('loads one of the Hub by a click, with one bar that never goes back', async () => {
    await page.evaluate(() => {
      const bar = document.querySelector<HTMLProgressElement>('#readout-bar');
      const seen: number[] = [];
      Object.assign(globalThis, { seen });
      new MutationObserver(() => bar && !bar.hidden && seen.push(bar.value)).observe(bar as Node, { attributes: true });
    });
    await page.click('[data-offer="test_resnet.r160_in1k"]');
    await ready(page, 'test_resnet');
    expect(await which()).toBe('In use: test_resnet. The next visit begins with f32 again.');
    const seen = await page.evaluate(() => (globalThis as unknown as { seen: number[] }).seen);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(await page.textContent('#snippet')).toContain("loadModel('hf:timm/test_resnet.r160_in1k')");
  });
});

/** Waits until a box is all in the viewport, and has the focus. */
async function inView(selector: string): Promise<void> {
  await page.waitForFunction((wanted) => {
    const { activeElement: focused } = document;
    const { top = -1, bottom = -1 } = document.querySelector(wanted)?.getBoundingClientRect() ?? {};
    return focused?.matches(wanted) && top >= 0 && bottom <= innerHeight;
  }, selector);
}

const toTheEnd = () => page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));

describe('after a photo, a thumbnail and an error', () => {
  it.each([
    [320, 640],
    [390, 844],
    [768, 1024],
    [1280, 800],
  ])('the answer is in the viewport and focused at %i x %i', async (width, height) => {
    await page.setViewportSize({ width, height });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await toTheEnd();
    const name = `${'a-very-long-name-'.repeat(8)}${width}.png`;
    const png = file('test/checkpoints/images/cifar10/png/test-0005-frog.png');
    await page.setInputFiles('#pick-input', { name, mimeType: 'image/png', buffer: (await import('node:fs')).readFileSync(png) });
    await verdict(page, name);
    await inView('#verdict');
    await page.click('[data-photo=coffee]');
    await verdict(page, 'coffee.webp');
    await inView('#verdict');
    await page.setInputFiles('#pick-input', { name: 'broken.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
    await page.waitForSelector('#result-notice [role=alert]');
    await inView('#result-notice [role=alert]');
    await says(page, '#time-note', /^not measured$/);
    await page.setInputFiles('#pick-input', { name: 'net.onnx', mimeType: '', buffer: Buffer.from('') });
    await inView('#intake-notice [role=alert]');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    if (width < 736) {
      const top = async (selector: string) => (await page.locator(selector).boundingBox())?.y ?? 0;
      expect(await top('#pick')).toBeGreaterThan(await top('#frame'));
      expect(await top('#pick')).toBeLessThan(await top('#verdict'));
    }
    await page.click('[data-photo=chelsea]');
  });
});

describe.each([
  [390, 844],
  [1280, 800],
])('at %i x %i', (width, height) => {
  const frog = { path: file('test/checkpoints/images/cifar10/png/test-0005-frog.png'), type: 'image/png' };

  beforeAll(() => page.setViewportSize({ width, height }));

  it('what was pasted has its answer in view, and its error', async () => {
    await toTheEnd();
    await paste(page, { ...frog, name: `pasted ${width}.png` });
    await verdict(page, `pasted ${width}.png`);
    await inView('#verdict');
    await toTheEnd();
    await paste(page, { text: 'no picture', name: 'pasted.png', type: 'image/png' });
    await page.waitForSelector('#result-notice [role=alert]');
    await inView('#result-notice [role=alert]');
  });

  it('what was dropped, too; a checkpoint that fails says so near to where it was dropped', async () => {
    await toTheEnd();
    await drop(page, 'footer', { ...frog, name: `dropped ${width}.png` });
    await verdict(page, `dropped ${width}.png`);
    await inView('#verdict');
    for (const [onto, slot] of [
      ['#offers', '#picker-notice'],
      ['#form', '#form-notice'],
    ] as const) {
      await page.locator(onto).scrollIntoViewIfNeeded();
      await drop(page, onto, { text: 'not a checkpoint at all', name: 'net.pth', type: '' });
      await page.waitForSelector(`${slot} [role=alert]`);
      await inView(`${slot} [role=alert]`);
      await page.click(`${slot} .notice-dismiss`);
    }
  });

  it('the camera’s answer is in view, and what is wrong with the camera', async () => {
    await page.click('#camera');
    await page.waitForSelector('#frame-rate:visible');
    await inView('#verdict');
    await page.click('#camera');
    await page.waitForSelector('#photo:visible');
    await page.evaluate(() => {
      const { mediaDevices } = navigator;
      mediaDevices.getUserMedia = () => {
        Reflect.deleteProperty(mediaDevices, 'getUserMedia');
        return Promise.reject(new DOMException('Permission denied', 'NotAllowedError'));
      };
    });
    await page.click('#camera');
    await page.waitForSelector('#intake-notice [role=alert]');
    await inView('#intake-notice [role=alert]');
    await page.click('[data-photo=chelsea]');
  });
});

it('the class whose evidence is shown is any of those in view', async () => {
  await page.click('[data-photo=chelsea]');
  await page.waitForFunction(() => document.querySelector<HTMLButtonElement>('.bar')?.disabled === false);
  const second = await page.locator('.bar-name').nth(1).textContent();
  await page.locator('.bar').nth(1).click();
  await page.waitForFunction((label) => document.querySelector('#heat-title')?.textContent === `Evidence for “${label}”`, second);
  expect(await page.locator('.bar').nth(1).getAttribute('aria-pressed')).toBe('true');
});
