import { expect, it } from 'vitest';
import { undecodable } from './decode.ts';

it('says in words of a terminal what a browser does not decode', () => {
  const text = new TextEncoder().encode('no image');
  expect(undecodable('a.png', text)).toMatchObject({
    code: 'image',
    message: expect.stringMatching(/^\[a\.png\] is not an image .* Pass a PNG/),
  });
  const gif = new TextEncoder().encode('GIF89a, and no more');
  expect(undecodable('b.png', gif).message).toBe('[b.png] is a GIF file that does not decode. Check that the file is whole.');
});
