// The programs of examples/, each run as a newcomer would, until it shows its label.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from './browsers.mjs';
import { install, npm, run } from './packed.mjs';
import { serveFolder } from './server.mjs';
import { root } from './setup.mjs';

/**
 * @typedef {object} Example
 * @property {RegExp} label the result
 * @property {string} [site] folder to serve; default: the example's own
 * @property {boolean} [build] whether to run `npm run build` first
 * @property {'page' | 'canvas' | 'extension' | 'terminal' | 'camera'} [kind] default: page
 * @property {string[]} [linked] packages of this repository that are enough without a connection
 */

/** @type {Record<string, Example>} */
export const EXAMPLES = {
  html: { label: /^cat, \d+ %$/, linked: [] },
  vite: { label: /^cat, \d+ %$/, build: true, site: 'dist' },
  react: { label: /^cat, \d+ %$/, build: true, site: 'dist' },
  next: { label: /^cat, \d+ %$/, build: true, site: 'out' },
  worker: { label: /^cat, \d+ %$/, linked: [] },
  extension: { label: /^cat, \d+ %$/, build: true, kind: 'extension', linked: [] },
  camera: { label: /^cat, \d+ %, \d+ ms$/, kind: 'camera', linked: [] },
  pyramid: { label: /^P2 16x40x40, P3 32x20x20, P4 64x10x10, P5 128x5x5$/, linked: [] },
  search: { label: /^cat-1, cosine 0\.\d\d$/, linked: [] },
  classes: { label: /^coffee; 3\d{6} bytes for PyTorch$/, linked: [] },
  'own-checkpoint': { label: /^kitty, \d+ %$/, linked: [] },
  three: { label: /^cat, \d+ %, 1x64x8x8 drawn$/, kind: 'canvas' },
  'node-folder': { label: /^cat-1\.jpg: cat, \d+ %\nrocket-1\.jpg: ship, \d+ %$/, kind: 'terminal', linked: ['webgpu'] },
};

export const exampleFolder = join(root, 'examples');

/**
 * @param {string} name @param {string} tarball
 * @param {{ offline?: boolean }} [options]
 * @returns {Promise<string>} the label
 */
export async function runExample(name, tarball, { offline = false } = {}) {
  const example = EXAMPLES[name];
  if (!example) throw new Error(`There is no example ${name}.`);
  const scratch = mkdtempSync(join(tmpdir(), `resnet-webgpu-example-${name}-`));
  const folder = join(scratch, name);
  const home = join(scratch, 'home');
  try {
    cpSync(join(exampleFolder, name), folder, { recursive: true });
    await install({ folder, tarball, home, linked: offline ? example.linked : undefined });
    if (example.build) await npm(['run', 'build', '--silent'], folder, { HOME: home });
    if (example.kind === 'terminal') return (await run('npm', ['run', 'start', '--silent'], folder, { HOME: home })).trim();
    return await labelOf(example, join(folder, example.site ?? '.'));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** @param {Example} example @param {string} site */
async function labelOf({ kind }, site) {
  /** @type {string[]} */
  const problems = [];
  const server = await serveFolder(site);
  const { page, close } = await launch('chromium', {
    onError: (text) => problems.push(text),
    ...(kind === 'extension' && { extension: site }),
    ...(kind === 'canvas' && { args: CANVAS_FLAGS }),
    ...(kind === 'camera' && { args: cameraFlags(site) }),
  });
  try {
    await page.goto(kind === 'extension' ? await popupAddress(page) : server.url);
    const output = await page.waitForSelector('output:not(:empty)', { timeout: 120_000 }).catch(() => null);
    const label = output && (await output.evaluate((element) => element.textContent));
    // What a page says where nobody serves it is not for pages that run.
    if (await page.$('#unserved')) problems.push('It still says that nobody serves it.');
    if (!label || problems.length > 0) throw new Error(['The page shows', label ?? 'nothing', ...problems].join('\n'));
    return label;
  } finally {
    await close();
    await server.close();
  }
}

/** Without this, a WebGPU canvas on SwiftShader crashes the GPU process (Chromium 156). The page must also be drawn with Vulkan. */
const CANVAS_FLAGS =
  process.env.WEBGPU_ADAPTER === 'default' ? [] : ['--use-angle=vulkan', '--enable-features=Vulkan', '--use-vulkan=swiftshader'];

/** @param {import('puppeteer-core').Page} page */
async function popupAddress(page) {
  const worker = await page.browser().waitForTarget((target) => target.type() === 'service_worker', { timeout: 60_000 });
  return new URL('popup.html', worker.url()).href;
}

/** A camera that shows the example's photo. Motion JPEG is a sequence of JPEGs. @param {string} site */
function cameraFlags(site) {
  const photo = readFileSync(join(site, 'cat.jpg'));
  const file = join(site, 'camera.mjpeg');
  writeFileSync(file, Buffer.concat([photo, photo]));
  return ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${file}`];
}

/** Lines of code, without blank lines, comments, settings and the markup that every page has. @param {string} name */
export function linesOf(name) {
  const folder = join(exampleFolder, name);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => /\.(js|ts|tsx|html)$/.test(file) && !/node_modules|\.config\./.test(file),
  );
  return files
    .flatMap((file) => codeOf(file, readFileSync(join(folder, file), 'utf8')).split('\n'))
    .filter((line) => line.trim() !== '' && !/^\s*(\/\/|\/\*|\*)/.test(line)).length;
}

/** @param {string} file @param {string} text */
function codeOf(file, text) {
  if (!file.endsWith('.html')) return text;
  return [...text.matchAll(/<body>(.*)<\/body>/gs)].map(([, body]) => body).join('\n');
}
