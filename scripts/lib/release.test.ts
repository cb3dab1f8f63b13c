import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { releaseProblems } from './release.mjs';

const repository = 'https://github.com/a/b';
const good = {
  tag: 'v1.2.3',
  manifest: { version: '1.2.3', repository: { url: `git+${repository}.git` } },
  changelog: '## [Unreleased]\n\n## [1.2.3] - 2026-01-02\n',
  repository,
};

it.each([
  ['nothing', {}, []],
  ['another tag', { tag: 'v1.2.4' }, ['The tag is v1.2.4, package.json has version 1.2.3.']],
  ['no section', { changelog: '## [Unreleased]\n' }, ['CHANGELOG.md has no dated section [1.2.3].']],
  ['a section of another version', { changelog: '## [1.203] - 2026-01-02\n' }, ['CHANGELOG.md has no dated section [1.2.3].']],
  [
    'changes of no version',
    { changelog: '## [Unreleased]\n\n### Fixed\n\n- A fault.\n\n## [1.2.3] - 2026-01-02\n' },
    ['CHANGELOG.md lists changes under [Unreleased]: move them to [1.2.3].'],
  ],
  ['another repository', { repository: 'https://github.com/a/c' }, [expect.stringContaining('package.json names the repository')]],
  ['no repository', { repository: '' }, [expect.stringContaining('is empty'), expect.stringContaining('names the repository')]],
])('finds %s', (_, change, problems) => {
  expect(releaseProblems({ ...good, ...change })).toEqual(problems);
});

it('has a section for the version of package.json', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const problems = releaseProblems({
    ...good,
    tag: `v${version}`,
    manifest: { ...good.manifest, version },
    changelog: readFileSync('CHANGELOG.md', 'utf8'),
  });
  // The changes between two versions belong to neither.
  expect(problems.filter((problem) => !problem.includes('[Unreleased]'))).toEqual([]);
});
