// WGSL as it ships: without comments and spaces, and with short names. To debug shaders, build with KEEP_WGSL_NAMES=1.
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './setup.mjs';

/** If two of these meet, the space between them separates tokens: `a - -b`, `x < -1`, `vec4<f32> = `. */
const word = /[\w.]/;
const operator = /[-+*/%&|<>=!^~]/;

/** @param {string} source */
export function minifyWgsl(source) {
  return shortenImports(stripComments(source))
    .split('\n')
    .map((line) => line.trim().replace(/(\S)\s+(?=(\S))/g, (_, before, after) => (mustSeparate(before, after) ? `${before} ` : before)))
    .filter((line) => line !== '')
    .join('\n')
    .replace(/(?<=[;{},(])\n|\n(?=})/g, '')
    .replace(/,(?=[)}])/g, '');
}

/**
 * Keeps only the paths of imports of own modules, because src/kernels/lib/shaders.ts needs nothing else. Imports of constants and of names
 * in the shader itself are only for readers.
 * @param {string} source
 */
function shortenImports(source) {
  return source.replace(/\bimport\s+(package::)?([\w:]+)::\{[^}]*\};/g, (_, own, path) => (own ? `import ${path};` : ''));
}

/** @param {string} before @param {string} after */
function mustSeparate(before, after) {
  return (word.test(before) && word.test(after)) || (operator.test(before) && operator.test(after));
}

/** Line comments, and block comments, which nest in WGSL. A space replaces a comment, because comments separate tokens. */
function stripComments(/** @type {string} */ source) {
  let text = '';
  let depth = 0;
  for (let i = 0; i < source.length; i++) {
    const pair = source.slice(i, i + 2);
    if (depth === 0 && pair === '//') {
      const end = source.indexOf('\n', i);
      i = end === -1 ? source.length : end - 1;
    } else if (pair === '/*') {
      depth++;
      i++;
    } else if (depth > 0 && pair === '*/') {
      depth--;
      i++;
      if (depth === 0) text += ' ';
    } else if (depth === 0) text += source[i];
  }
  return text;
}

/** Names that stay, whatever they mean: too short to gain anything, swizzles, and constants, which dispatches set and loops are unrolled by. */
const SHORT_OR_CONSTANT = /^(.|[xyzw]{2,4}|[rgba]{2,4}|[A-Z][A-Z\d_]*)$/;

/** WGSL words with the length of a new name. */
const RESERVED = new Set(['as', 'do', 'fn', 'if', 'of']);

/** A name, unless it is an import, an attribute, an address space or part of a number. */
const NAME = /(import [\w:]+;|@builtin\(\w+\)|@\w+|var<[^>]*>)|\b[A-Za-z_]\w*/g;

/**
 * Short names for what shaders declare. Modules and shaders are only combined at run time. So a name gets the same replacement in all of
 * them, and no new name already occurs in any.
 * @param {readonly string[]} sources minified
 * @returns {Map<string, string>}
 */
export function shortNames(sources) {
  /** @type {Map<string, number>} */
  const uses = new Map();
  for (const source of sources) {
    for (const [name, apart] of source.matchAll(NAME)) if (!apart) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  const text = sources.join('\n');
  const declared = new Set(
    [...text.matchAll(/\b(?:let|var(?:<[^>]*>)?|const|fn|struct|alias) ?(\w+)|\b(\w+):/g)].map(([, a, b]) => a ?? b ?? ''),
  );
  const called = new Set([...text.matchAll(/(\bfn )?\b(\w+)\(/g)].map(([, fn, name]) => (fn ? '' : (name ?? ''))));
  const functions = new Set([...text.matchAll(/\b(?:fn|struct|alias) (\w+)/g)].map(([, name]) => name));
  const renamed = [...declared]
    // A call of something that no shader declares is a call of a built-in function.
    .filter((name) => name !== 'main' && !SHORT_OR_CONSTANT.test(name) && (functions.has(name) || !called.has(name)))
    .sort((a, b) => (uses.get(b) ?? 0) - (uses.get(a) ?? 0) || (a < b ? -1 : 1));
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  const free = [...letters, ...letters.flatMap((a) => letters.map((b) => a + b))].filter((name) => !uses.has(name) && !RESERVED.has(name));
  return new Map(renamed.map((name, i) => [name, free[i] ?? name]));
}

/** Every file under shaders/. */
function minifiedShaders() {
  const folder = join(root, 'shaders');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.wgsl'));
  return files.sort().map((file) => minifyWgsl(readFileSync(join(folder, file), 'utf8')));
}

/** Every file under shaders/, minified. */
export function builtShaders() {
  const sources = minifiedShaders();
  const names = shortNames(sources);
  return sources.map((source) => renameWgsl(source, names));
}

/** @param {string} source minified @param {Map<string, string>} names */
export function renameWgsl(source, names) {
  return source.replace(NAME, (name, apart) => (apart ? name : (names.get(name) ?? name)));
}

/**
 * In a build, shaders imported with `?raw` are minified. In development and in tests they stay as written, unless MINIFY_WGSL is set.
 * @returns {import('vite').Plugin}
 */
export function wgsl() {
  const names = new Map();
  return {
    name: 'wgsl',
    enforce: 'pre',
    apply: (_, { command }) => command === 'build' || process.env.MINIFY_WGSL !== undefined,
    buildStart() {
      if (process.env.KEEP_WGSL_NAMES !== undefined) return;
      for (const [name, short] of shortNames(minifiedShaders())) names.set(name, short);
    },
    load: {
      filter: { id: /\.wgsl\?raw$/ },
      async handler(id) {
        const file = id.slice(0, -'?raw'.length);
        this.addWatchFile(file);
        return `export default ${JSON.stringify(renameWgsl(minifyWgsl(await readFile(file, 'utf8')), names))}`;
      },
    },
  };
}
