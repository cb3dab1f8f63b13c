/** Values of layers by name, against plain JavaScript. */
import { afterAll, describe, expect, test } from 'vitest';
import { difference } from '../../test/support/compare.ts';
import { openNodeDevice } from '../../test/support/node-gpu.ts';
import type { Tensor } from '../api/types.ts';
import { buildGraph } from '../arch/graph.ts';
import { bindCheckpoint } from '../checkpoint/bind.ts';
import { randomCheckpoint } from '../checkpoint/random.ts';
import { forward } from '../convert/forward.ts';
import { noise } from '../kernels/lib/case.ts';
import { loadModel } from './load.ts';

const device = await openNodeDevice();
const arch = { library: 'timm', type: 'ResNet', block: 'Bottleneck', layers: [1, 1], channels: [8, 12], stem_width: 8, num_classes: 5 };
const shape = [2, 3, 24, 32];
const graph = buildGraph(arch, shape);
const weights = randomCheckpoint(graph, 7);
const model = await loadModel({ arch, weights }, { device, precision: 'f32', inputSize: [24, 32] });
const input: Tensor = { data: noise(shape, 3), shape };

afterAll(() => {
  model.dispose();
  device.destroy();
});

async function expected(names: readonly string[]): Promise<Map<string, Tensor>> {
  const bound = await bindCheckpoint(graph, weights, { arch: 'the test' });
  return forward(graph, async (key) => (await bound.get(key).read()).data, input, names);
}

describe('run(input, { layers })', () => {
  // The sum of a convolution before its norm, after it, after the activation, and what pooling and the head make of it.
  test.each(graph.nodes.map(({ name }) => name))('gives %s as PyTorch has it', async (name) => {
    const { layers = {} } = await model.run(input, { layers: [name] });
    const wanted = (await expected([name])).get(name);
    const given = layers[name];
    if (!wanted || !given) throw new Error('there is no value');
    expect(given.shape).toEqual(wanted.shape);
    expect(difference(given, wanted).relative).toBeLessThan(2e-6);
  });

  test('gives several at once beside the outputs, by the names that were asked for', async () => {
    const last = graph.nodes.findLast(({ name }) => name.startsWith('layer1.0.'))?.name ?? '';
    const wanted = await expected([last, 'layer1.0.conv1', 'head.fc']);
    const { layers = {}, logits, features } = await model.run(input, { layers: ['layer1.0', 'layer1', 'layer1.0.conv1', 'fc'] });
    expect(Object.keys(layers)).toEqual(['layer1.0', 'layer1', 'layer1.0.conv1', 'fc']);
    expect(layers['layer1.0']?.data).toEqual(layers.layer1?.data);
    expect(layers['layer1.0']?.shape).toEqual(wanted.get(last)?.shape);
    expect(layers.fc?.data).toEqual(logits?.data);
    expect(features.map(({ shape: [, channels] }) => channels)).toEqual([32, 48]);
    const conv = layers['layer1.0.conv1'];
    const sum = wanted.get('layer1.0.conv1');
    if (!conv || !sum) throw new Error('there is no value');
    expect(difference(conv, sum).relative).toBeLessThan(2e-6);
  });

  test('needs no other output', async () => {
    const { layers = {}, logits } = await model.run(input, { layers: ['gap'], logits: false });
    expect(logits).toBeUndefined();
    expect(layers.gap?.shape).toEqual([2, graph.nodes.find(({ name }) => name === 'gap')?.shape[1], 1, 1]);
    expect((await model.run(input)).layers).toBeUndefined();
  });

  test('names the nearest where there is no such layer', async () => {
    await expect(model.run(input, { layers: ['layer1.0.conv9'] })).rejects.toThrow(
      '[layers] The network has no layer "layer1.0.conv9". Did you mean layer1.0.conv1, layer1.0.conv2, layer1.0.conv3? model.graph() lists all.',
    );
    await expect(model.run(input, { layers: 'layer1' as never })).rejects.toMatchObject({ code: 'usage' });
    await expect(model.run(input, { layers: ['gap'], output: 'gpu' } as never)).rejects.toMatchObject({ code: 'usage', layer: 'layers' });
  });
});

test('graph() lists them', () => {
  expect(model.graph().nodes.map(({ name }) => name)).toEqual(graph.nodes.map(({ name }) => name));
  expect(model.graph([1, 3, 64, 64]).nodes.at(-1)?.shape).toEqual([1, 5]);
});
