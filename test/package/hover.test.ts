/** What an editor shows for a name of the package: the source's comments, in the shipped declarations. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { root as folder } from '../../scripts/lib/setup.mjs';
import { publicNames } from '../support/public-names.ts';
import { undocumented } from '../support/undocumented.ts';

const root = folder.replace(/[\\/]$/, '');

beforeAll(() => {
  const built = existsSync(join(root, 'dist/index.js'));
  if (!built) execFileSync(process.execPath, [join(root, 'scripts/build.mjs'), '--quiet'], { cwd: root, stdio: 'inherit' });
});

it('says as much in the declarations as in the source', () => {
  const config = join(root, 'tsconfig.build.json');
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: Record<string, { types?: string }> };
  const declared = [...new Set(Object.values(exports).flatMap(({ types }) => types ?? []))];
  const types = join(root, 'dist/types');
  const shipped = publicNames(
    types,
    declared.map((file) => join(root, file)),
    config,
  );
  const sources = declared.map((file) => join(root, file.replace('dist/types', 'src').replace(/\.d\.ts$/, '.ts')));
  const written = publicNames(join(root, 'src'), sources, config);
  const names = (all: typeof written) => new Set(all.map(({ name }) => name));
  expect([...names(written)].filter((name) => !names(shipped).has(name))).toEqual([]);
  expect(undocumented(shipped)).toEqual([]);
  const run = shipped.find(({ name }) => name === 'Model.run');
  expect(run?.comment).toContain('@example');
});
