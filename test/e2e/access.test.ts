import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violations } from './axe.ts';
import { buildAndServe, file, openBrowser, ready, type Site, verdict, visit } from './site.ts';

let site: Site;
let browser: Browser;
/** One page for everything that needs a network, because opening it takes seconds. */
let page: Page;

beforeAll(async () => {
  site = await buildAndServe();
  browser = await openBrowser();
  ({ page } = await visit(browser, `${site.url}/demo/index.html`));
  await ready(page);
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 360, height: 740 } };

describe('by keyboard', () => {
  it('the skip link leads to the result, and Tab and Enter choose a photo', async () => {
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the result');
    await page.keyboard.press('Enter');
    // A browser moves the focus after the address.
    await page.waitForFunction(() => document.activeElement?.id === 'result');
    const focused = () => page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset.photo);
    for (let presses = 0; presses < 25 && (await focused()) !== 'rocket'; presses += 1) await page.keyboard.press('Tab');
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle);
    expect(outline).toBe('solid');
    await page.keyboard.press('Enter');
    expect((await verdict(page, 'rocket.webp')).label).toBe('ship');
    expect(await page.getAttribute('[data-photo=rocket]', 'aria-pressed')).toBe('true');
  });

  it('every control is reached, and in the order of the page', async () => {
    // Starts from the top again, because the focus is lost where it was.
    await page.evaluate(() => (document.querySelector('.skip') as HTMLElement).focus());
    const order: string[] = [];
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press('Tab');
      const name = await page.evaluate(() => {
        const { activeElement: element } = document;
        const { photo } = (element as HTMLElement).dataset;
        return element === document.body ? '' : photo ? `photo ${photo}` : element?.id || element?.tagName || '';
      });
      if (name === '') break;
      order.push(name);
    }
    const wanted = [
      'theme',
      'pick',
      'paste',
      'camera',
      'photo chelsea',
      'photo rocket',
      'weights-file',
      'weights-url',
      'arch',
      'labels',
      'labels-pick',
    ];
    expect(order.filter((name) => wanted.includes(name))).toEqual(wanted);
  });
});

describe('for a screen reader', () => {
  it('results are spoken, and landmarks and headings say where one is', async () => {
    await page.click('[data-photo=chelsea]');
    await page.waitForFunction(() => document.querySelector('#live')?.textContent?.startsWith('chelsea.webp: cat'));
    await page.setInputFiles('#pick-input', file('test/checkpoints/images/cifar10/png/test-0005-frog.png'));
    await page.waitForFunction(() => document.querySelector('#live')?.textContent?.startsWith('test-0005-frog.png: frog'));
    expect(await page.$$eval('main, header, footer', (landmarks) => landmarks.length)).toBe(3);
    const levels = await page.$$eval('h1, h2', (headings) => headings.map(({ tagName, textContent }) => `${tagName} ${textContent}`));
    expect(levels).toEqual([
      'H1 resnet-webgpu',
      'H2 What shall it know?',
      'H2 Photo',
      'H2 test-0005-frog.png',
      'H2 Contact sheet',
      'H2 Network',
      'H2 Device',
      'H2 Your own checkpoint',
      'H2 In your own page',
      'H2 Inside the network',
    ]);
  });
});

describe('axe finds nothing to complain about', () => {
  it.each([
    ['light', 'wide'],
    ['dark', 'wide'],
    ['light', 'phone'],
    ['dark', 'phone'],
  ] as const)('in %s, %s', async (colorScheme, size) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(sizes[size]);
    await page.waitForFunction(() => /median/.test(document.querySelector('#time-note')?.textContent ?? ''));
    await page.$eval('details.classes', (details: HTMLDetailsElement) => {
      details.open = true;
    });
    expect(await violations(page)).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('where things went wrong, in %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(sizes.wide);
    await page.click('text=Load checkpoint');
    await page.setInputFiles('#pick-input', { name: 'broken.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
    await page.click('#result-notice summary');
    expect(await violations(page)).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('without WebGPU, in %s', async (colorScheme) => {
    const before = () => void delete (Navigator.prototype as { gpu?: unknown }).gpu;
    const bare = await visit(browser, `${site.url}/demo/index.html`, { colorScheme, before });
    await bare.page.waitForSelector('#result-notice .notice');
    expect(await violations(bare.page)).toEqual([]);
    await bare.close();
  });
});
