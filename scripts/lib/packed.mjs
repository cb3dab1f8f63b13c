// The package as a newcomer gets it: packed, and installed into an empty folder by a user with an empty home.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findIcd } from './browsers.mjs';
import { root } from './setup.mjs';

/** A temporary folder for all of this, including a home. Removed when the process ends. */
export function scratchFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'resnet-webgpu-packed-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** @param {string} folder for the tarball */
export async function pack(folder) {
  const [{ filename }] = JSON.parse(await npm(['pack', '--ignore-scripts', '--json', '--pack-destination', folder], root));
  return join(folder, filename);
}

/**
 * Installs what `folder/package.json` asks for, with the tarball as resnet-webgpu.
 * @param {{ folder: string, tarball: string, home: string, linked?: string[] }} place `linked`: packages to link from this repository.
 *   Then nothing else is installed, so no connection is needed
 */
export async function install({ folder, tarball, home, linked }) {
  const file = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  const wanted = linked ? {} : manifest.dependencies;
  writeFileSync(
    file,
    JSON.stringify({
      ...manifest,
      dependencies: { ...wanted, 'resnet-webgpu': `file:${tarball}` },
      ...(linked && { devDependencies: {} }),
    }),
  );
  mkdirSync(home, { recursive: true });
  await npm(['install', '--no-audit', '--no-fund', '--loglevel=error', ...(linked ? ['--offline'] : [])], folder, { HOME: home });
  for (const name of linked ?? []) symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'junction');
}

/** @param {string[]} args @param {string} cwd @param {Record<string, string>} [env] */
export function npm(args, cwd, env) {
  return run('npm', args, cwd, env);
}

/**
 * The output of a program. Rejects with all of its output if it fails.
 * @param {string} command @param {string[]} args @param {string} cwd @param {Record<string, string>} [env]
 * @returns {Promise<string>}
 */
export function run(command, args, cwd, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...environment(), ...env }, shell: process.platform === 'win32', timeout: 600_000 });
    let [out, all] = ['', ''];
    child.stdout.on('data', (text) => {
      out += text;
      all += text;
    });
    child.stderr.on('data', (text) => {
      all += text;
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(out) : reject(new Error(`${command} ${args.join(' ')} ended with ${code}:\n${all}`)),
    );
  });
}

/** Without variables that npm and test runners set for their children. With a driver that needs no GPU. */
function environment() {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_ENV$|NODE_OPTIONS$|INIT_CWD$)/i.test(name));
  const driver = process.env.WEBGPU_ADAPTER === 'default' ? undefined : (findIcd('swiftshader') ?? findIcd('lavapipe'));
  return { VK_ICD_FILENAMES: driver, ...Object.fromEntries(own), CI: 'true', NEXT_TELEMETRY_DISABLED: '1' };
}
