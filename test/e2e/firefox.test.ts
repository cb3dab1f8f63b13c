import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch } from '../../scripts/lib/browsers.mjs';
import { buildAndServe, PATIENCE_MS, type Site } from './site.ts';

let site: Site;
let firefox: Awaited<ReturnType<typeof launch>>;
const errors: string[] = [];

beforeAll(async () => {
  site = await buildAndServe();
  firefox = await launch('firefox', { onError: (text) => errors.push(text), viewport: { width: 1440, height: 900 } });
});

afterAll(async () => {
  await firefox?.close();
  await site?.close();
});

it('the page opens classified in Firefox, too', async () => {
  const { page } = firefox;
  await page.goto(`${site.url}/demo/index.html`, { timeout: 2 * PATIENCE_MS });
  const text = (selector: string) => page.$eval(selector, (element) => element.textContent ?? '');
  await page.waitForFunction("/median of .* warm runs/.test(document.querySelector('#time-note').textContent)", {
    timeout: 2 * PATIENCE_MS,
  });
  expect(await text('#verdict-label')).toBe('cat');
  expect(await text('[data-photo=rocket] [data-label]')).toMatch(/^ship /);
  expect(await text('#device-facts')).toMatch(/Firefox \d+/);
  expect(errors).toEqual([]);
});
