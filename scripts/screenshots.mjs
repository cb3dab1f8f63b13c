// The pictures of the README: the built demo in both themes, after everything was classified and measured.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './lib/browsers.mjs';
import { serve } from './lib/server.mjs';
import { root } from './lib/setup.mjs';

const out = join(root, 'docs/images');
mkdirSync(out, { recursive: true });
if (!process.argv.includes('--built')) execFileSync('npm', ['run', '--silent', 'build:demo'], { cwd: root, stdio: 'inherit' });
const site = await serve({ folders: { demo: 'dist-demo' } });
for (const theme of ['light', 'dark']) {
  const { page, close } = await launch('chromium', { viewport: { width: 1440, height: 1030 } });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
  await page.goto(`${site.url}/demo/index.html`);
  await page.waitForFunction("/median/.test(document.querySelector('#time-note').textContent)", { timeout: 240_000 });
  writeFileSync(join(out, `demo-${theme}.webp`), await page.screenshot({ type: 'webp', quality: 80 }));
  await close();
}
await site.close();
