import { expect, test } from 'vitest';
import { channelPixels, scaleOf, shortNumber } from './channels.ts';
import { count, microseconds } from './words.ts';

const tensor = { data: Float32Array.of(0, 1, 2, 3, -1, Number.NaN, 0, 1), shape: [1, 2, 2, 2] };

test('black and white are the least and the greatest of all channels', () => {
  expect(scaleOf(tensor)).toEqual({ low: -1, high: 3 });
  expect(scaleOf({ data: Float32Array.of(Number.NaN), shape: [1, 1, 1, 1] })).toEqual({ low: 0, high: 0 });
  const first = channelPixels(tensor, 0, scaleOf(tensor));
  expect([...first.subarray(0, 4)]).toEqual([64, 64, 64, 255]);
  expect([...first.subarray(12)]).toEqual([255, 255, 255, 255]);
});

test('what is no number is red, and one value everywhere is black', () => {
  expect([...channelPixels(tensor, 1, scaleOf(tensor)).subarray(0, 8)]).toEqual([0, 0, 0, 255, 200, 0, 0, 255]);
  const flat = { data: Float32Array.of(5), shape: [1, 1, 1, 1] };
  expect([...channelPixels(flat, 0, scaleOf(flat))]).toEqual([0, 0, 0, 255]);
});

test('numbers fit a scale', () => {
  expect([0, -1.2345, 1234.5, 0.00012, 123456].map(shortNumber)).toEqual(['0', '-1.23', '1230', '1.2e-4', '1.2e+5']);
  expect([0, 4672, 2_360_000].map(count)).toEqual(['0', '4,672', '2.36 million']);
  expect([2.34, 456.7, 1234, 56789].map(microseconds)).toEqual(['2.3 µs', '457 µs', '1.23 ms', '56.8 ms']);
});
