// Strips comments and spaces from WGSL. Names stay, and so do line breaks, so that a driver's message still points at a readable line.
import { readFile } from 'node:fs/promises';

/** Where two of these meet, the space between them separates tokens: `a - -b`, `x < -1`, `vec4<f32> = `. */
const word = /[\w.]/;
const operator = /[-+*/%&|<>=!^~]/;

/** @param {string} source */
export function minifyWgsl(source) {
  return stripComments(source)
    .split('\n')
    .map((line) => line.trim().replace(/(\S)\s+(?=(\S))/g, (_, before, after) => (mustSeparate(before, after) ? `${before} ` : before)))
    .filter((line) => line !== '')
    .join('\n');
}

/** @param {string} before @param {string} after */
function mustSeparate(before, after) {
  return (word.test(before) && word.test(after)) || (operator.test(before) && operator.test(after));
}

/** Line comments, and block comments, which nest in WGSL. A comment separates tokens, so a space takes its place. */
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

/**
 * Shaders imported with `?raw` arrive minified in a build; in development and in tests they stay as written.
 * @returns {import('vite').Plugin}
 */
export function wgsl() {
  return {
    name: 'wgsl',
    enforce: 'pre',
    apply: 'build',
    load: {
      filter: { id: /\.wgsl\?raw$/ },
      async handler(id) {
        const file = id.slice(0, -'?raw'.length);
        this.addWatchFile(file);
        return `export default ${JSON.stringify(minifyWgsl(await readFile(file, 'utf8')))}`;
      },
    },
  };
}
