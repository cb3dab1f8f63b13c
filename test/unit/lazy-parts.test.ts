/** Everything that is fetched later is in tables of named parts (src/lazy.ts), so that readers find it in one place for each entry point. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const TABLE = /(^|[/-])lazy\.ts$/;

/** Another table, with a line for each family of kernels. families.test.ts checks it. */
const FAMILIES = 'kernels/families.ts';

/** Other files that may use import(), and how often. */
const ELSEWHERE: Record<string, number> = {
  // A table by the name of a data set.
  'classify/labels.ts': 3,
  // One or two parts of a part, in a group at the start of the file. In a table they would be in everybody's first download.
  'checkpoint/hub.ts': 2,
  'model/list-models.ts': 1,
  'model/meant.ts': 1,
  // Packages that the user installs, in a try that reports if they are missing.
  'cli/node-runner.ts': 2,
  'tfjs/index.ts': 1,
  // In the page that the command line opens. The address is known there.
  'cli/browser-runner.ts': 1,
};

/** `typeof import('…')` is a type, and comments and errors that mention `import()` fetch nothing. */
function imports(text: string): number {
  return text.replace(/\/\*.*?\*\/|^\s*\/\/[^\n]*/gms, '').match(/(?<!typeof )\bimport\([^)]/g)?.length ?? 0;
}

const folder = new URL('../../src/', import.meta.url);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
const modules = files.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
const textOf = (file: string) => readFileSync(new URL(file, folder), 'utf8');

it('import() stands in tables', () => {
  const others = modules.filter((file) => !TABLE.test(file) && file !== FAMILIES).map((file) => [file, imports(textOf(file))] as const);
  expect(Object.fromEntries(others.filter(([, count]) => count > 0))).toEqual(ELSEWHERE);
});

it('tables fetch each file once, and hold nothing else', () => {
  const tables = modules.filter((file) => TABLE.test(file));
  expect(tables).toContain('lazy.ts');
  const fetched = tables.flatMap((table) => {
    const text = textOf(table);
    expect(text.match(/^(export )?(function|class|async|let|const)/gm)?.length, table).toBe(
      text.match(/^export const \w+ = \(\) => /gm)?.length,
    );
    return [...text.matchAll(/\bimport\('(.+?)'\)/g)].map(([, file = '']) => new URL(file, new URL(table, folder)).href);
  });
  expect(fetched.length).toBeGreaterThan(50);
  expect(fetched).toEqual([...new Set(fetched)]);
});

it('every part of a table is used', () => {
  const texts = modules.filter((file) => !TABLE.test(file)).map(textOf);
  const used = new Set(texts.flatMap((text) => [...text.matchAll(/\b(\w+)\(\)/g)].map(([, name]) => name)));
  const named = modules
    .filter((file) => TABLE.test(file))
    .flatMap((file) => [...textOf(file).matchAll(/^export const (\w+)/gm)].map(([, name]) => name));
  expect(named.filter((name) => !used.has(name))).toEqual([]);
});

it('types, comments and errors fetch nothing', () => {
  expect(imports("type A = typeof import('a');\n// import('b')\n/** an `import()` */\nfail('cannot import()');")).toBe(0);
  expect(imports("const a = await import('a'); lazily(() => import('b'));")).toBe(2);
});
