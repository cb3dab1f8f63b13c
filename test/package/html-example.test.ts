import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { findBrowser, launch } from '../../scripts/lib/browsers.mjs';
import { exampleFolder } from '../../scripts/lib/examples.mjs';

const file = join(exampleFolder, 'html/index.html');

it('the example of plain HTML says why it shows nothing where nobody serves it', async ({ skip }) => {
  if (!findBrowser('chromium')) skip('Chromium is not installed');
  const { page, close } = await launch('chromium');
  try {
    await page.goto(pathToFileURL(file).href);
    expect(await page.evaluate(() => document.body.innerText)).toContain('npm start');
  } finally {
    await close();
  }
});

it('and its script takes that away', () => {
  const [, script = ''] = /<script type="module">(.*)<\/script>/s.exec(readFileSync(file, 'utf8')) ?? [];
  expect(script).toContain("querySelector('#unserved').remove()");
});
