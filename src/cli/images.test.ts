import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { expressionOf, namedImages } from './images.ts';

const root = mkdtempSync(join(tmpdir(), 'resnet-webgpu-images-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
for (const file of [
  'b/2.PNG',
  'b/10.png',
  'b/notes.txt',
  'b/.hidden.png',
  'b/deep/er/1.webp',
  'b/.git/x.png',
  'a.jpg',
  'odd[1].jpg',
  'empty/x.txt',
]) {
  mkdirSync(join(root, file, '..'), { recursive: true });
  writeFileSync(join(root, file), '');
}

const names = async (...asked: string[]) =>
  (await namedImages(asked.map((name) => join(root, name)))).map((image) =>
    'file' in image
      ? relative(root, image.file).replaceAll('\\', '/')
      : 'error' in image
        ? image.error.message.replace(root, '')
        : image.name,
  );

describe('namedImages', () => {
  it('finds the images of a folder and of those in it, in the order of their names', async () => {
    expect(await names('b')).toEqual(['b/2.PNG', 'b/10.png', 'b/deep/er/1.webp']);
  });

  it.each([
    ['b/*', ['b/2.PNG', 'b/10.png', 'b/notes.txt']],
    ['b/*.{png,PNG}', ['b/2.PNG', 'b/10.png']],
    ['b/[0-9].*', ['b/2.PNG']],
    ['b/[!0-9]*', ['b/notes.txt']],
    ['b/??.png', ['b/10.png']],
    ['**/*.webp', ['b/deep/er/1.webp']],
    ['**/er/**', ['b/deep/er/1.webp']],
    ['*/deep/*/1.webp', ['b/deep/er/1.webp']],
    ['**/*.{png,jpg}', ['a.jpg', 'b/10.png', 'odd[1].jpg']],
  ])('takes the pattern %s', async (pattern, files) => {
    expect(await names(pattern)).toEqual(files);
  });

  it('takes a name as it is where there is such a file, brackets included', async () => {
    expect(await names('odd[1].jpg', 'a.jpg')).toEqual(['odd[1].jpg', 'a.jpg']);
  });

  it('says in its place what was not found', async () => {
    expect(await names('a.jpg', 'none.jpg', 'b/*.gif', 'empty')).toEqual([
      'a.jpg',
      '[/none.jpg] There is no such file. Check the path.',
      '[/b/*.gif] No file matches this pattern. Check the path.',
      '[/empty] There is no image in this folder (.png, .jpg, .jpeg, .webp, .avif, .gif or .bmp). Check the path.',
    ]);
  });
});

describe('expressionOf', () => {
  it.each([
    ['a.b', 'a.b', 'axb'],
    ['(a)+$', '(a)+$', '(a)'],
    ['{a*,b}.png', 'abc.png', 'c.png'],
    ['[]]', '[]]', ']'],
    ['[!a]', 'b', 'a'],
    ['[^a]', 'b', 'a'],
  ])('%s is %s and not %s', (part, yes, no) => {
    expect([yes, no].map((name) => expressionOf(part).test(name))).toEqual([true, false]);
  });
});
