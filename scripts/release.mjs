// node scripts/release.mjs v1.2.3: checks whether this checkout is that release. If it is, adapts links in its pages to the package: those of
// the README to npm's site, and those of other pages that lead to files outside of the package. Run it in a temporary checkout, as
// .github/workflows/release.yml does, and run `npm pack` after it.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { absoluteLinks, packedLinks } from './lib/readme.mjs';
import { releaseProblems } from './lib/release.mjs';
import { repositoryAddress } from './lib/repository.mjs';
import { root } from './lib/setup.mjs';

const tag = process.argv[2] ?? '';
const read = (/** @type {string} */ name) => readFileSync(join(root, name), 'utf8');
const repository = repositoryAddress();
const problems = releaseProblems({ tag, manifest: JSON.parse(read('package.json')), changelog: read('CHANGELOG.md'), repository });
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);

/** @type {[{ files: { path: string }[] }]} */
const [{ files }] = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  }),
);
const packed = files.map(({ path }) => path);
for (const name of packed.filter((path) => path.endsWith('.md'))) {
  const text = read(name);
  writeFileSync(
    join(root, name),
    name === 'README.md' ? absoluteLinks(text, repository, tag) : packedLinks(text, name, packed, repository, tag),
  );
}
