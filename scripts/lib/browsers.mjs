// Finds, installs and starts the two browsers of the tests, each with a WebGPU adapter that needs no GPU.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { platform } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from './setup.mjs';

/** @typedef {'chromium' | 'firefox'} BrowserName */

const cache = join(root, '.cache/browsers');

/** Where to look for the browsers. An environment variable takes precedence. */
const candidates = {
  chromium: [
    process.env.CHROMIUM_PATH,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome-stable',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
  ],
  firefox: [
    process.env.FIREFOX_PATH,
    '/usr/bin/firefox-esr',
    '/usr/bin/firefox',
    '/Applications/Firefox.app/Contents/MacOS/firefox',
    'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
  ],
};

/** On Ubuntu, packages with these names are scripts that start a snap. A snap does not work if the tests run as root. */
function isSnapStub(/** @type {string} */ path) {
  try {
    return readFileSync(path).subarray(0, 4096).includes('/snap/');
  } catch {
    return false;
  }
}

/** @param {BrowserName} name @returns {string | undefined} */
export function findBrowser(name) {
  const installed = candidates[name].find((path) => path !== undefined && existsSync(path) && !isSnapStub(path));
  return installed ?? downloaded(name);
}

/** @param {BrowserName} name */
function downloaded(name) {
  const product = name === 'chromium' ? 'chrome' : 'firefox';
  const binary = { chrome: /^(chrome|chrome\.exe|Google Chrome for Testing)$/, firefox: /^firefox(\.exe)?$/ }[product];
  const folder = join(cache, product);
  if (!existsSync(folder)) return undefined;
  const file = readdirSync(folder, { withFileTypes: true, recursive: true }).find((entry) => entry.isFile() && binary.test(entry.name));
  return file && join(file.parentPath, file.name);
}

/**
 * The manifest of a Vulkan driver that runs on the CPU. SwiftShader comes with Chromium, lavapipe with Mesa.
 * @param {'swiftshader' | 'lavapipe'} driver
 */
export function findIcd(driver) {
  if (driver === 'lavapipe') {
    const folder = '/usr/share/vulkan/icd.d';
    const file = existsSync(folder) ? readdirSync(folder).find((name) => name.startsWith('lvp_icd')) : undefined;
    return file ? join(folder, file) : undefined;
  }
  const chromium = findBrowser('chromium');
  const folders = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome', ...(chromium ? [dirname(chromium)] : [])];
  return folders.map((folder) => join(folder, 'vk_swiftshader_icd.json')).find((path) => existsSync(path));
}

/** Missing Debian packages, by purpose. */
function missingPackages() {
  /** @type {Record<string, string>} */
  const missing = {};
  if (!findBrowser('chromium')) missing.chromium = 'Chromium';
  if (!findBrowser('firefox')) missing['firefox-esr'] = 'Firefox';
  if (platform() === 'linux' && !findIcd('lavapipe'))
    missing['mesa-vulkan-drivers'] = 'lavapipe, the software Vulkan driver that Firefox runs on';
  return missing;
}

/**
 * Installs what is missing, if that needs no questions: with apt-get as root on Debian and Ubuntu, otherwise by a download into
 * .cache/browsers. Returns descriptions of what is still missing.
 * @returns {string[]}
 */
export function ensureBrowsers() {
  let missing = missingPackages();
  if (Object.keys(missing).length === 0) return [];
  if (platform() === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    const apt = (/** @type {string[]} */ ...args) =>
      spawnSync('apt-get', args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
        .status === 0;
    console.log(`Installing ${Object.keys(missing).join(', ')} with apt-get …`);
    apt('update', '-q');
    // One at a time: Ubuntu has no firefox-esr, which must not prevent the others.
    for (const name of Object.keys(missing)) apt('install', '-y', '-q', '--no-install-recommends', name);
    missing = missingPackages();
  }
  if (missing.chromium) download('chrome@stable');
  if (missing['firefox-esr']) download('firefox@stable');
  return Object.entries(missingPackages()).map(([name, what]) => `${what} is missing. ${remedy(name)}`);
}

/** @param {string} build */
function download(build) {
  const cli = join(root, 'node_modules/@puppeteer/browsers/lib/cjs/main-cli.js');
  if (!existsSync(cli)) return;
  console.log(`Downloading ${build} into .cache/browsers …`);
  mkdirSync(cache, { recursive: true });
  spawnSync(process.execPath, [cli, 'install', build, '--path', cache], { stdio: ['ignore', 'inherit', 'inherit'], timeout: 600_000 });
}

/** @param {string} name */
function remedy(name) {
  if (name === 'mesa-vulkan-drivers') return 'Install it with: sudo apt-get install mesa-vulkan-drivers';
  const variable = name === 'chromium' ? 'CHROMIUM_PATH' : 'FIREFOX_PATH';
  const how =
    platform() === 'linux' ? `Install it with: sudo apt-get install ${name}` : `Install ${name === 'chromium' ? 'Chrome' : 'Firefox'}`;
  return `${how}; or set ${variable} to the program.`;
}

/** @param {string} path */
export function browserVersion(path) {
  try {
    return execFileSync(path, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 20_000 }).trim();
  } catch {
    return path;
  }
}

/**
 * Flags for Chromium: WebGPU on SwiftShader, and no network access of its own. On a machine with a GPU, WEBGPU_ADAPTER=default runs the
 * same tests on it.
 */
export const chromiumFlags = [
  '--enable-unsafe-webgpu',
  '--js-flags=--expose-gc',
  ...(process.env.WEBGPU_ADAPTER === 'default' ? ['--enable-features=Vulkan'] : ['--use-webgpu-adapter=swiftshader']),
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

const firefoxPreferences = {
  'dom.webgpu.enabled': true,
  'gfx.webgpu.ignore-blocklist': true,
  'gfx.webrender.all': false,
  // A test page computes for minutes. No dialogue should ask whether to stop it.
  'dom.max_script_run_time': 0,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false,
  'app.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'media.autoplay.default': 0,
};

/**
 * A page in a headless browser. Its errors (console errors, uncaught errors) go to `onError`.
 * @param {BrowserName} name
 * @param {{ onError?: (text: string) => void, onCrash?: () => void, viewport?: { width: number, height: number }, args?: string[], extension?: string }} [options]
 *   `args` and `extension` (a folder) are for Chromium
 * @returns {Promise<{ page: import('puppeteer-core').Page, version: string, close: () => Promise<void> }>}
 */
export async function launch(
  name,
  { onError = () => {}, onCrash = () => {}, viewport = { width: 1000, height: 700 }, args = [], extension } = {},
) {
  const executablePath = findBrowser(name);
  if (!executablePath) throw new Error(`${name} is missing. ${remedy(name === 'chromium' ? 'chromium' : 'firefox-esr')}`);
  const { default: puppeteer } = await import('puppeteer-core');
  const lavapipe = process.env.WEBGPU_ADAPTER === 'default' ? undefined : findIcd('lavapipe');
  const browser = await puppeteer.launch({
    executablePath,
    headless: true,
    // A command lasts as long as the tests of a page.
    protocolTimeout: 0,
    // Two browsers that start on two busy cores have taken longer than the usual 30 seconds.
    timeout: 120_000,
    ...(name === 'chromium'
      ? { browser: 'chrome', args: [...chromiumFlags, ...args], ...(extension && { enableExtensions: [extension], pipe: true }) }
      : {
          browser: 'firefox',
          extraPrefsFirefox: firefoxPreferences,
          env: { ...process.env, ...(lavapipe ? { VK_ICD_FILENAMES: lavapipe, VK_DRIVER_FILES: lavapipe } : {}) },
        }),
  });
  const page = await browser.newPage();
  await page.setViewport(viewport);
  page.on('console', (message) => message.type() === 'error' && onError(message.text()));
  page.on('pageerror', (error) => onError(String(error instanceof Error ? (error.stack ?? error) : error)));
  page.on('error', onCrash);
  browser.on('disconnected', onCrash);
  return {
    page,
    version: (await browser.version()).replace('/', ' '),
    close: () => closeOrKill(browser.close(), browser.process()),
  };
}

/**
 * A browser whose page hangs in a driver may never answer.
 * @param {Promise<void>} closing @param {import('node:child_process').ChildProcess | null} child
 */
async function closeOrKill(closing, child) {
  const late = new Promise((resolve) => setTimeout(() => resolve('late'), 10_000).unref());
  if ((await Promise.race([closing.catch(() => 'late'), late])) === 'late') child?.kill('SIGKILL');
}
