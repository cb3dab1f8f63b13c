// No source file may be too long for a reader's patience.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './lib/setup.mjs';

const LIMIT = 400;

const long = ['src', 'shaders']
  .flatMap((folder) => readdirSync(join(root, folder), { withFileTypes: true, recursive: true }))
  .filter((entry) => entry.isFile() && /\.(ts|wgsl)$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))
  .map((file) => ({ file: relative(root, file), lines: readFileSync(file, 'utf8').trimEnd().split('\n').length }))
  .filter(({ lines }) => lines > LIMIT);

for (const { file, lines } of long) console.error(`${file} has ${lines} lines; split it, the limit is ${LIMIT}.`);
process.exitCode = long.length > 0 ? 1 : 0;
