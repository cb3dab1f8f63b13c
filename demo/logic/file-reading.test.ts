import { expect, test } from 'vitest';
import { candidateChoices, fileReading, valueText } from './file-reading.ts';

const plain = { found: '', others: [], renamed: false, head: '', ignored: [] };

test('says nothing that goes without saying', () => {
  expect(fileReading({ source: plain, assumed: [], warnings: [] })).toEqual({
    facts: [['Not used', 'nothing']],
    assumed: [],
    warnings: [],
  });
});

test('where the network was found, and what lies beside it', () => {
  const ignored = Array.from({ length: 9 }, (_, i) => `queue.${i}`);
  const source = { found: 'state_dict.encoder_q', others: ['state_dict.encoder_k'], renamed: true, head: 'fc: Linear 512 > 5', ignored };
  expect(fileReading({ source, assumed: [], warnings: ['slow'] })).toEqual({
    facts: [
      ['Found under', 'state_dict.encoder_q'],
      ['Also there', 'state_dict.encoder_k'],
      ['Names', 'given anew'],
      ['Head', 'fc: Linear 512 > 5'],
      ['Not used', '9: queue.0, queue.1, queue.2, queue.3, queue.4, queue.5 and 3 more'],
    ],
    assumed: [],
    warnings: ['slow'],
  });
});

test('an assumption with an alternative to load and one to know of', () => {
  const arch = { type: 'ResNet', depth: 50, style: 'caffe' } as const;
  const assumed = [{ what: 'style', value: 'pytorch', why: 'Most are.', alternatives: [{ value: 'caffe', arch }, { value: 1e-3 }] }];
  expect(fileReading({ source: plain, assumed, warnings: [] }).assumed).toEqual([
    { title: 'style: pytorch', why: 'Most are.', choices: [{ text: 'Load with style caffe', arch }], others: ['0.001'] },
  ]);
});

test('values as a person would write them', () => {
  expect([true, null, [1, 1, 2, 4], { type: 'GN', num_groups: 2 }].map(valueText)).toEqual([
    'yes',
    'none',
    '1, 1, 2, 4',
    'type GN, num_groups 2',
  ]);
});

test('candidates by what tells them apart', () => {
  const candidate = (groups: number, neck?: object) => ({
    type: 'ImageClassifier',
    backbone: { type: 'ResNet', depth: 18, norm_cfg: { type: 'GN', num_groups: groups } },
    ...(neck && { neck }),
  });
  expect(candidateChoices([candidate(2), candidate(32)]).map(({ text }) => text)).toEqual([
    'Load as ResNet: num_groups 2',
    'Load as ResNet: num_groups 32',
  ]);
  expect(candidateChoices([candidate(2)])).toEqual([{ text: 'Load as ResNet', arch: candidate(2) }]);
});
