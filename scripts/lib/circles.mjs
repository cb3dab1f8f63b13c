// Which files depend on which, including what they fetch through a table of lazy parts (src/lazy.ts and the tables of parts that fetch more).
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** @typedef {import('dpdm').DependencyTree} Tree by path */

const TABLE = /(^|[/-])lazy\.ts$/;

/**
 * The tree without the tables: a file that takes a part by its name depends on that part's file, and on nothing else. Otherwise every part
 * that fetches something would be a circle.
 * @param {Tree} tree
 * @param {(path: string) => string} read the text of a file
 * @returns {Tree}
 */
export function throughTables(tree, read = (path) => readFileSync(path, 'utf8')) {
  /** @type {Tree} */
  const seen = {};
  for (const [path, needs] of Object.entries(tree)) {
    if (TABLE.test(path)) continue;
    seen[path] =
      needs?.flatMap((need) => {
        if (!need.id || !TABLE.test(need.id)) return [need];
        const files = filesOf(read(need.id), dirname(need.id));
        return namesFrom(read(path), need.request).flatMap((name) => {
          const id = files.get(name);
          return id === undefined ? [] : [{ ...need, id }];
        });
      }) ?? null;
  }
  return seen;
}

/** @param {string} table its text @param {string} folder @returns {Map<string, string>} file by name of the part */
function filesOf(table, folder) {
  return new Map(
    [...table.matchAll(/export const (\w+)[^;]*?import\('(.+?)'\)/g)].map(([, name = '', file = '']) => [name, join(folder, file)]),
  );
}

/** The names that a file uses from a table. @param {string} text @param {string} request as in the import @returns {string[]} */
function namesFrom(text, request) {
  const [, all, some = ''] = text.match(new RegExp(`import (?:\\* as (\\w+)|\\{([^}]*)\\}) from '${request}'`)) ?? [];
  if (all) return [...text.matchAll(new RegExp(`\\b${all}\\.(\\w+)\\b`, 'g'))].map(([, name = '']) => name);
  return some.split(',').map((name) => name.trim());
}
