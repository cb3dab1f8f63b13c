// The size gate: what `import { loadModel } from 'resnet-webgpu'` costs on the wire. A bundler's view: an entry with that one
// line is built from dist/, and what it reaches without import() is fetched at once. The core is that and all WGSL, also what
// comes with kernels that are fetched later. Prints what is fetched later, too, and fails on anything in dist/ that a static
// server or a strict content security policy would stumble over.
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { init, parse } from 'es-module-lexer';
import { build } from 'vite';
import { root } from './lib/setup.mjs';
import { builtShaders } from './lib/wgsl.mjs';

const LIMIT_KIB = 45;
const AT_ONCE_LIMIT_KIB = 36.5;

await init;
const dist = join(root, 'dist');
checkImports();

const chunks = await bundle("export { loadModel } from './index.js';");
const atOnce = chunks.filter((chunk) => chunk.isStatic);
for (const { name, gzip, isStatic } of [...chunks].sort((a, b) => Number(b.isStatic) - Number(a.isStatic) || b.gzip - a.gzip)) {
  console.log(`  ${name.padEnd(24)} ${kib(gzip)} gzip${isStatic ? '' : ', on demand'}`);
}
const text = chunks.map(({ code }) => code).join('\n');
const shaders = builtShaders();
const absent = shaders.filter((shader) => !text.includes(shader));
if (absent.length > 0) fail('dist', `lacks ${absent.length} of ${shaders.length} shaders as they are now. Run npm run build`);
const later = shaders.filter((shader) => !atOnce.some(({ code }) => code.includes(shader)));
console.log(`everything: ${(sum(chunks) / 1024).toFixed(1)} KiB gzip`);
check('at once', sum(atOnce), AT_ONCE_LIMIT_KIB, 'Import what is rarely needed with import().');
const core = sum(atOnce) + gzipSync(later.join('\n'), { level: 9 }).length;
check(`core, with the ${later.length} shaders that are fetched later`, core, LIMIT_KIB, 'Write less.');

/** @param {string} what @param {number} bytes @param {number} limit in KiB @param {string} remedy */
function check(what, bytes, limit, remedy) {
  console.log(`${what}: ${(bytes / 1024).toFixed(2)} KiB gzip of ${limit} KiB`);
  if (bytes <= limit * 1024) return;
  console.error(`${bytes - limit * 1024} bytes over the limit. ${remedy}`);
  process.exitCode = 1;
}

/**
 * @param {string} entry text of a module in dist/
 * @returns {Promise<{ name: string, code: string, gzip: number, isStatic: boolean }[]>}
 */
async function bundle(entry) {
  const id = join(dist, 'entry-of-the-size-gate.js');
  const result = await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [
      { name: 'entry', resolveId: (source) => (source === id ? id : undefined), load: (source) => (source === id ? entry : undefined) },
    ],
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      lib: { entry: id, formats: ['es'], fileName: 'index' },
      // As a page's build does; a library's keeps its spaces.
      rolldownOptions: { output: { minify: { compress: true, mangle: true, codegen: true } } },
    },
  });
  const [output] = [result].flat();
  const files = output && 'output' in output ? output.output.filter((file) => file.type === 'chunk') : [];
  const byName = new Map(files.map((file) => [file.fileName, file]));
  const reached = new Set();
  for (const queue = files.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName); queue.length > 0; ) {
    const name = queue.pop() ?? '';
    if (reached.has(name)) continue;
    reached.add(name);
    queue.push(...(byName.get(name)?.imports ?? []));
  }
  return files.map(({ fileName, code }) => ({
    name: fileName.replace(/-[\w-]{8}\.js$/, ''),
    code,
    gzip: gzipSync(code, { level: 9 }).length,
    isStatic: reached.has(fileName),
  }));
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
