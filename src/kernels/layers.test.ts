/** Allowed imports among kernels: a family may import itself and what is below all families. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const src = fileURLToPath(new URL('../', import.meta.url));

/** Paths below src of everything a file imports, including types, shaders and import(). */
const imports = new Map(
  readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => {
      const text = readFileSync(join(src, file), 'utf8');
      return [file, [...text.matchAll(/(?:from |import\()'(\.[^'?]*)/g)].map(([, to = '']) => join(dirname(file), to))];
    }),
);

/** The family that a path belongs to, for TypeScript and shaders. */
function familyOf(path: string): string | undefined {
  const [, family] = /^(?:kernels|\.\.\/shaders)\/([\w-]+)\//.exec(path) ?? [];
  return family === 'lib' || family === 'parts' ? undefined : family;
}

/** Files that bring families together: when each is fetched, the reference of every operation, the shaders for software adapters. */
const TABLES = ['kernels/families.ts', 'kernels/references.ts', 'kernels/processor.ts'];

test('no file imports from two families', () => {
  const found = [...imports].flatMap(([file, paths]) => {
    const families = new Set([file, ...paths].map(familyOf).filter((family) => family !== undefined));
    return families.size > 1 && !TABLES.includes(file) ? [`${file}: ${[...families].join(', ')}`] : [];
  });
  expect(found).toEqual([]);
});

test('what is below the families knows none', () => {
  const found = [...imports].filter(([file, paths]) => file.startsWith('kernels/lib/') && paths.some(familyOf));
  expect(found).toEqual([]);
});

test('kernels know neither plans nor the GPU', () => {
  const found = [...imports].flatMap(([file, paths]) =>
    file.startsWith('kernels/') ? paths.filter((path) => /^(plan|gpu)\//.test(path)).map((path) => `${file}: ${path}`) : [],
  );
  expect(found).toEqual([]);
});

test('a folder of shaders has the name of a family, or of the part of src/ that has it alone', () => {
  const folders = (at: string) =>
    readdirSync(join(src, at), { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  const families = folders('kernels').filter((name) => familyOf(`kernels/${name}/`) !== undefined && name !== '__snapshots__');
  const others = folders('../shaders').filter((name) => familyOf(`kernels/${name}/`) !== undefined && !families.includes(name));
  for (const name of others) {
    const importers = [...imports].filter(([, paths]) => paths.some((path) => path.startsWith(`../shaders/${name}/`)));
    expect(new Set(importers.map(([file]) => dirname(file)))).toEqual(new Set([name]));
  }
});

test('no files of kernels and plans import each other in a circle, types counted', () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    if (done.has(file) || path.includes(file)) return;
    for (const to of imports.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of imports.keys()) if (/^(kernels|plan)\//.test(file)) visit(file, []);
  expect(circles.filter((circle) => /(kernels|plan)\//.test(circle))).toEqual([]);
});
