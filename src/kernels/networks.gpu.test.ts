/** Networks that try what no single kernel shows, on a device against the references. */
import { afterAll, describe, expect, test } from 'vitest';
import { difference } from '../../test/support/compare.ts';
import { openNodeDevice } from '../../test/support/node-gpu.ts';
import { runGraph } from '../../test/support/run-graph.ts';
import { bindCheckpoint } from '../checkpoint/bind.ts';
import { randomCheckpoint } from '../checkpoint/random.ts';
import { type BackboneConfig, buildGraph, loadModel } from '../index.ts';
import type { Tensor } from '../types.ts';
import { noise } from './case.ts';

const device = await openNodeDevice();
afterAll(() => device.destroy());

const stage = { num_stages: 1, strides: [1], dilations: [1], out_indices: [0] };

describe('ResNeSt with splits whose width is no multiple of 4', () => {
  test.each([
    [3, 6],
    [3, 18],
    [5, 10],
  ])('radix %i, width %i', async (radix, width) => {
    const shape = [1, 3, 13, 15];
    const splits = { radix, groups: 1, width_per_group: 4, reduction_factor: 4 };
    const arch = { type: 'ResNeSt', depth: 50, base_channels: width, stem_channels: 8, ...splits, ...stage } as BackboneConfig;
    const graph = buildGraph(arch, shape);
    const checkpoint = randomCheckpoint(graph, 3);
    const weights: Record<string, Tensor> = {};
    for (const [key, tensor] of checkpoint.tensors) weights[key] = await tensor.read();
    const model = await loadModel({ arch, weights }, { device, precision: 'f32', inputSize: [13, 15] });
    const input = { data: noise(shape, 5), shape };
    const values = await runGraph(graph, await bindCheckpoint(graph, checkpoint, { arch: 'ResNeSt' }), input);
    const expected = values.get(graph.outputs[0]?.node ?? '');
    const { features } = await model.run(input);
    model.dispose();
    if (!expected || !features[0]) throw new Error('the network has no output');
    expect(difference(features[0], expected).relative).toBeLessThan(1e-5);
  });
});

// It passes the stem, ReLUs, the max pool and residual adds.
test('NaN in the input is NaN in the output', async () => {
  const arch = { type: 'ResNet', depth: 18, base_channels: 8, stem_channels: 8, ...stage } as BackboneConfig;
  const model = await loadModel({ arch, weights: { random: 3 } }, { device, precision: 'f32', inputSize: [64, 64] });
  const shape = [1, 3, 64, 64];
  const input = { data: noise(shape, 5), shape };
  const clean = (await model.run(input)).features[0];
  input.data[32 * 64 + 32] = Number.NaN;
  const poisoned = (await model.run(input)).features[0];
  model.dispose();
  if (!clean || !poisoned) throw new Error('the network has no output');
  expect(clean.data.every(Number.isFinite)).toBe(true);
  // All 8 channels of the pixel that the window is around, of 16x16.
  for (let c = 0; c < 8; c++) expect(poisoned.data[c * 256 + 8 * 16 + 8]).toBeNaN();
  // Far from it nothing changes: 4 convolutions, the pool and the stem reach 6 of the 8 pixels to the corner.
  expect(poisoned.data[0]).toBe(clean.data[0]);
});

test('f16 reports NaN as a value beyond its range', async () => {
  const arch = { type: 'ResNet', depth: 18, base_channels: 8, stem_channels: 8, ...stage } as BackboneConfig;
  const model = await loadModel({ arch, weights: { random: 3 } }, { device, precision: 'f16', inputSize: [32, 32] });
  const input = { data: new Float32Array(3 * 32 * 32).fill(Number.NaN), shape: [1, 3, 32, 32] };
  await expect(model.run(input)).rejects.toMatchObject({ code: 'f16-overflow' });
  model.dispose();
});
