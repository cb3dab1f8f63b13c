import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { absoluteLinks, localLinks } from './readme.mjs';

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
