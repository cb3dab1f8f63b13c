import { describe, expect, it } from 'vitest';
import { ofNeighbours, sharpnessOf, softmax, sumsOf, toMeans, unit } from './nearest.ts';

const row = (...values: number[]) => unit(values);

describe('nearest means', () => {
  const examples = [[row(1, 0), row(1, 0.2)], [row(0, 1)], []];
  const sums = sumsOf(examples, 2);
  const counts = examples.map(({ length }) => length);

  it('are by cosine; a class without examples is never near', () => {
    const [first = 0, second = 0, empty] = toMeans(row(1, 0.1), sums, counts);
    expect(first).toBeCloseTo(1, 6);
    expect(second).toBeCloseTo(0.0995, 4);
    expect(empty).toBe(-1);
  });

  it('can do without the example that they are asked about', () => {
    const query = examples[0]?.[1] ?? row(0, 0);
    expect(toMeans(query, sums, counts, 0)[0]).toBeCloseTo(1 / Math.sqrt(1.04), 6);
    // The only example of its class.
    expect(toMeans(row(0, 1), sums, counts, 1)[1]).toBe(-1);
  });

  it('are as sharp as the examples are apart', () => {
    const blurred = [
      [row(1, 0.8), row(0.8, 1), row(1, 0)],
      [row(0.9, 1), row(1, 0.9), row(0, 1)],
    ];
    const clear = [
      [row(1, 0), row(1, 0.1)],
      [row(0, 1), row(0.1, 1)],
    ];
    expect(sharpnessOf(clear, sumsOf(clear, 2))).toBeGreaterThan(sharpnessOf(blurred, sumsOf(blurred, 2)));
    // There is nothing to fit.
    expect(sharpnessOf([[row(1, 0)], [row(0, 1)]], sums)).toBe(24);
  });
});

describe('nearest examples', () => {
  it('share among the k nearest, the nearer ones more', () => {
    const examples = [[row(1, 0)], [row(1, 0.5), row(0, 1)]];
    const [first = 0, second = 0] = ofNeighbours(row(1, 0.1), examples, 2, 10);
    expect(first + second).toBeCloseTo(1, 6);
    expect(first).toBeGreaterThan(second);
    expect(ofNeighbours(row(1, 0.1), examples, 1, 10)).toEqual([1, 0]);
  });
});

it('softmax and unit length stay finite', () => {
  expect(softmax([1000, 1000])).toEqual([0.5, 0.5]);
  expect([...unit([0, 0])]).toEqual([0, 0]);
});
