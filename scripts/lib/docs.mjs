// Tables of docs/performance.md, between marks.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

/** @param {readonly string[]} head @param {number} texts number of columns with text @param {readonly (readonly string[])[]} rows */
export function gridOf(head, texts, rows) {
  const row = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map((_, i) => (i < texts ? '---' : '---:'))), ...rows.map(row)].join('\n');
}

/** @param {string} mark @param {string | undefined} table @throws if the document does not have the mark */
export function writeTable(mark, table) {
  const path = join(root, 'docs/performance.md');
  const text = readFileSync(path, 'utf8');
  const place = new RegExp(`(<!-- bench:${mark} -->\n)[\\s\\S]*?(<!-- /bench -->)`);
  if (table === undefined || !place.test(text)) throw new Error(`docs/performance.md has no place for the table "${mark}".`);
  writeFileSync(
    path,
    text.replace(place, (_, before, after) => `${before}\n${table}\n\n${after}`),
  );
}
