/** The folder of this package, in a clone or in node_modules. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Manifest {
  name: string;
  version: string;
}

let known: { folder: string; version: string } | undefined;

export function packageRoot(): { folder: string; version: string } {
  if (known) return known;
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (!existsSync(file)) continue;
    const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
    if (name === 'resnet-webgpu') {
      known = { folder, version };
      return known;
    }
  }
  throw new Error('This program lies outside of its package.');
}
