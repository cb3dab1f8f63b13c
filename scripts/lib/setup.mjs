// Prepares a fresh clone so that everything else can be imported. Only needs Node.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

/** Installs the packages of a package-lock.json, unless they are already there. */
export function ensureInstalled(folder = root) {
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Node ${process.versions.node} is too old: version 20.19 or later is needed. See https://nodejs.org`);
    process.exit(1);
  }
  if (isInstalled(folder)) return;
  console.log(`Installing packages (npm ci in ${folder}) …`);
  // No dependency needs its install script. Running none is faster and safer.
  const result = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) {
    console.error('npm ci failed; is the network there? Run it by hand to see more: npm ci --ignore-scripts');
    process.exit(1);
  }
}

/** Whether node_modules has the versions in package-lock.json. Optional packages for other platforms may be absent. */
function isInstalled(/** @type {string} */ folder) {
  const installed = join(folder, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  const wanted = Object.entries(JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')).packages);
  const present = JSON.parse(readFileSync(installed, 'utf8')).packages;
  return wanted.every(([name, entry]) => name === '' || (entry.optional && !present[name]) || present[name]?.version === entry.version);
}

/**
 * The file of a package's command, so that it can be run with this Node and without a shell.
 * @param {string} name @param {string} [command]
 */
export function bin(name, command = name) {
  const folder = join(root, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[command]);
}
