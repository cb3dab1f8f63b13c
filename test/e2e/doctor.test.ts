import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { violations } from './axe.ts';
import { buildAndServe, openBrowser, type Site, type Visit, visit } from './site.ts';

let site: Site;
let browser: Browser;
const visits: Visit[] = [];

beforeAll(async () => {
  site = await buildAndServe();
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

afterEach(async () => {
  expect(visits.flatMap(({ incidents }) => incidents.splice(0))).toEqual([]);
  for (const opened of visits.splice(0)) await opened.close();
});

/** Opens the page and waits for its verdict. All checks would take a software adapter a minute or more. */
async function diagnose(checks: string, options: Parameters<typeof visit>[2] = {}): Promise<Page> {
  const opened = await visit(browser, `${site.url}/demo/doctor.html?checks=${checks}`, options);
  visits.push(opened);
  await done(opened.page);
  return opened.page;
}

const done = (page: Page) => page.waitForFunction(() => document.querySelector('#verdict')?.getAttribute('aria-busy') === 'false');
const text = async (page: Page, selector: string) => (await page.textContent(selector)) ?? '';

describe('the doctor', () => {
  it('checks, says so, and gives a report', async () => {
    const page = await diagnose('grouped,photo', { permissions: ['clipboard-read', 'clipboard-write'] });
    const software = process.env.WEBGPU_ADAPTER !== 'default';
    expect(await text(page, '#word')).toBe(software ? 'Yes, but not on a GPU.' : 'Yes.');
    // Layers of 3 networks with 13 steps each and their outputs, and the steps of a photo, in both precisions.
    const compared = Number(/All (\d+) comparisons/.exec(await text(page, '#sentence'))?.[1]);
    expect(compared).toBeGreaterThan(60);
    const states = await page.$$eval('#checks tbody tr', (rows) =>
      rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.dataset.state)),
    );
    expect(states.filter(([f32]) => f32 !== 'left-out')).toEqual([
      ['right', 'right'],
      ['right', 'right'],
    ]);
    await page.click('#give');
    await page.waitForFunction(() => document.querySelector('#hint')?.textContent?.startsWith('The report is on the clipboard'));
    const report = await page.evaluate(() => navigator.clipboard.readText());
    expect(report).toMatch(/- adapter: .+\n- features: .*\n- limits: .*maxBufferSize \d+/);
    expect(report).toMatch(/\| ResNeXt, RegNetX \| right, \S+e-\d \| right, \S+e-\d \|/);
    expect(report).toContain('| Res2Net | not checked | not checked |');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violations(page)).toEqual([]);
    }
    await page.setViewportSize({ width: 320, height: 640 });
    const wide = await page.evaluate(() => {
      const { clientWidth, scrollWidth } = document.documentElement;
      const over = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > clientWidth + 0.01);
      return [scrollWidth - clientWidth, ...over.map(({ outerHTML }) => outerHTML.slice(0, 80))];
    });
    expect(wide).toEqual([0]);
  });

  it('finds wrong numbers, and says which networks they concern', async () => {
    const before = () => {
      const original = GPUBuffer.prototype.getMappedRange;
      GPUBuffer.prototype.getMappedRange = function (...args) {
        const range = original.apply(this, args);
        const floats = new Float32Array(range);
        if ((this.usage & GPUBufferUsage.MAP_READ) > 0) floats[0] = (floats[0] ?? 0) + 1;
        return range;
      };
    };
    const page = await diagnose('photo', { before });
    expect(await text(page, '#word')).toBe('In part.');
    expect(await text(page, '#sentence')).toContain('Photos are prepared or ranked wrongly here');
    expect(await text(page, '#faults')).toMatch(
      /From photo to label in f32pixels of an array: off by \S+e-\d \(image-rows, image-columns\)/,
    );
    expect(await violations(page)).toEqual([]);
  });

  it('says when the GPU was lost, and can begin again', async () => {
    const before = () => {
      const original = GPUAdapter.prototype.requestDevice;
      let devices = 0;
      GPUAdapter.prototype.requestDevice = async function (...args) {
        const device = await original.apply(this, args);
        devices += 1;
        const submit = device.queue.submit.bind(device.queue);
        if (devices === 1) {
          device.queue.submit = (buffers) => {
            submit(buffers);
            device.destroy();
          };
        }
        return device;
      };
    };
    const page = await diagnose('photo', { before });
    expect(await text(page, '#word')).toBe('No: the GPU was lost.');
    expect(await text(page, '#sentence')).toContain('during From photo to label in f32');
    expect(await page.getAttribute('#readout', 'data-state')).toBe('failed');
    await page.click('#again');
    await page.waitForFunction(() => /^Yes/.test(document.querySelector('#word')?.textContent ?? ''));
  });

  it.each([
    ['without WebGPU', () => void delete (Navigator.prototype as { gpu?: unknown }).gpu, 'This browser has no WebGPU here.'],
    [
      'without an adapter',
      () => Object.assign(navigator.gpu, { requestAdapter: async () => null }),
      'WebGPU is there, but no graphics card.',
    ],
  ])('explains itself %s', async (_, before, words) => {
    const page = await diagnose('photo', { before: before as () => void });
    expect(await text(page, '#word')).toBe('No.');
    expect(await text(page, '#sentence')).toBe(words);
    expect(await page.$$('#notice li')).not.toHaveLength(0);
    expect(await page.isEnabled('#give')).toBe(true);
    expect(await violations(page)).toEqual([]);
  });
});
