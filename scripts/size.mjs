// The size gate: what a page downloads. A bundler's view: an entry with the line `import { loadModel } from 'resnet-webgpu'` is built
// from dist/. Two sums are gated: what it reaches without import(), and that plus all that a ResNet-50 .safetensors fetches until its
// first label (with the kernels for software adapters: the larger of two cases). Prints what is fetched later, too, and fails on
// anything in dist/ that a static server or a strict content security policy would stumble over.
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { init, parse } from 'es-module-lexer';
import { build } from 'vite';
import { root } from './lib/setup.mjs';
import { builtShaders } from './lib/wgsl.mjs';

const IMPORT_LIMIT_KIB = 45;
const FIRST_LABEL_LIMIT_KIB = 85;
/** Chunks that loadModel({ arch: 'resnet50', weights: 'resnet50.safetensors' }) and a first classify fetch. */
const FIRST_LABEL = ['arch', 'recipes', 'binding', 'cache', 'images', 'labels', 'imagenet1k', 'serial'];

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
console.log(`everything: ${(sum(chunks) / 1024).toFixed(1)} KiB gzip`);
check('import { loadModel }', sum(atOnce), IMPORT_LIMIT_KIB, 'Import what is rarely needed with import().');
const lost = FIRST_LABEL.filter((name) => !chunks.some((chunk) => !chunk.isStatic && chunk.name === name));
if (lost.length > 0) fail('dist', `has no chunk ${lost.join(', ')}. Correct FIRST_LABEL in scripts/size.mjs`);
const first = chunks.filter(({ name, isStatic }) => isStatic || FIRST_LABEL.includes(name));
check('until the first label', sum(first), FIRST_LABEL_LIMIT_KIB, 'Fetch what few networks need when they need it.');

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
    // Named by two builds: the library's and this one.
    name: fileName.replace(/(-[\w-]{8}){1,2}\.js$/, ''),
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
