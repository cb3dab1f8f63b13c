/** Networks that test what no single kernel shows, on a device, compared with the references. */
import { afterAll, describe, expect, test } from 'vitest';
import { difference } from '../../test/support/compare.ts';
import { openNodeDevice } from '../../test/support/node-gpu.ts';
import { runGraph } from '../../test/support/run-graph.ts';
import type { Tensor } from '../api/types.ts';
import { bindCheckpoint } from '../checkpoint/bind.ts';
import { randomCheckpoint } from '../checkpoint/random.ts';
import type { CheckpointTensor } from '../checkpoint/types.ts';
import { type BackboneConfig, buildGraph, loadModel } from '../index.ts';
import { noise } from './lib/case.ts';

const device = await openNodeDevice();
afterAll(() => device.destroy());

const stage = { num_stages: 1, strides: [1], dilations: [1], out_indices: [0] };

const small = { depth: 50, stem_channels: 8, ...stage };
const splits = { groups: 1, width_per_group: 4, reduction_factor: 4 };
const normed = { norm_cfg: { type: 'GN', num_groups: 1 } };
const gated = { cfg: { type: 'ContextBlock', ratio: 0.5, fusion_types: ['channel_mul', 'channel_add'] } };
const attending = { cfg: { type: 'NonLocal2d', reduction: 1 } };

/** Slices whose width is not a multiple of 4 have gaps in memory. Not every kernel can write or read them. */
describe('slices of odd widths', () => {
  test.each<[string, BackboneConfig]>([
    ['squeezed to one channel of 12', { type: 'SEResNet', base_channels: 3, se_ratio: 12, ...small }],
    [
      'radix 1, 3 groups of 5 channels',
      { type: 'ResNeSt', base_channels: 15, radix: 1, ...splits, groups: 3, width_per_group: 64, ...small },
    ],
    [
      'radix 2, 2 groups of 8 channels',
      { type: 'ResNeSt', base_channels: 16, radix: 2, ...splits, groups: 2, width_per_group: 32, ...small },
    ],
    ['radix 3 of 6 channels', { type: 'ResNeSt', base_channels: 6, radix: 3, ...splits, ...small }],
    ['radix 3 of 18 channels', { type: 'ResNeSt', base_channels: 18, radix: 3, ...splits, ...small }],
    ['radix 5 of 10 channels', { type: 'ResNeSt', base_channels: 10, radix: 5, ...splits, ...small }],
    ['written by a group norm, radix 2 of 6 channels', { type: 'ResNeSt', base_channels: 6, radix: 2, ...splits, ...small, ...normed }],
    ['written by a group norm, 4 of 5 channels', { type: 'Res2Net', base_channels: 16, base_width: 5, ...small, ...normed }],
    [
      'written and read by plugins, 4 of 3 channels',
      {
        type: 'mmdet.Res2Net',
        base_channels: 12,
        base_width: 3,
        ...small,
        plugins: [
          { ...attending, position: 'after_conv1' },
          { ...gated, position: 'after_conv2' },
        ],
      },
    ],
  ])('%s', async (_, arch) => {
    const shape = [1, 3, 13, 15];
    const graph = buildGraph(arch, shape);
    const weights: Record<string, Tensor> = {};
    // With their random initial values, norms would be almost the identity.
    for (const [key, tensor] of randomCheckpoint(graph, 3).tensors) {
      const { data, shape: size } = await tensor.read();
      weights[key] = /running_var$/.test(key)
        ? { data, shape: size }
        : { data: data.map((x, i) => x + 0.3 * Math.sin(i + 1)), shape: size };
    }
    const model = await loadModel({ arch, weights }, { device, precision: 'f32', inputSize: [13, 15] });
    const input = { data: noise(shape, 5), shape };
    const checkpoint = { format: 'memory', scheme: 'mmpretrain', metadata: {}, tensors: memory(weights) } as const;
    const values = await runGraph(graph, await bindCheckpoint(graph, checkpoint, { arch: arch.type }), input);
    const expected = values.get(graph.outputs[0]?.node ?? '');
    const { features } = await model.run(input);
    const { pass, report } = await model.selfTest();
    model.dispose();
    if (!expected || !features[0]) throw new Error('the network has no output');
    expect(difference(features[0], expected).relative).toBeLessThan(1e-5);
    expect(pass, report).toBe(true);
  });
});

function memory(weights: Record<string, Tensor>): Map<string, CheckpointTensor> {
  return new Map(
    Object.entries(weights).map(([key, { data, shape }]) => [key, { dtype: 'f32', shape, read: async () => ({ data, shape }) }]),
  );
}

// Passes through the stem, ReLUs, the max pool and residual additions.
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
  // All 8 channels of the pixel under the centre of the window, of 16x16.
  for (let c = 0; c < 8; c++) expect(poisoned.data[c * 256 + 8 * 16 + 8]).toBeNaN();
  // Far away nothing changes: 4 convolutions, the pool and the stem reach 6 of the 8 pixels to the corner.
  expect(poisoned.data[0]).toBe(clean.data[0]);
});

test('f16 reports NaN as a value beyond its range', async () => {
  const arch = { type: 'ResNet', depth: 18, base_channels: 8, stem_channels: 8, ...stage } as BackboneConfig;
  const model = await loadModel({ arch, weights: { random: 3 } }, { device, precision: 'f16', inputSize: [32, 32] });
  const input = { data: new Float32Array(3 * 32 * 32).fill(Number.NaN), shape: [1, 3, 32, 32] };
  await expect(model.run(input)).rejects.toMatchObject({ code: 'f16-overflow' });
  model.dispose();
});
