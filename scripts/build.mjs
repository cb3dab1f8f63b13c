// `npm run build`: the library and its types into dist/.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'vite';
import { breakLines, breakMappings, lineBreaks } from './lib/break-lines.mjs';
import { reachableDeclarations, withJsExtensions } from './lib/declarations.mjs';
import { bin, root } from './lib/setup.mjs';

const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
const logLevel = process.argv.includes('--quiet') ? 'warn' : 'info';
await build({ root, configFile: join(root, 'vite.config.ts'), logLevel });
await bundleLibrary();
await bundleImageDecoders();
for (const file of files(dist)) if (file.endsWith('.js')) breakLinesOf(file);
execFileSync(process.execPath, [bin('typescript', 'tsc'), '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
shipDeclarations();
checkExports();

/** The library as one file, for places without `import()`: service workers. It is made from the built files, so that both are the same. */
async function bundleLibrary() {
  await build({
    root,
    configFile: false,
    logLevel,
    publicDir: false,
    build: {
      target: 'es2022',
      outDir: dist,
      emptyOutDir: false,
      lib: { entry: join(dist, 'index.js'), formats: ['es'], fileName: () => 'resnet-webgpu.bundle.js' },
      rolldownOptions: { output: { codeSplitting: false, minify: { compress: true, mangle: true, codegen: true } } },
    },
  });
}

/** The package has no dependencies. So it includes what its command needs, with licences. */
async function bundleImageDecoders() {
  const outDir = join(dist, 'vendor');
  await build({
    root,
    configFile: false,
    logLevel,
    publicDir: false,
    ssr: { noExternal: true },
    build: { ssr: true, target: 'node20', outDir, minify: true, rolldownOptions: { input: join(root, 'scripts/lib/image-decoders.mjs') } },
  });
  const licences = ['pngjs', 'jpeg-js'].map((name) => `${name}\n\n${readFileSync(join(root, 'node_modules', name, 'LICENSE'), 'utf8')}`);
  writeFileSync(join(outDir, 'LICENSES.txt'), licences.join(`\n${'-'.repeat(80)}\n\n`));
}

/** Only the declarations that an entry point reaches: 73 of 441, 190 KB of 490, when this was written. */
function shipDeclarations() {
  const types = join(dist, 'types');
  for (const file of files(types)) writeFileSync(file, withJsExtensions(readFileSync(file, 'utf8')));
  const { exports: entries } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const starts = Object.values(entries).flatMap((entry) => entry.types?.replace('./dist/types/', '') ?? []);
  const wanted = reachableDeclarations(starts, (file) => readFileSync(join(types, file), 'utf8'));
  for (const file of files(types)) if (!wanted.has(relative(types, file).replaceAll('\\', '/'))) rmSync(file);
  for (const folder of folders(types)) if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
}

/** Deepest first. @param {string} folder @returns {string[]} */
function folders(folder) {
  const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return inner.flatMap(({ name }) => [...folders(join(folder, name)), join(folder, name)]);
}

/** @param {string} file a JavaScript file; its source map is also handled */
function breakLinesOf(file) {
  const code = readFileSync(file, 'utf8');
  const breaks = lineBreaks(code);
  if (breaks.length === 0) return;
  writeFileSync(file, breakLines(code, breaks));
  if (!existsSync(`${file}.map`)) return;
  const map = JSON.parse(readFileSync(`${file}.map`, 'utf8'));
  writeFileSync(`${file}.map`, JSON.stringify({ ...map, mappings: breakMappings(map.mappings, code, breaks) }));
}

/** @param {string} folder @returns {string[]} */
function files(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** @param {string} target a file, or all files of a folder @returns {boolean} */
function targetExists(target) {
  return existsSync(join(root, target.replace(/\/\*$/, '')));
}

/** An entry that is built but not exported cannot be imported. One that is exported but not built breaks the package. */
function checkExports() {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  /** @type {string[]} */
  const targets = Object.values(manifest.exports).flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)));
  const wanted = [...targets, ...Object.values(manifest.bin ?? {})].map((target) => target.replace(/^\.\//, ''));
  const absent = wanted.filter((target) => !targetExists(target));
  const built = readdirSync(dist).filter((name) => name.endsWith('.js'));
  const unlisted = built.filter((name) => !wanted.includes(`dist/${name}`));
  if (absent.length + unlisted.length > 0) {
    console.error(
      `package.json and dist/ disagree. Exported but not built: ${absent.join(', ') || 'none'}. Built but not exported: ${unlisted.join(', ') || 'none'}.`,
    );
    process.exitCode = 1;
  }
}
