import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { averagePool, classActivationMap } from './cam.ts';
import { type LabelSet, loadLabels } from './labels.ts';
import { predict } from './predict.ts';

describe('predict', () => {
  it('sorts by logit, equal ones by index, and names them', () => {
    const predictions = predict(Float32Array.of(1, 3, 1, 3), { topK: 3, labels: ['a', 'b', 'c'] });
    expect(predictions.map(({ label, index }) => [label, index])).toEqual([
      ['b', 1],
      ['3', 3],
      ['a', 0],
    ]);
    const whole = 2 * Math.exp(3) + 2 * Math.exp(1);
    expect(predictions[0]?.probability).toBeCloseTo(Math.exp(3) / whole, 15);
  });

  it('gives 5 classes unasked, and all where there are fewer', () => {
    expect(predict(new Float32Array(9)).map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
    expect(predict(new Float32Array(2))).toHaveLength(2);
  });

  it('does not overflow', () => {
    expect(predict(Float32Array.of(3e38, 0), { topK: 1 })[0]?.probability).toBe(1);
    const probabilities = (...logits: number[]) => predict(Float32Array.from(logits)).map(({ probability }) => probability);
    expect(probabilities(-1000, -1000)).toEqual([0.5, 0.5]);
    const apart = predict(Float32Array.of(1000, 0, -1000), { scores: 'sigmoid' });
    expect(apart.map(({ probability }) => probability)).toEqual([1, 0.5, 0]);
  });

  it('scores classes apart with sigmoid', () => {
    const [first, second] = predict(Float32Array.of(0, 2), { scores: 'sigmoid' });
    expect(first).toEqual({ label: '1', index: 1, probability: 1 / (1 + Math.exp(-2)) });
    expect(second?.probability).toBe(0.5);
  });

  it('gives what the network made where it makes scores itself', () => {
    expect(predict(Float32Array.of(0.25, 0.75), { scores: 'none' }).map(({ probability }) => probability)).toEqual([0.75, 0.25]);
  });

  it('names one logit, or both of its answers', () => {
    const p = 1 / (1 + Math.exp(-2));
    const one = (logit: number, labels?: string[], topK?: number) => predict(Float32Array.of(logit), { scores: 'sigmoid', labels, topK });
    expect(one(2)).toEqual([{ label: '0', index: 0, probability: p }]);
    expect(one(2, ['cat'])).toEqual([{ label: 'cat', index: 0, probability: p }]);
    const [first, second] = one(2, ['dog', 'cat']);
    expect(first).toEqual({ label: 'cat', index: 1, probability: p });
    expect(second).toEqual({ label: 'dog', index: 0, probability: 1 / (1 + Math.exp(2)) });
    expect(one(-2, ['dog', 'cat'])[0]).toEqual({ label: 'dog', index: 0, probability: p });
    expect(one(-2, ['dog', 'cat'], 1)).toHaveLength(1);
    expect(one(-1000, ['dog', 'cat']).map(({ probability }) => probability)).toEqual([1, 0]);
  });

  it.each([
    ['NaN', Float32Array.of(1, Number.NaN), {}],
    ['infinity', Float32Array.of(1, Number.POSITIVE_INFINITY), {}],
    ['NaN under sigmoid', Float32Array.of(Number.NaN), { scores: 'sigmoid' as const }],
    ['a topK of zero', Float32Array.of(1), { topK: 0 }],
    ['half a class', Float32Array.of(1), { topK: 1.5 }],
  ])('refuses %s', (_, logits, options) => {
    expect(() => predict(logits, options)).toThrowErrorMatchingSnapshot();
  });
});

describe('loadLabels', () => {
  it.each(['imagenet1k', 'cifar10', 'cifar100'] as const)('gives %s in order', async (set) => {
    const expected = JSON.parse(readFileSync(new URL(`../../test/checkpoints/labels/${set}.json`, import.meta.url), 'utf8'));
    expect(await loadLabels(set)).toEqual(expected);
  });

  it('refuses other names', async () => {
    await expect(loadLabels('toString' as LabelSet)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ResnetError: [labels] There are no labels named toString. Use imagenet1k, cifar10, cifar100, or pass your own list.]`,
    );
  });
});

describe('classActivationMap', () => {
  const features = { data: Float32Array.of(1, 2, 3, 4, 10, 0, 0, 0), shape: [1, 2, 1, 4] };

  it('weighs the maps, cuts off what is negative, ends at 1', () => {
    const { width, height, data, classIndex } = classActivationMap(features, [2, -1], 7);
    expect([width, height, classIndex]).toEqual([4, 1, 7]);
    expect([...data]).toEqual([0, 0.5, 0.75, 1]);
  });

  it('is zero where nothing speaks for the class', () => {
    expect([...classActivationMap(features, [-1, 0], 0).data]).toEqual([0, 0, 0, 0]);
  });

  it('averages', () => {
    expect([...averagePool(features)]).toEqual([2.5, 2.5]);
  });
});
