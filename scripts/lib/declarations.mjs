// Declaration files as shipped in the package.
import { posix } from 'node:path';

const RELATIVE = /(?:\bfrom|\bimport)\s*\(?\s*['"](\.{1,2}\/[^'"]*)['"]/g;

/**
 * The compiler leaves `./x.ts` in declarations unchanged. Consumers without allowImportingTsExtensions look for `./x.js`.
 * @param {string} text
 */
export function withJsExtensions(text) {
  return text.replace(RELATIVE, (all) => all.replace(/\.ts(['"])$/, '.js$1'));
}

/**
 * The files that a consumer's compiler can reach. Others only make the download larger.
 * @param {readonly string[]} entries paths in the package, with `/`
 * @param {(file: string) => string} read returns a declaration, with the extensions of `withJsExtensions`; throws if there is none
 * @returns {Set<string>}
 */
export function reachableDeclarations(entries, read) {
  const queue = [...entries];
  /** @type {Set<string>} */
  const found = new Set();
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    for (const [, target = ''] of read(file).matchAll(RELATIVE))
      queue.push(posix.join(posix.dirname(file), target.replace(/\.js$/, '.d.ts')));
  }
  return found;
}
