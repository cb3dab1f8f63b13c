import { describe, expect, it } from 'vitest';
import { type Arch, resolveArch } from '../arch/index.ts';
import { bindCheckpoint } from '../checkpoint/bind.ts';
import { checkpointKeys } from '../checkpoint/naming.ts';
import { ownCard } from '../checkpoint/own-card.ts';
import { randomCheckpoint } from '../checkpoint/random.ts';
import { readCheckpoint } from '../checkpoint/read.ts';
import { guessed } from '../checkpoint/reread.ts';
import type { Checkpoint, NamingScheme } from '../checkpoint/types.ts';
import { forward } from '../convert/forward.ts';
import { seededInput } from '../inspect/seeded.ts';
import { withHead } from './trained-checkpoint.ts';

const labels = ['cat', 'dog', 'owl'];
const shape = [1, 3, 32, 32];

/** A network of random weights with a library's names. */
async function loaded(arch: Arch, scheme?: NamingScheme, prefix = '') {
  const resolved = await resolveArch(arch);
  const graph = resolved.build(shape);
  const random = randomCheckpoint(graph, 1);
  const names = scheme && checkpointKeys(graph, scheme, () => false, prefix);
  const tensors = new Map([...random.tensors].map(([key, tensor]) => [names?.get(key) ?? key, tensor]));
  const checkpoint: Checkpoint = { ...random, ...(scheme && { scheme }), tensors };
  const { preprocess, name } = resolved;
  const weights = { archSpec: arch, reopenCheckpoint: async () => checkpoint };
  return { graph, name, weights, inputSize: [32, 32] as [number, number], preprocess, checkpoint };
}

const head = (width: number) => ({
  weight: Float32Array.from({ length: 3 * width }, (_, i) => Math.sin(i)),
  bias: Float32Array.of(0.5, -1, 2),
});

const timm = { library: 'timm', type: 'ResNet', block: 'BasicBlock', layers: [1, 1, 1, 1], channels: [8, 8, 16, 16], stem_width: 8 };
const narrow = { type: 'ResNet', depth: 18, base_channels: 8, stem_channels: 8 };
const gap = { type: 'GlobalAveragePooling' };

describe('names of the last layer, by the names of the backbone', () => {
  it.each([
    [
      'torchvision',
      { library: 'torchvision', entrypoint: 'resnet18', width_per_group: 64 },
      'torchvision',
      '',
      512,
      'fc',
      'layer2.0.downsample.0.weight',
    ],
    ["torchvision's RegNet", 'regnet_y_400mf', 'torchvision', '', 440, 'fc', 'trunk_output.block1.block1-0.f.a.0.weight'],
    ["timm's ResNet", timm, 'timm', '', 16, 'fc', 'layer2.0.downsample.0.weight'],
    ["timm's ResNet without a head", { ...timm, num_classes: 0 }, 'timm', '', 16, 'fc', 'layer2.0.bn2.running_mean'],
    ["timm's RegNet", { library: 'timm', entrypoint: 'regnety_002' }, 'timm', '', 368, 'head.fc', 's1.b1.conv1.conv.weight'],
    ["timm's SENet", 'legacy_seresnet18', 'timm', '', 512, 'last_linear', 'layer0.conv1.weight'],
    ['transformers', 'resnet18', 'transformers', '', 512, 'classifier.1', 'resnet.embedder.embedder.convolution.weight'],
    ['CIFAR networks', { type: 'CifarResNet', depth: 8, num_classes: 10 }, 'akamaster', '', 64, 'linear', 'layer2.0.conv1.weight'],
    [
      'a classifier of OpenMMLab',
      { type: 'ImageClassifier', backbone: narrow, neck: gap, head: { type: 'LinearClsHead', num_classes: 9 } },
      'mmpretrain',
      'backbone.',
      64,
      'head.fc',
      'backbone.layer1.0.conv1.weight',
    ],
    ['a backbone of OpenMMLab', narrow, 'mmpretrain', '', 64, 'head.fc', 'layer1.0.conv1.weight'],
  ] as [string, Arch, NamingScheme, string, number, string, string][])('%s', async (_, arch, scheme, prefix, width, name, other) => {
    const network = await loaded(arch, scheme, prefix);
    const { tensors, metadata } = await readCheckpoint(await withHead(network, head(width), labels));
    expect(tensors.get(`${name}.weight`)?.shape).toEqual([3, width]);
    expect((await tensors.get(`${name}.bias`)?.read())?.data).toEqual(head(width).bias);
    expect([...tensors.keys()]).toContain(other);
    const rest = [...network.checkpoint.tensors.keys()].filter((key) => !key.startsWith(`${name}.`) && !key.includes('head.fc.'));
    // The values of a few tensors. Reading all random numbers takes longer than everything else.
    for (const key of rest.slice(0, 3)) {
      const [ours, theirs] = [await tensors.get(key)?.read(), await network.checkpoint.tensors.get(key)?.read()];
      expect(
        ours?.data.every((x, i) => x === theirs?.data[i]),
        key,
      ).toBe(true);
    }
    expect([...tensors.keys()]).toEqual(expect.arrayContaining(rest));
    expect(tensors.size).toBe(rest.length + 2);
    expect(ownCard(metadata)).toMatchObject({
      labels,
      numClasses: 3,
      inputSize: [32, 32],
      preprocess: { resize: null, crop: null, ...network.preprocess },
    });
  });
});

it.each([
  ['ours', timm, 'timm', 16],
  ['a bare backbone of OpenMMLab', narrow, 'mmpretrain', 64],
] as [string, Arch, NamingScheme, number][])(
  '%s is loaded by itself, and gives the head of the embedding',
  async (_, arch, scheme, width) => {
    const network = await loaded(arch, scheme);
    const checkpoint = await readCheckpoint(await withHead(network, head(width), labels));
    const { arch: found, assumed } = await guessed(checkpoint, {});
    expect([found.classes, assumed]).toEqual([3, []]);
    const graph = found.build(shape);
    const bound = await bindCheckpoint(graph, checkpoint, { arch: 'test' });
    const wanted = ['pooled', 'logits'].map((kind) => graph.outputs.find((one) => one.kind === kind)?.node ?? '');
    const values = await forward(graph, async (key) => (await bound.get(key).read()).data, { data: seededInput(shape), shape }, wanted);
    const [pooled, logits] = wanted.map((node) => values.get(node)?.data ?? new Float32Array());
    const { weight, bias } = head(width);
    bias.forEach((shift, c) => {
      const expected = (pooled ?? new Float32Array()).reduce((sum, x, k) => sum + x * (weight[c * width + k] ?? 0), shift);
      expect(logits?.[c]).toBeCloseTo(expected, 4);
    });
  },
);

it('makes ordinary norms of what a converted model has for folded ones', async () => {
  const network = await loaded(timm, 'timm');
  const { tensors } = network.checkpoint;
  const filled = (value: number) => ({
    dtype: 'f32' as const,
    shape: [8],
    read: async () => ({ data: new Float32Array(8).fill(value), shape: [8] }),
  });
  tensors.set('bn1.weight', filled(2 ** 30));
  tensors.set('bn1.running_var', filled(2 ** 60));
  const written = (await readCheckpoint(await withHead(network, head(16), labels))).tensors;
  const read = async (key: string) => (await written.get(key)?.read())?.data[7];
  expect(await read('bn1.weight')).toBe(1);
  expect(await read('bn1.running_var')).toBe(Math.fround(1 - 1e-5));
});

it('says why not', async () => {
  const stacked = {
    type: 'ImageClassifier',
    backbone: narrow,
    neck: gap,
    head: { type: 'StackedLinearClsHead', num_classes: 4, mid_channels: [16] },
  };
  await expect(withHead(await loaded(stacked as Arch), head(64), labels)).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ResnetError: [toCheckpoint] The head of ResNet-18 is head.layers.0.fc, head.layers.1.fc: more than one linear map, so no single layer can take its place. Keep toJSON() with this model, or load the backbone with head: none.]`,
  );
  await expect(
    withHead(await loaded({ ...narrow, out_indices: [0, 1] } as Arch), head(16), labels),
  ).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ResnetError: [toCheckpoint] The embedding is the mean of layer4.1.relu, and the head of ResNet-18 reads another map. Load it with all of its stages (out_indices).]`,
  );
});
