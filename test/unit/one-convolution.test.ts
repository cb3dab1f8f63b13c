/** docs/one-convolution.md is true. `npm run docs:generate` updates its generated parts. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sections } from '../support/one-convolution.ts';

const page = readFileSync(new URL('../../docs/one-convolution.md', import.meta.url), 'utf8');

// Built shaders have other names.
test.skipIf(process.env.MINIFY_WGSL !== undefined)('docs/one-convolution.md', async () => {
  const texts = await sections();
  const marks = [...page.matchAll(/<!-- (\w+) -->\n[\s\S]*?<!-- \/\1 -->/g)].map(([, name]) => name);
  expect(marks.toSorted()).toEqual(Object.keys(texts).toSorted());
  const now = page.replace(
    /<!-- (\w+) -->\n[\s\S]*?<!-- \/\1 -->/g,
    (_, name: string) => `<!-- ${name} -->\n\n${texts[name]}\n\n<!-- /${name} -->`,
  );
  await expect(now).toMatchFileSnapshot('../../docs/one-convolution.md');
});
