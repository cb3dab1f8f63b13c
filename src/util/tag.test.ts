import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { tagOf } from './tag.ts';

it('names the class of a value, also of one from another realm', () => {
  const foreign = runInNewContext('new Uint8Array(2)');
  expect(foreign instanceof Uint8Array).toBe(false);
  const frame = { [Symbol.toStringTag]: 'VideoFrame' };
  expect([foreign, new Blob(), frame, 'text', null].map(tagOf)).toEqual(['Uint8Array', 'Blob', 'VideoFrame', 'String', 'Null']);
});
