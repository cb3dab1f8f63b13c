// The size gate: what `import { loadModel } from 'resnet-webgpu'` costs on the wire, and what it may import.
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { init, parse } from 'es-module-lexer';
import { root } from './lib/setup.mjs';

const LIMIT_KIB = 45;

await init;
const dist = join(root, 'dist');
const core = reach([join(dist, 'index.js')], { lazily: false });
const all = reach([join(dist, 'index.js')], { lazily: true });
const sizes = [...core].map(([file, text]) => ({
  file: relative(dist, file),
  bytes: text.length,
  gzip: gzipSync(text, { level: 9 }).length,
}));
const total = sizes.reduce((sum, { gzip }) => sum + gzip, 0);

for (const { file, bytes, gzip } of sizes) console.log(`  ${file.padEnd(40)} ${kib(bytes)}   ${kib(gzip)} gzip`);
for (const [file, text] of all) {
  if (!core.has(file)) console.log(`  ${relative(dist, file).padEnd(40)} ${kib(text.length)}   ${kib(gzipSync(text).length)} gzip, lazy`);
}
console.log(`core: ${(total / 1024).toFixed(2)} KiB gzip of ${LIMIT_KIB} KiB`);
if (total > LIMIT_KIB * 1024) {
  console.error(`The core is ${total - LIMIT_KIB * 1024} bytes over its limit. Import what is rarely needed with import().`);
  process.exitCode = 1;
}

/**
 * The modules that the entries reach, by file. Fails on anything that a static server or a strict content security policy
 * would stumble over: imports that are not relative, and code made from strings.
 * @param {string[]} entries @param {{ lazily: boolean }} options
 */
function reach(entries, { lazily }) {
  /** @type {Map<string, Buffer>} */
  const found = new Map();
  for (const queue = [...entries]; queue.length > 0; ) {
    const file = /** @type {string} */ (queue.pop());
    if (found.has(file)) continue;
    const text = readFileSync(file);
    found.set(file, text);
    if (/\bnew Function\b|\beval\(/.test(text.toString())) fail(file, 'makes code from a string');
    for (const { n: specifier, d: dynamic } of parse(text.toString())[0]) {
      const isMeta = dynamic === -2;
      if (isMeta || (dynamic >= 0 && !lazily)) continue;
      if (specifier === undefined) fail(file, 'imports something that is not a constant');
      else if (specifier.startsWith('./') || specifier.startsWith('../')) queue.push(join(dirname(file), specifier));
      else fail(file, `imports '${specifier}', which is not relative`);
    }
  }
  return found;
}

/** @param {string} file @param {string} what */
function fail(file, what) {
  console.error(`${relative(root, file)} ${what}.`);
  process.exitCode = 1;
}

/** @param {number} bytes */
function kib(bytes) {
  return `${(bytes / 1024).toFixed(1).padStart(7)} KiB`;
}
