/** Documents only name existing files: in links, and in paths such as `src/plan/fuse.ts`. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { slug } from '../../scripts/site/links.mjs';
import { documents } from '../../scripts/site/pages.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => slug(heading));
}

test.each(documents(root))('%s', (document) => {
  const text = readFileSync(join(root, document), 'utf8');
  const prose = text.replace(/^```[\s\S]*?^```/gm, '');
  const missing: string[] = [];
  for (const [, target = ''] of prose.matchAll(/(?:\]\(|(?:src|srcset)=")([^)"\s]+)/g)) {
    if (/^https?:/.test(target)) continue;
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? document : normalize(join(dirname(document), path));
    if (!existsSync(join(root, file))) missing.push(target);
    else if (anchor && !anchors(readFileSync(join(root, file), 'utf8')).includes(anchor)) missing.push(target);
  }
  for (const [, path = ''] of prose.matchAll(/`((?:src|test|shaders|scripts|tools|demo)\/[\w./-]+)`/g)) {
    // In a tool's own page, relative to its folder.
    if (![path, join(dirname(document), path)].some((file) => existsSync(join(root, file)))) missing.push(path);
  }
  expect(missing).toEqual([]);
});
