/** The second visit: labels from kept weights while the server is off, and not from old weights while it is on. */
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve } from '../../scripts/lib/server.mjs';
import { file, openBrowser, RESNET20 } from './site.ts';

const WEIGHTS = '/weights/resnet20.th';
const CONVERTED = '/converted/f32/manifest.json';
/** Its manifest and its weights. */
const CONVERTED_FILES = readdirSync(file('test/converted/f32')).length;
const PAGE = `<!doctype html><title>visit</title><link rel="icon" href="data:,">
  <script type="module">globalThis.library = import('/dist/index.js')</script>`;

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

/** A server of weights, which may change. Records the requests. */
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

/** What must be kept before the page may be left. Files are still being stored after the load. */
interface Kept {
  files: number;
  etag?: string;
}

/** Opens the page and classifies. The page's own files come from here, as from a service worker. Everything else comes from the server. */
async function visit(context: BrowserContext, url: string, source: object | string, wanted: Kept, options = {}): Promise<Visited> {
  const page = await context.newPage();
  await page.route(`${url}/`, (route) => route.fulfill({ contentType: 'text/html', body: PAGE }));
  await page.route(`${url}/dist/**`, (route) => {
    return route.fulfill({ contentType: 'text/javascript', body: readFileSync(file(new URL(route.request().url()).pathname)) });
  });
  try {
    await page.goto(`${url}/`);
    return await page.evaluate(
      async ({ source, wanted, options }) => {
        const { loadModel } = await (globalThis as unknown as { library: Promise<typeof import('../../src/index.ts')> }).library;
        const model = await loadModel(source, options);
        const data = Uint8ClampedArray.from({ length: 32 * 32 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 7) % 256));
        const [best] = await model.classify(new ImageData(data, 32, 32), { topK: 1 });
        const { warnings } = model.info;
        model.dispose();
        const isKept = async () => {
          const files = await (await caches.open('resnet-webgpu')).matchAll();
          return files.length === wanted.files && files.every(({ headers }) => !wanted.etag || headers.get('etag') === wanted.etag);
        };
        while (!(await isKept())) await new Promise((resolve) => setTimeout(resolve, 20));
        return { label: best?.label ?? '', probability: best?.probability ?? 0, warnings };
      },
      { source: source as string, wanted, options },
    );
  } finally {
    await page.close();
  }
}

describe.each([
  ['a checkpoint', () => ({ arch: 'cifar_resnet20', weights: WEIGHTS }), { files: 1 }, {}],
  ['a checkpoint, cache: true', () => ({ arch: 'cifar_resnet20', weights: WEIGHTS }), { files: 1 }, { cache: true }],
  ['a converted model', () => CONVERTED, { files: CONVERTED_FILES }, {}],
])('%s', (_, source, wanted, options) => {
  it('is classified with on the second visit while the server is off', async () => {
    const site = await serveWeights();
    const context = await browser.newContext();
    try {
      const first = await visit(context, site.url, source(), wanted, options);
      expect(first.probability).toBeGreaterThan(0);
      await site.close();
      const { warnings, ...again } = await visit(context, site.url, source(), wanted, options);
      expect({ warnings: [], ...again }).toEqual(first);
      // Without asking, the page does not learn that the server is off.
      expect(warnings).toHaveLength('cache' in options ? 0 : 1);
      await expect(visit(context, site.url, source(), wanted, { cache: false })).rejects.toThrow(/server could not be reached/);
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
    const first = await visit(context, site.url, source, { files: 1, etag: '"1"' });
    expect(await visit(context, site.url, source, { files: 1, etag: '"1"' })).toEqual(first);
    expect(site.requests).toEqual([`GET ${WEIGHTS}`, `HEAD ${WEIGHTS}`]);
    site.weights.etag = '"2"';
    const wanted = { files: 1, etag: '"2"' };
    await visit(context, site.url, source, wanted);
    expect(site.requests.slice(2)).toEqual([`HEAD ${WEIGHTS}`, `GET ${WEIGHTS}`]);
    const { warnings: _, ...kept } = await visit(context, site.url, source, wanted, { cache: true });
    expect(site.requests).toHaveLength(4);
    // A login page, as hotels have it, or a service worker's page for offline use.
    site.weights.login = true;
    const { warnings, ...during } = await visit(context, site.url, source, wanted);
    expect(during).toEqual(kept);
    expect(warnings.join()).toContain('resnet20.th: what was kept is used. [resnet20.th] The file is a web page.');
  } finally {
    await context.close();
    await site.close();
  }
});

it('checks the kernels of a GPU on the first visit alone', async () => {
  const site = await serveWeights();
  const context = await browser.newContext();
  /** Results of checks on a separate page. */
  const checked = async (verify: true | undefined) => {
    const page = await context.newPage();
    await page.route(`${site.url}/dist/**`, (route) =>
      route.fulfill({ contentType: 'text/javascript', body: readFileSync(file(new URL(route.request().url()).pathname)) }),
    );
    await page.goto(`${site.url}/`);
    const answer = await page.evaluate(async (verify) => {
      const { loadModel } = await (globalThis as unknown as { library: Promise<typeof import('../../src/index.ts')> }).library;
      const model = await loadModel({ arch: 'cifar_resnet20', weights: { random: 1 } }, { verify });
      await model.run({ data: new Float32Array(3 * 32 * 32), shape: [1, 3, 32, 32] });
      while (!model.info.verified) await new Promise((resolve) => setTimeout(resolve, 50));
      const { verified, warnings } = model.info;
      model.dispose();
      return { checked: verified.checked, warnings };
    }, verify);
    await page.close();
    return answer;
  };
  try {
    const first = await checked(true);
    for (const kernel of ['stem-serial/', 'conv-serial/', 'linear/']) expect(first.checked.join()).toContain(kernel);
    expect(first.warnings).toEqual([]);
    expect(await checked(true)).toEqual({ checked: [], warnings: [] });
    // Also not after the first result.
    expect(await checked(undefined)).toEqual({ checked: [], warnings: [] });
  } finally {
    await context.close();
    await site.close();
  }
});
