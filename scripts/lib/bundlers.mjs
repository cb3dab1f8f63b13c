// One program with every bundler and runtime, from the packed tarball: how to set up each, and what it must print.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from './browsers.mjs';
import { install, npm } from './packed.mjs';
import { serveFolder } from './server.mjs';
import { root } from './setup.mjs';

/**
 * @typedef {object} Tool
 * @property {Record<string, string>} packages exact versions
 * @property {string} command for npm's shell. A warning on its standard error counts as a failure
 * @property {string} [site] folder to serve; without it the command itself prints the answer
 * @property {RegExp} [answer] default: the answers of page and worker
 * @property {Record<string, string>} [files]
 * @property {Record<string, unknown>} [manifest] additional fields of package.json
 * @property {string} [index] the page, if it is not index.html
 */

const vite = (/** @type {string} */ version) => ({
  packages: { vite: version },
  command: 'vite build --logLevel warn',
  site: 'dist',
  files: {
    // Vite 5 to 7 build workers as scripts, which have no import(), unless told otherwise. Up to version 5, the page's default target lacks it, too.
    'vite.config.js':
      "export default { base: './', worker: { format: 'es' }, build: { target: 'es2022', chunkSizeWarningLimit: 9999 } };\n",
  },
});

const PROGRAM = /^program cat$/;
const node = (/** @type {string} */ version) => ({
  packages: { node: version, webgpu: '0.6.2' },
  command: 'node --version 1>&2 && node run.js',
  answer: PROGRAM,
});

const WEBPACK = `import { join } from 'node:path';
export default {
  mode: 'production',
  entry: './main.js',
  output: { path: join(import.meta.dirname, 'dist'), filename: 'main.js', publicPath: 'auto' },
  performance: { hints: false },
};
`;

const NEXT = {
  'next.config.js': "export default { output: 'export' };\n",
  'app/layout.jsx':
    "export const metadata = { icons: { icon: 'data:,' } };\n" +
    'export default ({ children }) => <html lang="en"><body>{children}</body></html>;\n',
  'app/page.jsx': `'use client';
import { useEffect } from 'react';
export default function Page() {
  useEffect(() => void import('../main.js'), []);
  return <output suppressHydrationWarning />;
}
`,
};

/** @type {Record<string, Tool>} */
export const TOOLS = {
  'Vite 5': vite('5.4.21'),
  'Vite 6': vite('6.4.6'),
  'Vite 7': vite('7.3.8'),
  'Vite 8': vite('8.4.0'),
  webpack: {
    packages: { webpack: '5.113.0', 'webpack-cli': '7.3.1' },
    command: 'webpack --stats errors-warnings',
    site: 'dist',
    files: { 'webpack.config.js': WEBPACK },
  },
  rollup: {
    packages: { rollup: '4.68.8', '@rollup/plugin-node-resolve': '16.0.3' },
    command: 'rollup main.js worker.js --plugin node-resolve --dir dist --format es --silent',
    site: 'dist',
  },
  esbuild: {
    packages: { esbuild: '0.28.2' },
    command: 'esbuild main.js worker.js --bundle --splitting --format=esm --minify --outdir=dist --log-level=warning',
    site: 'dist',
  },
  Parcel: {
    packages: { parcel: '2.16.4' },
    command: 'parcel build index.html --public-url ./ --no-source-maps --no-cache --log-level warn',
    site: 'dist',
    // Code that page and worker share goes into a bundle that Parcel's workers do not load: "Cannot find module".
    manifest: { '@parcel/bundler-default': { minBundleSize: 100_000_000 } },
  },
  Next: { packages: { next: '16.4.6', react: '19.3.1', 'react-dom': '19.3.1' }, command: 'next build', site: 'out', files: NEXT },
  'no bundler, service worker': {
    packages: {},
    command: 'node --version',
    site: '.',
    index: 'service-worker.html',
    answer: /^service worker cat$/,
  },
  Jest: {
    packages: { jest: '30.5.2', '@babel/preset-env': '7.29.14', '@babel/core': '7.29.13' },
    command: 'jest 2>&1',
    answer: /Tests: +1 passed, 1 total/,
    files: {
      'babel.config.cjs': "module.exports = { presets: [['@babel/preset-env', { targets: { node: 'current' } }]] };\n",
      'jest.config.cjs': "module.exports = { transformIgnorePatterns: ['/node_modules/(?!resnet-webgpu/)'] };\n",
    },
  },
  'Node 20': node('20.20.2'),
  'Node 22': node('22.23.3'),
  'Node 24': node('24.21.0'),
  Bun: { packages: { bun: '1.4.5', webgpu: '0.6.2' }, command: 'bun run run.js', answer: PROGRAM },
  Deno: { packages: { deno: '2.9.6' }, command: 'deno run --allow-all --unstable-webgpu run.js', answer: PROGRAM },
};

const BOTH = /^page cat, worker cat$/;
const program = join(root, 'test/package/bundlers');
const weights = join(root, 'test/checkpoints/weights/akamaster-cifar10/resnet20-12fca82f.th');
const image = join(root, 'test/checkpoints/images/cifar10/png/test-0000-cat.png');

/**
 * @param {string} name @param {string} tarball
 * @returns {Promise<string>} its answer, if that is right
 */
export async function runTool(name, tarball) {
  const tool = TOOLS[name];
  if (!tool) throw new Error(`There is no tool ${name}.`);
  const scratch = mkdtempSync(join(tmpdir(), 'resnet-webgpu-bundler-'));
  const [folder, home] = [join(scratch, 'app'), join(scratch, 'home')];
  try {
    cpSync(program, folder, { recursive: true });
    for (const [path, text] of Object.entries(tool.files ?? {})) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const manifest = {
      name: 'app',
      private: true,
      type: 'module',
      scripts: { build: tool.command },
      dependencies: tool.packages,
      ...tool.manifest,
    };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    await install({ folder, tarball, home });
    putAssets(folder);
    const printed = await npm(['run', 'build', '--silent'], folder, { HOME: home });
    // webpack, for example, exits successfully after a warning.
    if (/\bwarn(ing)?\b/i.test(printed)) throw new Error(printed);
    const answer = tool.site ? await answerOf(join(folder, tool.site), tool) : printed.trim();
    if (!(tool.answer ?? BOTH).test(answer)) throw new Error(`It answered: ${answer}`);
    return tool.answer ? (tool.answer.exec(answer)?.[0] ?? '') : answer;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** @param {string} folder */
function putAssets(folder) {
  cpSync(weights, join(folder, 'weights.th'));
  cpSync(image, join(folder, 'image.png'));
}

/** @param {string} site @param {Tool} tool */
async function answerOf(site, { index = 'index.html' }) {
  putAssets(site);
  // Tools without support for pages get a copy of the page.
  if (!existsSync(join(site, index))) cpSync(join(program, index), join(site, index));
  const server = await serveFolder(site);
  /** @type {string[]} */
  const problems = [];
  const { page, close } = await launch('chromium', { onError: (text) => problems.push(text) });
  try {
    await page.goto(index === 'index.html' ? server.url : `${server.url}/${index}`);
    const output = await page.waitForSelector('output:not(:empty)', { timeout: 120_000 }).catch(() => null);
    const answer = await output?.evaluate((element) => element.textContent);
    return problems.length > 0 || !answer ? [answer, ...problems].join('\n') : answer;
  } finally {
    await close();
    await server.close();
  }
}
