/** Until its first label, a page must fetch exactly what the size gate counts. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { AFTER_LABEL, bundle, FIRST_LABEL } from '../../scripts/lib/bundle.mjs';
import { serve } from '../../scripts/lib/server.mjs';
import { buildGraph } from '../../src/index.ts';
import { type SafetensorsEntry, safetensors } from '../support/safetensors-writer.ts';
import { openBrowser } from './site.ts';

/** torchvision's names, and zeros as f16 values: 51 MB. */
function resnet50(): Uint8Array {
  const keys = buildGraph('resnet50', [1, 3, 224, 224]).nodes.flatMap(({ weights }) => Object.values(weights));
  const entries = keys.map(({ key, shape }) => {
    const size = shape.reduce((a, b) => a * b, 1);
    // Variances of 1, so that nothing becomes infinite.
    const bytes = new Uint8Array(new Uint16Array(size).fill(key.endsWith('running_var') ? 0x3c00 : 0).buffer);
    return [key.replace('head.fc', 'fc'), { dtype: 'F16', shape: [...shape], bytes }] satisfies [string, SafetensorsEntry];
  });
  return safetensors(Object.fromEntries(entries));
}

it('a ResNet-50 .safetensors fetches the chunks of the size gate', async () => {
  const chunks = await bundle();
  const entry = chunks.find(({ file }) => file.startsWith('index'))?.file ?? '';
  const fetched = new Set<string>();
  const weights = resnet50();
  const send = (type: string, body: string | Uint8Array) => (request: IncomingMessage, response: ServerResponse) => {
    fetched.add((request.url ?? '').slice(1));
    response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
  };
  const page = `<!doctype html><title>first label</title><link rel="icon" href="data:,">
    <script type="module">globalThis.library = import('/${entry}')</script>`;
  const site = await serve({
    folders: {},
    routes: {
      '/': send('text/html', page),
      '/resnet50.safetensors': send('application/octet-stream', weights),
      ...Object.fromEntries(chunks.map(({ file, code }) => [`/${file}`, send('text/javascript', code)])),
    },
  });
  const browser = await openBrowser();
  try {
    const tab = await (await browser.newContext()).newPage();
    await tab.goto(`${site.url}/`);
    const label = await tab.evaluate(async () => {
      const { loadModel } = await (globalThis as unknown as { library: Promise<typeof import('../../src/index.ts')> }).library;
      const model = await loadModel({ arch: 'resnet50', weights: '/resnet50.safetensors' });
      const image = { data: new Uint8Array(64 * 64 * 3), width: 64, height: 64 };
      const [best] = await model.classify(image);
      model.dispose();
      return best?.label;
    });
    expect(label).toBe('tench');
    // By name: a part has the same name as the stub through which another entry reaches it.
    const names = (some: typeof chunks) => [...new Set(some.map(({ name }) => name))].toSorted();
    const needed = chunks.filter(({ isStatic, name }) => isStatic || FIRST_LABEL.includes(name));
    const before = chunks.filter(({ file, name }) => fetched.has(file) && !AFTER_LABEL.includes(name));
    expect(names(before)).toEqual(names(needed));
  } finally {
    await browser.close();
    await site.close();
  }
});
