/** The error in a service worker that imports the library like a page. And the library in one file, which runs there. */
import type { RequestListener } from 'node:http';
import { expect, it } from 'vitest';
import { serve } from '../../scripts/lib/server.mjs';
import { openBrowser, RESNET20 } from './site.ts';

const worker = (library: string) => `
  import { loadModel } from '${library}';
  async function parameters() {
    const model = await loadModel({ weights: '/${RESNET20}' });
    const { parameters } = model.info;
    model.dispose();
    return parameters;
  }
  addEventListener('message', (event) => {
    const answer = parameters().catch(({ name, code, message }) => name + ' ' + code + ': ' + message);
    event.waitUntil(answer.then((text) => event.source.postMessage(text)));
  });`;

it('a service worker is told to import the build in one file, and that one loads a network', async () => {
  const send =
    (type: string, text: string): RequestListener =>
    (_, response) =>
      void response.writeHead(200, { 'content-type': type }).end(text);
  const site = await serve({
    folders: { dist: 'dist', test: 'test' },
    routes: {
      '/': send('text/html', '<!doctype html><title>page</title>'),
      '/parts.js': send('text/javascript', worker('/dist/index.js')),
      '/bundle.js': send('text/javascript', worker('/dist/resnet-webgpu.bundle.js')),
    },
  });
  const browser = await openBrowser();
  try {
    const tab = await (await browser.newContext()).newPage();
    await tab.goto(`${site.url}/`);
    const answer = (url: string) =>
      tab.evaluate(async (url) => {
        const { installing } = await navigator.serviceWorker.register(url, { type: 'module', scope: `${url}/` });
        const answered = new Promise((resolve) => {
          navigator.serviceWorker.addEventListener('message', ({ data }) => resolve(data), { once: true });
        });
        navigator.serviceWorker.startMessages();
        installing?.postMessage('load');
        return answered;
      }, url);
    expect(await answer('/parts.js')).toBe(
      "ResnetError unsupported: A service worker cannot import() parts of the library. Import 'resnet-webgpu/bundle' there, which is the library in one file.",
    );
    expect(await answer('/bundle.js')).toBe(269_722);
  } finally {
    await browser.close();
    await site.close();
  }
});
