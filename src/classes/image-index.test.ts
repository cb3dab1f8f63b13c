import { expect, it } from 'vitest';
import { largest } from './image-index.ts';

it('finds the k largest, the largest first and earlier ones before equals', () => {
  expect(largest(Float32Array.of(1, 5, 3, 5, -1), 3)).toEqual([1, 3, 2]);
  expect(largest(Float32Array.of(2, 1), 5)).toEqual([0, 1]);
  expect(largest(new Float32Array(), 5)).toEqual([]);
});
