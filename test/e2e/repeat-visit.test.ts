/** The second visit: labels from kept weights, with the server switched off, and not from old weights while it is on. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve } from '../../scripts/lib/server.mjs';
import { root } from '../../scripts/lib/setup.mjs';
import { file, openBrowser, RESNET20 } from './site.ts';

const WEIGHTS = '/weights/resnet20.th';
const CONVERTED = '/converted/f32/manifest.json';
const PAGE = `<!doctype html><title>visit</title><link rel="icon" href="data:,">
  <script type="module">globalThis.library = import('/dist/index.js')</script>`;

let library: string;
let browser: Browser;
beforeAll(async () => {
  library = mkdtempSync(join(tmpdir(), 'library-'));
  const args = [file('node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'error', '--outDir', library, '--emptyOutDir'];
  execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  rmSync(library, { recursive: true, force: true });
});

/** A server of weights, which may change; what was asked of it. */
async function serveWeights() {
  const requests: string[] = [];
  const weights = { etag: '"1"', bytes: readFileSync(file(RESNET20)), login: false };
  const page = (_: IncomingMessage, response: ServerResponse) => void response.setHeader('content-type', 'text/html').end(PAGE);
  const send = (request: IncomingMessage, response: ServerResponse) => {
    requests.push(`${request.method} ${request.url}`);
    if (weights.login) return void page(request, response);
    response.writeHead(200, { 'content-length': weights.bytes.length, etag: weights.etag, 'cache-control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : weights.bytes);
  };
  const site = await serve({ folders: { converted: 'test/converted' }, routes: { '/': page, [WEIGHTS]: send } });
  return { ...site, requests, weights };
}

interface Visited {
  label: string;
  warnings: string[];
  probability: number;
}

/** Opens the page and classifies. The page's own files come from here, as a service worker would give them; all else from the server. */
async function visit(context: BrowserContext, url: string, source: object | string, options: object = {}): Promise<Visited> {
  const page = await context.newPage();
  await page.route(`${url}/`, (route) => route.fulfill({ contentType: 'text/html', body: PAGE }));
  await page.route(`${url}/dist/**`, (route) => {
    const path = new URL(route.request().url()).pathname.slice('/dist/'.length);
    return route.fulfill({ contentType: 'text/javascript', body: readFileSync(join(library, path)) });
  });
  try {
    await page.goto(`${url}/`);
    return await page.evaluate(
      async ({ source, options }) => {
        const { loadModel } = await (globalThis as unknown as { library: Promise<typeof import('../../src/index.ts')> }).library;
        const model = await loadModel(source, options);
        const data = Uint8ClampedArray.from({ length: 32 * 32 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 7) % 256));
        const [best] = await model.classify(new ImageData(data, 32, 32), { topK: 1 });
        const { warnings } = model.info;
        model.dispose();
        // Keeping goes on behind the load; whoever leaves at once may find nothing kept.
        const kept = async () => (await (await caches.open('resnet-webgpu')).keys()).length;
        for (let before = -1, now = 0; options.cache !== false && (now === 0 || now !== before); ) {
          before = now;
          await new Promise((resolve) => setTimeout(resolve, 300));
          now = await kept();
        }
        return { label: best?.label ?? '', probability: best?.probability ?? 0, warnings };
      },
      { source: source as string, options: options as { cache?: boolean } },
    );
  } finally {
    await page.close();
  }
}

describe.each([
  ['a checkpoint', () => ({ arch: 'cifar_resnet20', weights: WEIGHTS }), {}],
  ['a checkpoint, cache: true', () => ({ arch: 'cifar_resnet20', weights: WEIGHTS }), { cache: true }],
  ['a converted model', () => CONVERTED, {}],
])('%s', (_, source, options) => {
  it('is classified with on the second visit while the server is off', async () => {
    const site = await serveWeights();
    const context = await browser.newContext();
    try {
      const first = await visit(context, site.url, source(), options);
      expect(first.probability).toBeGreaterThan(0);
      await site.close();
      const { warnings, ...again } = await visit(context, site.url, source(), options);
      expect({ warnings: [], ...again }).toEqual(first);
      // Who does not ask does not learn that the server is off.
      expect(warnings).toHaveLength('cache' in options ? 0 : 1);
      await expect(visit(context, site.url, source(), { cache: false })).rejects.toThrow(/server could not be reached/);
    } finally {
      await context.close();
      await site.close();
    }
  });
});

it('asks the server once whether a kept checkpoint is still the one, and fetches another', async () => {
  const site = await serveWeights();
  const context = await browser.newContext();
  const source = { arch: 'cifar_resnet20', weights: WEIGHTS };
  try {
    const first = await visit(context, site.url, source);
    expect(await visit(context, site.url, source)).toEqual(first);
    expect(site.requests).toEqual([`GET ${WEIGHTS}`, `HEAD ${WEIGHTS}`]);
    site.weights.etag = '"2"';
    await visit(context, site.url, source);
    expect(site.requests.slice(2)).toEqual([`HEAD ${WEIGHTS}`, `GET ${WEIGHTS}`]);
    const { warnings: _, ...kept } = await visit(context, site.url, source, { cache: true });
    expect(site.requests).toHaveLength(4);
    // A page where to log in, as hotels have it, or a service worker's for those who are offline.
    site.weights.login = true;
    const { warnings, ...during } = await visit(context, site.url, source);
    expect(during).toEqual(kept);
    expect(warnings.join()).toContain('resnet20.th: what was kept is used. [resnet20.th] The file is a web page.');
  } finally {
    await context.close();
    await site.close();
  }
});
