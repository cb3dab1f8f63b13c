// node scripts/release.mjs v1.2.3: whether this checkout is that release; then its README's links are made absolute, for npm's site.
// Run by .github/workflows/release.yml, in a checkout that is thrown away.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { absoluteLinks } from './lib/readme.mjs';
import { releaseProblems } from './lib/release.mjs';
import { root } from './lib/setup.mjs';

const tag = process.argv[2] ?? '';
const read = (/** @type {string} */ name) => readFileSync(join(root, name), 'utf8');
const [, repository = ''] = /REPOSITORY: string = '([^']*)'/.exec(read('demo/logic/repository.ts')) ?? [];
const problems = releaseProblems({ tag, manifest: JSON.parse(read('package.json')), changelog: read('CHANGELOG.md'), repository });
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
writeFileSync(join(root, 'README.md'), absoluteLinks(read('README.md'), repository, tag));
