import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { absoluteLinks, localLinks, packedLinks } from './readme.mjs';

const page = '[a](docs/a.md#part) [b](https://b.org/x) [c](#here) <img src="./docs/c.jpg"> <source srcset="docs/d.jpg">';

it('finds links to files, in Markdown and in HTML', () => {
  expect(localLinks(page)).toEqual(['docs/a.md', './docs/c.jpg', 'docs/d.jpg']);
});

it('makes them absolute where there is a repository', () => {
  expect(absoluteLinks(page, 'https://github.com/a/b/', 'v1.2.3')).toBe(
    '[a](https://github.com/a/b/blob/v1.2.3/docs/a.md#part) [b](https://b.org/x) [c](#here) ' +
      '<img src="https://github.com/a/b/raw/v1.2.3/docs/c.jpg"> <source srcset="https://github.com/a/b/raw/v1.2.3/docs/d.jpg">',
  );
  expect(absoluteLinks(page, '', 'v1.2.3')).toBe(page);
});

it.each(['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md', 'SECURITY.md', 'examples/README.md'])('%s links what is there', (name) => {
  const folder = name.includes('/') ? 'examples/' : '';
  expect(localLinks(readFileSync(name, 'utf8')).filter((link) => !existsSync(`${folder}${link}`))).toEqual([]);
});

const packedFiles = ['docs/a.md', 'docs/b.md', 'docs/images/x.png', 'README.md'];
const links =
  '[b](b.md#part) [top](../README.md) [here](#here) [images](images/) [web](https://b.org) [`src/x.ts`](../src/x.ts#L2)\n```\n[a](../src/a)\n```\n';

it('leads from the package to the repository where the package lacks a file', () => {
  expect(packedLinks(links, 'docs/a.md', packedFiles, 'https://github.com/a/b', 'v1.2.3')).toBe(
    links.replace('(../src/x.ts#L2)', '(https://github.com/a/b/blob/v1.2.3/src/x.ts#L2)').replace('(images/)', '(images)'),
  );
  expect(packedLinks(links, 'docs/a.md', packedFiles, '', 'v1.2.3')).toBe(
    links.replace('[`src/x.ts`](../src/x.ts#L2)', '`src/x.ts`').replace('(images/)', '(images)'),
  );
});
