import { describe, expect, test } from 'vitest';
import { resolveArch } from './index.ts';
import { chooseScores, type Scores } from './scores.ts';

const multiLabel = (classes: number) => ({
  type: 'ImageClassifier' as const,
  backbone: { type: 'ResNet', depth: 18 },
  neck: { type: 'GlobalAveragePooling' },
  head: { type: 'MultiLabelLinearClsHead', num_classes: classes },
});

describe('scores', () => {
  test.each([
    [{ numClasses: 7 }, 'softmax', []],
    [{ numClasses: 1 }, 'sigmoid', ['sigmoid']],
    [{ numClasses: 1, scores: 'none' }, 'none', []],
    [{ numClasses: 1, scores: 'softmax' }, 'softmax', []],
    [{ numClasses: 7, scores: 'sigmoid' }, 'sigmoid', []],
  ] as const)('of a name with %o: %s', async (options, scores, assumed) => {
    const arch = await resolveArch('resnet18', options);
    expect(arch.scores).toBe(scores);
    expect(arch.assumed.filter(({ what }) => what === 'scores').map(({ value }) => value)).toEqual(assumed);
  });

  test('are those of the head where it says them', async () => {
    expect(await resolveArch(multiLabel(1))).toMatchObject({ scores: 'sigmoid', assumed: [] });
    expect(await resolveArch(multiLabel(7), { scores: 'softmax' })).toMatchObject({ scores: 'softmax', assumed: [] });
    expect(chooseScores('none', 1, undefined).scores).toBe('none');
  });

  test.each(['Sigmoid', 5, null, { toString: 1 }])('%o is none', (value) => {
    expect(() => chooseScores('softmax', 2, value as Scores)).toThrowErrorMatchingSnapshot();
  });
});
