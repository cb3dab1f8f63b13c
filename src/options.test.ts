import { describe, expect, test } from 'vitest';
import { loadModel } from './load.ts';

const source = { arch: 'resnet18', weights: { random: 1 } } as const;

describe('options of callers without types', () => {
  test.each<[string, unknown]>([
    ['options', null],
    ['precision', { precision: 'f8' }],
    ['precision', { precision: null }],
    ['inputSize', { inputSize: 5 }],
    ['inputSize', { inputSize: [Number.NaN, 32] }],
    ['batch', { batch: 1e9 }],
    ['memoryBudget', { memoryBudget: -5 }],
    ['memoryBudget', { memoryBudget: Number.NaN }],
    ['device', { device: 5 }],
    ['device', { device: {} }],
    ['signal', { signal: 5 }],
    ['signal', { signal: {} }],
    ['onProgress', { onProgress: 5 }],
  ])('a wrong %s is named', async (layer, options) => {
    await expect(loadModel(source, options as never)).rejects.toMatchObject({ code: 'usage', layer });
  });
});
