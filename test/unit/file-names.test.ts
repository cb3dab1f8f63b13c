/** File names are unambiguous: whoever finds `pack-recipes.ts` in a search or a stack trace need not ask in which folder it is. */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from 'vitest';

/** Names that any folder may have. */
const OF_A_FOLDER = /(^|\/)(index|types|lazy)\.ts$/;
/** Each family of kernels has these four (ARCHITECTURE.md). */
const OF_A_FAMILY = /^kernels\/(?!lib\/)[\w-]+\/(dispatch|lowering|reference|cases)\.ts$/;

function twins(files: readonly string[]): string[] {
  const folders = new Map<string, string[]>();
  for (const file of files.filter((name) => !OF_A_FOLDER.test(name) && !OF_A_FAMILY.test(name))) {
    folders.set(basename(file), [...(folders.get(basename(file)) ?? []), file]);
  }
  return [...folders.values()].filter(({ length }) => length > 1).map((same) => same.sort().join(' and '));
}

it('no two modules have one name', () => {
  const files = readdirSync(new URL('../../src/', import.meta.url), { recursive: true, encoding: 'utf8' }).map((name) =>
    name.replaceAll('\\', '/'),
  );
  const modules = files.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  expect(modules.length).toBeGreaterThan(400);
  expect(twins(modules)).toEqual([]);
});

it('families of kernels have files of the same names, and nobody else', () => {
  expect(twins(['kernels/conv/cases.ts', 'kernels/gem/cases.ts', 'arch/index.ts', 'plan/index.ts'])).toEqual([]);
  expect(twins(['kernels/conv/cases.ts', 'inspect/cases.ts', 'plan/cases.ts'])).toEqual(['inspect/cases.ts and plan/cases.ts']);
  expect(twins(['kernels/lib/cases.ts', 'inspect/cases.ts'])).toHaveLength(1);
});
