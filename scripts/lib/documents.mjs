// The code in README, docs/ and doc comments as programs, in a folder next to the packed package.
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exampleBlocks, exportedNames, fencedBlocks, withImports } from './blocks.mjs';
import { root } from './setup.mjs';

/** @typedef {import('./blocks.mjs').Block} Block */

/** What the documents import besides this package. */
const LINKED = ['@types', '@webgpu', '@tensorflow', '@litertjs', 'onnxruntime-web'];

/**
 * Writes each block unchanged into a file that is named after its position: `docs~export.md~9.ts`.
 * @param {string} app a folder with the package in its node_modules
 */
export function writeDocuments(app) {
  const library = join(app, 'node_modules/resnet-webgpu');
  const folder = join(app, 'documents');
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  for (const name of LINKED) symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'junction');
  const pages = ['README.md', ...readdirSync(join(library, 'docs')).map((name) => `docs/${name}`)].filter((name) => name.endsWith('.md'));
  const printed = pages.flatMap((page) => fencedBlocks(readFileSync(join(library, page), 'utf8'), page));
  const entries = entryPoints(library);
  const exported = Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, exportedNames(readFileSync(file, 'utf8'))]));
  const types = join(library, 'dist/types');
  const declarations = readdirSync(types, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.d.ts'));
  const examples = declarations
    .flatMap((name) => exampleBlocks(readFileSync(join(types, name), 'utf8'), `dist/types/${name.replaceAll('\\', '/')}`))
    .map((block) => ({ ...block, text: withImports(block.text, exported) }));
  for (const block of [...printed, ...examples]) writeFileSync(join(folder, nameOf(block)), block.text);
  return { folder, printed: printed.length, examples: examples.length };
}

/** @param {Block} block */
function nameOf({ file, line, language }) {
  return `${file.replaceAll('/', '~')}~${line}.${language}`;
}

/** A compiler's messages, with positions in the documents. @param {string} output */
export function atTheirPlaces(output) {
  return output.replace(
    /(?:\S*[\\/])?(\S+?)~(\d+)\.\w+\((\d+),(\d+)\)/g,
    (_, file, first, line, column) => `${file.replaceAll('~', '/')}:${Number(first) + Number(line) - 1}:${column}`,
  );
}

/** Declaration files by import specifier. @param {string} library @returns {Record<string, string>} */
export function entryPoints(library) {
  const { exports: entries } = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8'));
  return Object.fromEntries(
    Object.entries(entries).flatMap(([name, entry]) =>
      entry.types && name !== './bundle' ? [[`resnet-webgpu${name.slice(1)}`, join(library, entry.types)]] : [],
    ),
  );
}
