// The versions of TypeScript that the package's types support. README names them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bin, root } from './setup.mjs';

/** @typedef {{ version: string, tsc: string, types: string[] }} Compiler `types`: needed if a compiler's own types lack WebGPU */

const folder = join(root, '.cache/compilers');

/** In addition to the installed one. Since version 6, the DOM types include all of WebGPU. */
const OTHERS = [
  { version: '5.4.5', types: ['@webgpu/types'] },
  { version: '5.9.3', types: ['@webgpu/types'] },
  { version: '6.0.3', types: [] },
];

/** @returns {Compiler} */
export function ownCompiler() {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/typescript/package.json'), 'utf8'));
  return { version, tsc: bin('typescript', 'tsc'), types: [] };
}

/** All of them. npm installs missing ones into a folder that git ignores. @returns {Compiler[]} */
export function allCompilers() {
  const manifest = {
    private: true,
    dependencies: Object.fromEntries(OTHERS.map(({ version }) => [`typescript-${version}`, `npm:typescript@${version}`])),
  };
  const text = JSON.stringify(manifest, null, 2);
  const installed = join(folder, 'installed.json');
  if (!existsSync(installed) || readFileSync(installed, 'utf8') !== text) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), text);
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
    const { status } = spawnSync('npm', args, {
      cwd: folder,
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    });
    if (status !== 0) throw new Error(`npm could not install ${Object.keys(manifest.dependencies).join(', ')} into ${folder}.`);
    writeFileSync(installed, text);
  }
  const others = OTHERS.map((other) => ({ ...other, tsc: join(folder, `node_modules/typescript-${other.version}/bin/tsc`) }));
  return [...others, ownCompiler()];
}
