// The code in documents: fenced blocks of Markdown, and the examples of doc comments.

/** @typedef {{ file: string, line: number, language: string, text: string }} Block `line`: number of its text's first line, from 1 */

const COMPILED = ['ts', 'tsx', 'js', 'jsx'];

/**
 * Blocks of a page that a compiler can check.
 * @param {string} text @param {string} file @returns {Block[]}
 */
export function fencedBlocks(text, file) {
  return Array.from(text.matchAll(/^( *)```(\w+)[^\n]*\n([\s\S]*?)^\1```/gm), ({ index, 2: language = '', 3: code = '' }) => ({
    file,
    line: lineAt(text, index) + 1,
    language,
    text: code,
  })).filter(({ language }) => COMPILED.includes(language));
}

/**
 * The content of `@example` in the comments of a declaration file: its fenced blocks, or all of it if there are none, as editors and
 * typedoc show it.
 * @param {string} text @param {string} file @returns {Block[]}
 */
export function exampleBlocks(text, file) {
  return Array.from(text.matchAll(/\/\*\*[\s\S]*?\*\//g)).flatMap(({ index, 0: comment }) => {
    const lines = comment.split('\n').map((line) => line.replace(/^\s*\/?\*+(?:\/| |$)/, '').replace(/\s*\*\/$/, ''));
    const start = lineAt(text, index);
    return lines.flatMap((line, at) => (line.startsWith('@example') ? oneExample(lines, at + 1, file, start) : []));
  });
}

/** @param {string[]} lines @param {number} from @param {string} file @param {number} start line of the first one in the file @returns {Block[]} */
function oneExample(lines, from, file, start) {
  const end = lines.findIndex((line, at) => at >= from && /^@\w/.test(line));
  const text = `${lines.slice(from, end < 0 ? lines.length : end).join('\n')}\n`;
  if (text.trim() === '') return [];
  if (!text.includes('```')) return [{ file, line: start + from, language: 'ts', text }];
  return fencedBlocks(text, file).map((block) => ({ ...block, line: start + from + block.line - 1 }));
}

/**
 * An example, completed with the import of the names that it explains. The import is on its first line, so that line numbers stay the same.
 * @param {string} code @param {Record<string, readonly string[]>} exported names by entry point
 */
export function withImports(code, exported) {
  /** @type {Set<string>} */
  const known = new Set();
  for (const [, names = ''] of code.matchAll(/\b(?:import|const|let|function|class|type|interface)\b([^=(;]*)/g)) {
    for (const name of names.match(/[\w$]+/g) ?? []) known.add(name);
  }
  const imports = Object.entries(exported).flatMap(([entry, names]) => {
    const wanted = names.filter((name) => !known.has(name) && new RegExp(`\\b${name}\\b`).test(code));
    for (const name of wanted) known.add(name);
    return wanted.length > 0 ? [`import { ${wanted.join(', ')} } from '${entry}'; `] : [];
  });
  return `${imports.join('')}export {}; ${code}`;
}

/** The exports of an entry point's declaration file, including types. @param {string} text */
export function exportedNames(text) {
  const listed = Array.from(text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)).flatMap(([, names = '']) =>
    names.split(',').flatMap((name) => /(\w+)\s*$/.exec(name)?.[1] ?? []),
  );
  const declared = Array.from(
    text.matchAll(/^export (?:declare )?(?:abstract )?(?:async )?(?:function|class|const|interface|type) (\w+)/gm),
    ([, name = '']) => name,
  );
  return [...new Set([...listed, ...declared])];
}

/** @param {string} text @param {number} index */
function lineAt(text, index) {
  return text.slice(0, index).split('\n').length;
}
