// The size gate: what a page downloads, according to a bundler. An entry with the line `import { loadModel } from 'resnet-webgpu'` is built
// from dist/. Two sums are limited: what it reaches without import(), and that plus everything that a ResNet-50 .safetensors fetches until
// its first label (with the kernels for software adapters, the larger of two cases). Also prints what is fetched later. Fails on anything
// in dist/ that a static server or a strict content security policy would reject.
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { init, parse } from 'es-module-lexer';
import { bundle, FIRST_LABEL } from './lib/bundle.mjs';
import { root } from './lib/setup.mjs';
import { builtShaders } from './lib/wgsl.mjs';

const IMPORT_LIMIT_KIB = 45;
const FIRST_LABEL_LIMIT_KIB = 85;
const CLASSES_LIMIT_KIB = 6;

await init;
const dist = join(root, 'dist');
checkImports();

const chunks = await bundle();
const atOnce = chunks.filter((chunk) => chunk.isStatic);
for (const { name, gzip, isStatic } of [...chunks].sort((a, b) => Number(b.isStatic) - Number(a.isStatic) || b.gzip - a.gzip)) {
  console.log(`  ${name.padEnd(24)} ${kib(gzip)} gzip${isStatic ? '' : ', on demand'}`);
}
const text = chunks.map(({ code }) => code).join('\n');
const shaders = builtShaders();
const absent = shaders.filter((shader) => !text.includes(shader));
if (absent.length > 0) fail('dist', `lacks ${absent.length} of ${shaders.length} shaders as they are now. Run npm run build`);
console.log(`everything: ${(sum(chunks) / 1024).toFixed(1)} KiB gzip`);
check('import { loadModel }', sum(atOnce), IMPORT_LIMIT_KIB, 'Import what is rarely needed with import().');
const lost = FIRST_LABEL.filter((name) => !chunks.some((chunk) => !chunk.isStatic && chunk.name === name));
if (lost.length > 0) fail('dist', `has no chunk ${lost.join(', ')}. Correct FIRST_LABEL in scripts/lib/bundle.mjs`);
const first = chunks.filter(({ name, isStatic }) => isStatic || FIRST_LABEL.includes(name));
check('until the first label', sum(first), FIRST_LABEL_LIMIT_KIB, 'Fetch what few networks need when they need it.');

const beforehand = reached(join(dist, 'index.js'));
const own = [...reached(join(dist, 'classes.js'))].filter((file) => !beforehand.has(file));
const classes = own.reduce((bytes, file) => bytes + gzipSync(readFileSync(file), { level: 9 }).length, 0);
check('resnet-webgpu/classes, besides the core', classes, CLASSES_LIMIT_KIB, 'Import what is rarely needed with import().');

/** A module of dist/ and the files that it imports, except by import(). @param {string} entry */
function reached(entry) {
  /** @type {Set<string>} */
  const files = new Set();
  for (const queue = [entry]; queue.length > 0; ) {
    const file = queue.pop() ?? '';
    if (files.has(file)) continue;
    files.add(file);
    for (const { n: specifier, d: dynamic } of parse(readFileSync(file, 'utf8'))[0])
      if (dynamic === -1 && specifier) queue.push(join(dirname(file), specifier));
  }
  return files;
}

/** @param {string} what @param {number} bytes @param {number} limit in KiB @param {string} remedy */
function check(what, bytes, limit, remedy) {
  console.log(`${what}: ${(bytes / 1024).toFixed(2)} KiB gzip of ${limit} KiB`);
  if (bytes <= limit * 1024) return;
  console.error(`${bytes - limit * 1024} bytes over the limit. ${remedy}`);
  process.exitCode = 1;
}

/** Fails on imports that are not relative, and on code made from strings. */
function checkImports() {
  const seen = new Set();
  for (const queue = [join(dist, 'index.js')]; queue.length > 0; ) {
    const file = queue.pop() ?? '';
    if (seen.has(file)) continue;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    if (/\bnew Function\b|\beval\(/.test(text)) fail(file, 'makes code from a string');
    for (const { n: specifier, d: dynamic } of parse(text)[0]) {
      if (dynamic === -2) continue; // import.meta
      if (specifier === undefined) fail(file, 'imports something that is not a constant');
      else if (specifier.startsWith('./') || specifier.startsWith('../')) queue.push(join(dirname(file), specifier));
      else fail(file, `imports '${specifier}', which is not relative`);
    }
  }
}

/** @param {string} file @param {string} what */
function fail(file, what) {
  console.error(`${relative(root, file)} ${what}.`);
  process.exitCode = 1;
}

/** @param {{ gzip: number }[]} chunks */
function sum(chunks) {
  return chunks.reduce((bytes, { gzip }) => bytes + gzip, 0);
}

/** @param {number} bytes */
function kib(bytes) {
  return `${(bytes / 1024).toFixed(1).padStart(6)} KiB`;
}
