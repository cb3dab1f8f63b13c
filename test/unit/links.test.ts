/** Documents name files that are there: links, and paths such as `src/plan/fuse.ts`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const documents = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'shaders/README.md', 'reports/README.md'],
  ...readdirSync(join(root, 'docs')).flatMap((file) => (file.endsWith('.md') ? [`docs/${file}`] : [])),
];

/** As GitHub makes them of headings. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test.each(documents)('%s', (document) => {
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
    if (!existsSync(join(root, path))) missing.push(path);
  }
  expect(missing).toEqual([]);
});
