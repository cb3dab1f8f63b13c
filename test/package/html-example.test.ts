import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { findBrowser, launch } from '../../scripts/lib/browsers.mjs';
import { EXAMPLES, exampleFolder } from '../../scripts/lib/examples.mjs';

const pages = Object.keys(EXAMPLES).filter((name) => existsSync(join(exampleFolder, name, 'index.html')));

// That it goes where the page is served, the run of each example checks.
it('every example of a page says why it shows nothing where nobody serves it', async ({ skip }) => {
  if (!findBrowser('chromium')) skip('Chromium is not installed');
  expect(pages.length).toBeGreaterThan(8);
  const { page, close } = await launch('chromium');
  try {
    for (const name of pages) {
      await page.goto(pathToFileURL(join(exampleFolder, name, 'index.html')).href);
      expect(await page.evaluate(() => document.body.innerText), name).toContain('run npm start');
    }
  } finally {
    await close();
  }
});
