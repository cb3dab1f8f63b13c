import { expect, test } from '@jest/globals';
import { buildGraph, loadModel } from 'resnet-webgpu';

test('the library in Jest', async () => {
  expect(buildGraph('resnet18', [1, 3, 224, 224]).parameters).toBe(11689512);
  await expect(loadModel({ arch: 'resnet18', weights: { random: 1 } })).rejects.toMatchObject({ code: 'webgpu-missing' });
});
