import { describe, expect, test } from 'vitest';
import { buildGraph } from '../arch/graph.ts';
import { bindCheckpoint } from './bind.ts';
import { randomCheckpoint } from './random.ts';

const graph = buildGraph('resnet50', [1, 3, 64, 64]);

async function values(seed: number, key: string, zeroInitResidual = false): Promise<Float32Array> {
  const checkpoint = randomCheckpoint(graph, seed, { zeroInitResidual });
  const bound = await bindCheckpoint(graph, checkpoint, { arch: 'resnet50' });
  return (await bound.get(key).read()).data;
}

function moments(data: Float32Array): [number, number] {
  const mean = data.reduce((a, b) => a + b, 0) / data.length;
  return [mean, Math.sqrt(data.reduce((a, b) => a + (b - mean) ** 2, 0) / data.length)];
}

describe('random weights', () => {
  test('are the same for the same seed, and others for another', async () => {
    expect(await values(7, 'layer1.0.conv1.weight')).toEqual(await values(7, 'layer1.0.conv1.weight'));
    expect(await values(7, 'layer1.0.conv1.weight')).not.toEqual(await values(8, 'layer1.0.conv1.weight'));
    expect(await values(7, 'layer1.0.conv1.weight')).not.toEqual((await values(7, 'layer1.1.conv1.weight')).subarray(0, 4096));
    expect([...(await values(1, 'conv1.weight')).subarray(0, 4)]).toMatchInlineSnapshot(`
      [
        -0.018005874007940292,
        -0.03573666512966156,
        0.027471575886011124,
        0.04555473476648331,
      ]
    `);
  });

  test.each([
    ['layer3.0.conv2.weight', Math.sqrt(2 / (256 * 9))],
    ['conv1.weight', Math.sqrt(2 / (64 * 49))],
    ['head.fc.weight', 0.01],
  ])('%s is normal with deviation %d', async (key, deviation) => {
    const data = await values(3, key);
    const [mean, spread] = moments(data);
    expect(Math.abs(mean)).toBeLessThan(4 * (deviation / Math.sqrt(data.length)));
    expect(spread / deviation).toBeCloseTo(1, 1);
    const outside = data.filter((x) => Math.abs(x) > 2 * deviation).length / data.length;
    expect(outside).toBeGreaterThan(0.04);
    expect(outside).toBeLessThan(0.051);
  });

  test('norms start as identity, the last of a block at zero on demand', async () => {
    expect(new Set(await values(1, 'layer1.0.bn3.weight'))).toEqual(new Set([1]));
    expect(new Set(await values(1, 'layer1.0.bn3.weight', true))).toEqual(new Set([0]));
    expect(new Set(await values(1, 'layer1.0.bn2.weight', true))).toEqual(new Set([1]));
    expect(new Set(await values(1, 'layer1.0.downsample.1.weight', true))).toEqual(new Set([1]));
    expect(new Set(await values(1, 'bn1.running_var'))).toEqual(new Set([1]));
    expect(new Set(await values(1, 'head.fc.bias'))).toEqual(new Set([0]));
  });

  test('suit every kind of layer', async () => {
    const plugins = [
      { cfg: { type: 'GeneralizedAttention', num_heads: 8 }, position: 'after_conv2' },
      { cfg: { type: 'NonLocal2d', mode: 'concatenation' }, position: 'after_conv3' },
    ];
    const arch = { type: 'mmdet.ResNet', depth: 50, plugins, dcn: { type: 'DCNv2' }, stage_with_dcn: [false, true, true, true] };
    const other = buildGraph(arch, [1, 3, 64, 64]);
    const bound = await bindCheckpoint(other, randomCheckpoint(other, 1), { arch: 'x' });
    for (const node of other.nodes) for (const { key, shape } of Object.values(node.weights)) expect(bound.get(key).shape).toEqual(shape);
  });
});
