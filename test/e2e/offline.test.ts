/** The second visit: the network that was chosen, by itself; and the same with the servers switched off. */
import { readdirSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FileServer } from '../support/file-server.ts';
import { inHub, timmRepository } from '../support/hub-repositories.ts';
import { serveHub } from '../support/hub-server.ts';
import { buildAndServe, file, openBrowser, ready, type Site, verdict } from './site.ts';

const REPOSITORY = 'timm/test_resnet.r160_in1k';

let site: Site;
let hub: FileServer;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  [site, hub, browser] = await Promise.all([
    buildAndServe(),
    serveHub(inHub({ [REPOSITORY]: timmRepository().files }), { etag: '"1"' }),
    openBrowser(),
  ]);
  context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([site?.close(), hub?.close()]);
});

async function visit(): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${site.url}/demo/index.html?hub=${encodeURIComponent(hub.origin)}`);
  return page;
}

const kept = (page: Page, name: string) =>
  page.waitForFunction(async (wanted) => (await (await caches.open('resnet-webgpu')).keys()).some(({ url }) => url.includes(wanted)), name);
/** Files of the network of the other tab. */
const ON_BOARD = readdirSync(file('demo/models/imagenet-resnet18')).filter((name) => /\.(json|bin)$/.test(name));
const classesReady = (page: Page) =>
  page.waitForFunction(() => document.querySelector('.classes-state')?.textContent?.includes('name a first class'));

it('the page keeps itself, and the networks that were used', async () => {
  const page = await visit();
  await ready(page);
  await page.click('[data-offer="test_resnet.r160_in1k"]');
  await ready(page, 'test_resnet');
  expect(await page.textContent('#which')).toBe('In use: test_resnet. It loads by itself next time.');
  await page.click('#open-classes');
  await classesReady(page);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  expect(ON_BOARD).toHaveLength(5);
  for (const name of [`${REPOSITORY}/resolve/main/model.safetensors`, ...ON_BOARD.map((name) => `imagenet-resnet18/${name}`)])
    await kept(page, name);
  await page.close();
});

it('the second visit begins with the network that was chosen, and downloads nothing', async () => {
  hub.requests.length = 0;
  const page = await visit();
  await ready(page, 'test_resnet');
  expect(await page.textContent('#which')).toBe('In use: test_resnet, your choice of last time.');
  expect(await page.getAttribute('[data-offer="test_resnet.r160_in1k"]', 'aria-pressed')).toBe('true');
  expect(hub.requests.filter((request) => request.startsWith('GET') && request.includes('model.safetensors'))).toEqual([]);
  await page.close();
});

it('a visit with the servers switched off has the page, that network, and the one of the other tab', async () => {
  await Promise.all([site.close(), hub.close()]);
  const page = await visit();
  await ready(page, 'test_resnet');
  expect(await page.textContent('#which')).toBe('In use: test_resnet, your choice of last time.');
  expect((await verdict(page, 'chelsea.webp')).share).toMatch(/^\d/);
  await page.click('[data-photo=coffee]');
  expect((await verdict(page, 'coffee.webp')).share).toMatch(/^\d/);
  await page.click('#open-classes');
  await classesReady(page);
  // Files of the page that were not requested before.
  await page.click('#open-folder');
  await page.waitForSelector('#tab-folder input[type=file]', { state: 'attached' });
});
