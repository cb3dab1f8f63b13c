import { readFileSync } from 'node:fs';
import { expect, it, test } from 'vitest';
import { issueAddress, projectLinks, REPOSITORY } from './repository.ts';

it('opens an issue with its text, at the repository', () => {
  const address = new URL(issueAddress('A title & more', '# Report\n| a | b |', 'https://example.org/me/project/') ?? '');
  expect(`${address.origin}${address.pathname}`).toBe('https://example.org/me/project/issues/new');
  expect(address.searchParams.get('title')).toBe('A title & more');
  expect(address.searchParams.get('body')).toBe('# Report\n| a | b |');
});

it('opens nothing without a repository, or with more text than an address holds', () => {
  expect(issueAddress('title', 'body', '')).toBeUndefined();
  expect(issueAddress('title', 'x'.repeat(8000), 'https://example.org/me/project')).toBeUndefined();
});

it('agrees with what npm is told, once there is something to tell', () => {
  const { repository } = JSON.parse(readFileSync('package.json', 'utf8')) as { repository?: { url?: string } | string };
  const url = typeof repository === 'string' ? repository : (repository?.url ?? '');
  expect(url.replace(/^git\+/, '').replace(/\.git$/, '')).toBe(REPOSITORY);
});

test('the footer links nowhere without a repository', () => {
  expect(projectLinks('')).toEqual([]);
  expect(projectLinks('https://github.com/a/b/').map(([, address]) => address)).toContain('https://github.com/a/b/issues');
});

test('the footer links the documents that are published beside the page, else the README', () => {
  expect(projectLinks('', './docs/')).toEqual([['Documentation', './docs/']]);
  expect(projectLinks('https://github.com/a/b', './docs/')).toContainEqual(['Documentation', './docs/']);
  expect(projectLinks('https://github.com/a/b', '')).toContainEqual(['Documentation', 'https://github.com/a/b/blob/main/README.md']);
});
