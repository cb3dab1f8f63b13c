import { expect, it } from 'vitest';
import { throughTables } from './circles.mjs';

const texts: Record<string, string> = {
  'src/lazy.ts': `import { fetchPart } from './util/fetch-part.ts';
    export const reading = () => fetchPart(import('./read.ts'), 'files');
    export const images = () => import('./images.ts');`,
  'src/zip/read-lazy.ts': "export const zips = () => import('./zip.ts');",
  'src/load.ts': "import * as lazy from './lazy.ts'; await lazy.reading();",
  'src/read.ts': "import { images } from './lazy.ts'; import { zips } from './zip/read-lazy.ts'; await zips();",
};
const need = (issuer: string, id: string, request = `./${id.slice('src/'.length)}`) => ({ issuer, request, kind: 'StaticImport', id });
const tree = {
  'src/lazy.ts': [need('src/lazy.ts', 'src/read.ts'), need('src/lazy.ts', 'src/images.ts')],
  'src/zip/read-lazy.ts': [need('src/zip/read-lazy.ts', 'src/zip/zip.ts', './zip.ts')],
  'src/load.ts': [need('src/load.ts', 'src/lazy.ts')],
  'src/read.ts': [need('src/read.ts', 'src/lazy.ts'), need('src/read.ts', 'src/zip/read-lazy.ts')],
  'src/images.ts': [need('src/images.ts', 'src/size.ts')],
};
const seen = throughTables(tree as unknown as Parameters<typeof throughTables>[0], (path) => texts[path] ?? '');

it.each([
  ['by name', 'src/load.ts', ['src/read.ts']],
  ['from several tables', 'src/read.ts', ['src/images.ts', 'src/zip/zip.ts']],
  ['from none', 'src/images.ts', ['src/size.ts']],
])('a file needs what it takes %s, and no more', (_, file, needed) => {
  expect(seen[file]?.map(({ id }) => id)).toEqual(needed);
});

it('tables are no files of their own', () => {
  expect(Object.keys(seen)).toEqual(['src/load.ts', 'src/read.ts', 'src/images.ts']);
});
