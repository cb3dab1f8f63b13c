import { expect, it } from 'vitest';
import { ResnetError } from '../../src/index.ts';
import { problemOf } from './problem.ts';

it('takes an error apart, and leaves out a place that the visitor looks at', () => {
  const hint = 'Use a PNG.';
  const of = (layer: string) => problemOf(new ResnetError('image', 'The file does not decode.', { layer, hint }));
  expect(of('image')).toMatchObject({ code: 'image', what: 'The file does not decode.', remedy: hint });
  expect(of('photo.png').what).toBe('[photo.png] The file does not decode.');
  expect(of('image').details).toContain('[image] The file does not decode. Use a PNG.');
});

it('keeps a long list for the details', () => {
  const what = Array.from({ length: 9 }, (_, i) => `line ${i}`).join('\n');
  const problem = problemOf(new ResnetError('usage', what, { hint: 'Pass others.' }));
  expect(problem.what.split('\n')).toEqual([...what.split('\n').slice(0, 6), '… 3 more lines in the details']);
  expect(problem.details).toContain('line 8');
});

it('takes a remedy out that stands before a list', () => {
  const error = new ResnetError('checkpoint-keys', 'weight is 16, not 64.', {
    layer: 'conv1',
    hint: 'Pass others.',
    list: '\nIn all 2:\n  a\n  b',
  });
  expect(problemOf(error)).toMatchObject({ what: '[conv1] weight is 16, not 64.\nIn all 2:\n  a\n  b', remedy: 'Pass others.' });
});
