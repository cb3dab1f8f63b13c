import { describe, expect, test } from 'vitest';
import { buildGraph } from '../arch/graph.ts';
import type { Arch } from '../arch/index.ts';
import { ResnetError } from '../util/errors.ts';
import { bindCheckpoint } from './bind.ts';
import { guessArch } from './guess.ts';
import { parametersOf } from './match.ts';
import { checkpointKeys, storedKey } from './naming.ts';
import { randomCheckpoint } from './random.ts';
import type { Checkpoint, CheckpointTensor, NamingScheme } from './types.ts';

/** A checkpoint of an architecture as a library would have saved it. */
function saved(arch: Arch, scheme: NamingScheme, prefix = '', size = 64): Checkpoint {
  const graph = buildGraph(arch, [1, 3, size, size]);
  const random = randomCheckpoint(graph, 1);
  const tensors = new Map<string, CheckpointTensor>();
  const parameters = parametersOf(graph);
  for (const [canonical, key] of checkpointKeys(graph, scheme, undefined, prefix)) {
    const spec = parameters.get(canonical);
    const tensor = spec && random.tensors.get(storedKey(spec));
    if (tensor) tensors.set(key, tensor);
  }
  return { ...random, scheme: 'unknown', tensors };
}

async function refusal(arch: Arch, checkpoint: Checkpoint, strict = true): Promise<ResnetError> {
  try {
    await bindCheckpoint(buildGraph(arch, [1, 3, 64, 64]), checkpoint, { strict, arch: String(arch) });
  } catch (error) {
    if (error instanceof ResnetError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

function edited(checkpoint: Checkpoint, edit: (tensors: Map<string, CheckpointTensor>) => void): Checkpoint {
  const tensors = new Map(checkpoint.tensors);
  edit(tensors);
  return { ...checkpoint, tensors };
}

const scalar: CheckpointTensor = { dtype: 'i64', shape: [], read: async () => ({ data: new Float32Array(1), shape: [] }) };

describe('binding', () => {
  test.each<[string, NamingScheme, string]>([
    ['resnet18', 'torchvision', ''],
    ['resnet50', 'mmpretrain', 'backbone.'],
    ['resnet50', 'transformers', ''],
    ['resnet50d', 'timm', ''],
    ['resnet50d', 'mmpretrain', 'backbone.'],
    ['resnet50d', 'mmdet', 'backbone.'],
    ['regnet_y_400mf', 'torchvision', ''],
    ['regnet_y_400mf', 'timm', ''],
    ['regnet_y_400mf', 'transformers', ''],
    ['legacy_seresnet18', 'timm', ''],
    ['resnest26d', 'timm', ''],
    ['resnetrs50', 'timm', ''],
    ['cifar_resnet20', 'akamaster', ''],
  ])('%s in %s names', async (arch, scheme, prefix) => {
    const graph = buildGraph(arch, [1, 3, 64, 64]);
    const checkpoint = edited(saved(arch, scheme, prefix), (tensors) => tensors.set(`${prefix}bn1.num_batches_tracked`, scalar));
    const bound = await bindCheckpoint(graph, checkpoint, { arch });
    expect(bound.scheme).toBe(scheme);
    expect(bound.ignoredKeys).toEqual([]);
    for (const node of graph.nodes) for (const { key, shape } of Object.values(node.weights)) expect(bound.get(key).shape).toEqual(shape);
  });

  test('parts of a detector besides the backbone are ignored and listed', async () => {
    const graph = buildGraph({ type: 'mmdet.ResNet', depth: 50 }, [1, 3, 64, 64]);
    const parts = ['neck.fpn_convs.0.conv.weight', 'bbox_head.fc_cls.weight', 'data_preprocessor.mean'];
    const checkpoint = edited(saved({ type: 'mmdet.ResNet', depth: 50 }, 'mmdet', 'backbone.'), (tensors) => {
      for (const part of parts) tensors.set(part, scalar);
    });
    expect((await bindCheckpoint(graph, checkpoint, { arch: 'x' })).ignoredKeys).toEqual(parts);
  });

  test('a bare backbone ignores the head', async () => {
    const graph = buildGraph({ type: 'ResNet', depth: 18 }, [1, 3, 64, 64]);
    expect((await bindCheckpoint(graph, saved('resnet18', 'torchvision'), { arch: 'x' })).ignoredKeys).toEqual(['fc.weight', 'fc.bias']);
  });

  test('strict: false lets unexpected tensors pass, never missing ones', async () => {
    const extra = edited(saved('resnet18', 'torchvision'), (tensors) => tensors.set('projector.weight', scalar));
    const graph = buildGraph('resnet18', [1, 3, 64, 64]);
    expect((await bindCheckpoint(graph, extra, { strict: false, arch: 'resnet18' })).ignoredKeys).toEqual(['projector.weight']);
    expect((await refusal('resnet18', extra)).message).toMatchSnapshot();
    const less = edited(extra, (tensors) => tensors.delete('layer1.0.conv1.weight'));
    expect((await refusal('resnet18', less, false)).message).toMatchSnapshot();
  });

  test('parts of one stored tensor', async () => {
    const plugin = { cfg: { type: 'NonLocal2d', mode: 'concatenation' }, position: 'after_conv3', stages: [true, false, false, false] };
    const arch = { type: 'mmdet.ResNet', depth: 50, plugins: [plugin] };
    const checkpoint = saved(arch, 'mmdet');
    const bound = await bindCheckpoint(buildGraph(arch, [1, 3, 64, 64]), checkpoint, { arch: 'x' });
    const key = 'layer1.0.nonlocal_block.concat_project.conv.weight';
    const whole = await checkpoint.tensors.get(key)?.read();
    expect(whole?.shape).toEqual([1, 256, 1, 1]);
    const halves = await Promise.all(['theta', 'phi'].map((half) => bound.get(`${key}.${half}`).read()));
    expect(halves.map(({ shape }) => shape)).toEqual([
      [1, 128, 1, 1],
      [1, 128, 1, 1],
    ]);
    expect(halves.flatMap(({ data }) => [...data])).toEqual([...(whole?.data ?? [])]);
  });

  test('weights without gamma and beta stay as they are under adaptive standardisation', async () => {
    const arch = { type: 'mmdet.DetectoRS_ResNet', depth: 50, conv_cfg: { type: 'ConvAWS' } };
    const bound = await bindCheckpoint(buildGraph(arch, [1, 3, 64, 64]), saved({ type: 'mmdet.ResNet', depth: 50 }, 'mmdet'), {
      arch: 'x',
    });
    const [weight, gamma, beta] = await Promise.all(
      ['weight', 'weight_gamma', 'weight_beta'].map(async (name) => (await bound.get(`layer1.0.conv2.${name}`).read()).data),
    );
    const first = weight?.subarray(0, 64 * 9) ?? new Float32Array();
    const mean = first.reduce((a, b) => a + b, 0) / first.length;
    const variance = first.reduce((a, b) => a + (b - mean) ** 2, 0) / (first.length - 1);
    expect(beta?.[0]).toBeCloseTo(mean, 6);
    expect(gamma?.[0]).toBeCloseTo(Math.sqrt(variance + 1e-5), 6);
  });

  test('asking for another tensor', async () => {
    const bound = await bindCheckpoint(buildGraph('resnet18', [1, 3, 64, 64]), saved('resnet18', 'torchvision'), { arch: 'x' });
    expect(() => bound.get('layer9.0.conv1.weight')).toThrowErrorMatchingSnapshot();
  });
});

describe('errors', () => {
  test.each<[Arch, Arch, NamingScheme]>([
    ['resnet50', 'resnext50_32x4d', 'torchvision'],
    ['resnet50', 'wide_resnet50_2', 'torchvision'],
    ['resnet18', 'resnet34', 'torchvision'],
    ['resnet50', 'resnet50d', 'timm'],
    ['resnet50d', 'resnet50c', 'timm'],
    ['cifar_resnet20', 'cifar_resnet32', 'akamaster'],
    ['regnet_x_400mf', 'regnetx_004', 'timm'],
    [{ type: 'ResNet', depth: 50 }, 'resnest50d', 'timm'],
  ])('%s with the weights of %s', async (arch, of, scheme) => {
    const error = await refusal(arch, saved(of, scheme));
    expect(error.code).toBe('checkpoint-keys');
    expect(error.message).toMatchSnapshot();
  });

  test('one tensor of another shape', async () => {
    const wrong = edited(saved('resnet18', 'torchvision'), (tensors) => {
      const tensor = tensors.get('layer3.0.conv2.weight');
      if (tensor) tensors.set('layer3.0.conv2.weight', { ...tensor, shape: [256, 128, 3, 3] });
    });
    const error = await refusal('resnet18', wrong);
    expect(error.layer).toBe('layer3.0.conv2');
    expect(error.message).toMatchSnapshot();
  });

  test('another number of classes', async () => {
    const fine = saved({ library: 'torchvision', entrypoint: 'resnet18', num_classes: 7 }, 'torchvision');
    expect((await refusal('resnet18', fine)).message).toMatchSnapshot();
  });

  test('strict: false is no remedy for what stands among the layers', async () => {
    const plain = saved('resnet18', 'torchvision');
    const hintFor = async (name: string) =>
      (
        await refusal(
          'resnet18',
          edited(plain, (tensors) => tensors.set(name, scalar)),
        )
      ).hint;
    for (const inside of ['conv1.scale', 'layer1.0.gate.fc.weight', 'layer4.1.conv2.mask']) {
      expect(await hintFor(inside), inside).toMatch(/among the layers/);
    }
    for (const outside of ['queue', 'criterion.weight', 'fc2.weight']) expect(await hintFor(outside), outside).toMatch(/strict: false/);
  });

  test('something else', async () => {
    const other = edited(saved('resnet18', 'torchvision'), (tensors) => {
      tensors.clear();
      tensors.set('transformer.h.0.attn.weight', scalar);
    });
    expect((await refusal('cifar_resnet20', other)).message).toMatchSnapshot();
    expect(() => guessArch(other)).toThrowErrorMatchingSnapshot();
  });
});
