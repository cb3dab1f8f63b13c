/** The GPU process of a browser is killed: while nothing is running, and while a network is running. */
import type { RequestListener } from 'node:http';
import type { Page as Tab } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { serve } from '../../scripts/lib/server.mjs';
import type { Model } from '../../src/index.ts';
import { openBrowser } from './site.ts';

const PAGE = `<!doctype html><title>lost</title><link rel="icon" href="data:,">
  <script type="module">globalThis.library = import('/dist/index.js')</script>`;

interface Answer {
  logits: number[];
  warnings: string[];
}

/** What the page exposes for its tests. */
interface Page {
  library: Promise<typeof import('../../src/index.ts')>;
  /** Resolves when the GPU process is gone. */
  crash(): Promise<void>;
  model: Model;
  answer(): Promise<Answer>;
}

/** A separate browser for each test, because Chrome returns no adapter for two minutes after two were lost. */
async function inBrowser(use: (page: Tab) => Promise<void>): Promise<void> {
  const send: RequestListener = (_, response) => void response.setHeader('content-type', 'text/html').end(PAGE);
  const site = await serve({ folders: { dist: 'dist' }, routes: { '/': send } });
  const browser = await openBrowser();
  try {
    const page = await (await browser.newContext()).newPage();
    const devtools = await browser.newBrowserCDPSession();
    await page.exposeFunction('crash', () => devtools.send('Browser.crashGpuProcess'));
    await page.goto(`${site.url}/`);
    await use(page);
  } finally {
    await browser.close();
    await site.close();
  }
}

function load(page: Tab): Promise<void> {
  return page.evaluate(async () => {
    const here = globalThis as unknown as Page;
    const { loadModel } = await here.library;
    const model = await loadModel({ arch: 'resnet18', weights: { random: 3 } }, { inputSize: [96, 96], verify: false });
    const data = Float32Array.from({ length: 3 * 96 * 96 }, (_, i) => Math.sin(i * 0.37));
    here.model = model;
    here.answer = async () => {
      const { logits } = await model.run({ data, shape: [1, 3, 96, 96] });
      return { logits: [...(logits?.data ?? [])], warnings: model.info.warnings };
    };
  });
}

const answer = (page: Tab) => page.evaluate(() => (globalThis as unknown as Page).answer());

function difference(actual: readonly number[], expected: readonly number[]): number {
  return Math.hypot(...actual.map((value, i) => value - (expected[i] ?? 0))) / Math.hypot(...expected);
}

describe('a GPU process that is killed', () => {
  it('while nothing is under way, and then while a network runs', () =>
    inBrowser(async (page) => {
      await load(page);
      const first = await answer(page);
      expect(first.warnings).toEqual([]);
      await page.evaluate(async () => {
        const { crash, model } = globalThis as unknown as Page;
        const { device } = model;
        await crash();
        await device.lost;
      });
      // The same kernels on another device.
      expect(await answer(page)).toEqual(first);
      await crashAtSubmit(page);
      // If a browser still returns another one, the model runs on it.
      const told = await answer(page).then(
        ({ logits }) => (difference(logits, first.logits) < 1e-4 ? 'right' : 'wrong'),
        (reason: unknown) => String(reason),
      );
      expect(told).toMatch(
        /^right$|\[conv1, .*\] The GPU device was lost while running stem-serial, .*The browser gives no other one now\./s,
      );
    }));

  it('while a network runs', () =>
    inBrowser(async (page) => {
      await load(page);
      const first = await answer(page);
      await crashAtSubmit(page);
      const { logits, warnings } = await answer(page);
      expect(difference(logits, first.logits)).toBeLessThan(1e-4);
      expect(warnings.join('\n')).toMatch(/the GPU was lost while it, or another of \d+ layers, ran\. In its place: plain-filter\./);
      // And continues.
      expect(await answer(page)).toEqual({ logits, warnings });
    }));

  it('while kernels are compiled', () =>
    inBrowser(async (page) => {
      await page.evaluate(() => {
        const { crash } = globalThis as unknown as Page;
        const { prototype } = GPUDevice;
        const { createComputePipelineAsync } = prototype;
        prototype.createComputePipelineAsync = function (descriptor) {
          const compiling = createComputePipelineAsync.call(this, descriptor);
          if (!descriptor.label?.startsWith('conv-serial')) return compiling;
          prototype.createComputePipelineAsync = createComputePipelineAsync;
          // Otherwise it may be compiled before the signal arrives.
          const gone = crash().then(() => this.lost);
          return gone.then(() => compiling);
        };
      });
      await load(page);
      const { logits, warnings } = await answer(page);
      expect(warnings.join('\n')).toMatch(/conv-serial\/\S+: the GPU was lost while it.* was compiled\. In its place: plain-filter\./);
      await page.reload();
      await load(page);
      const again = await answer(page);
      expect(again.warnings).toEqual([]);
      expect(difference(logits, again.logits)).toBeLessThan(1e-4);
    }));
});

/**
 * As soon as the network is submitted. Its results wait until the process is gone: a small network may be done before a signal that goes
 * through two other processes arrives.
 */
function crashAtSubmit(page: Tab): Promise<void> {
  return page.evaluate(() => {
    const { model, crash } = globalThis as unknown as Page;
    const { queue } = model.device;
    const { submit } = queue;
    const { prototype } = GPUBuffer;
    const { mapAsync } = prototype;
    queue.submit = (commands) => {
      queue.submit = submit;
      submit.call(queue, commands);
      const gone = crash();
      prototype.mapAsync = async function (...range) {
        prototype.mapAsync = mapAsync;
        await gone;
        return mapAsync.apply(this, range);
      };
    };
  });
}
