import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildGraph } from '../arch/graph.ts';
import type { Arch } from '../arch/index.ts';
import { batchNorm, conv } from '../arch/layers.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { matchCheckpoint } from './match.ts';
import { checkpointKeys } from './naming.ts';
import type { NamingScheme } from './types.ts';

/** Names and shapes of the tensors of full-size networks, from the libraries' own state dicts. */
const full: [string, NamingScheme][] = [
  ['tv_resnet18', 'torchvision'],
  ['tv_resnet50', 'torchvision'],
  ['tv_wide_resnet50_2', 'torchvision'],
  ['tv_regnet_x_400mf', 'torchvision'],
  ['tv_regnet_y_400mf', 'torchvision'],
  ['timm_resnet50d', 'timm'],
  ['timm_seresnet50', 'timm'],
  ['timm_res2net50_26w_4s', 'timm'],
  ['timm_resnest50d', 'timm'],
  ['timm_regnetx_004', 'timm'],
  ['resnet18', 'mmpretrain'],
  ['resnet50', 'mmpretrain'],
  ['resnetv1c50', 'mmpretrain'],
  ['resnetv1d50', 'mmpretrain'],
  ['resnext50_32x4d', 'mmpretrain'],
  ['seresnet50', 'mmpretrain'],
  ['resnest50', 'mmpretrain'],
  ['res2net50_w14_s8', 'mmpretrain'],
  ['regnetx_400mf', 'mmpretrain'],
  ['cifar_resnet18', 'mmpretrain'],
];

interface Case {
  framework: string;
  config: Record<string, unknown>;
  equivalent?: Arch;
  tensors: [string, number[], number, number][];
}

function readCase(name: string): { arch: Arch; equivalent?: Arch; tensors: Map<string, number[]> } {
  const { framework, config, equivalent, tensors }: Case = JSON.parse(readFileSync(`test/goldens/full/${name}/case.json`, 'utf8'));
  const arch = (framework === 'mm' ? config : { library: framework, ...config }) as Arch;
  return { arch, equivalent, tensors: new Map(tensors.map(([key, shape]) => [key, shape])) };
}

describe.each(full)('%s', (name, scheme) => {
  const { arch, equivalent, tensors } = readCase(name);

  const configurations: [string, Arch][] = [['its own', arch], ...(equivalent ? [['the equivalent', equivalent] as [string, Arch]] : [])];
  test.each(configurations)('names the tensors of %s configuration', (_, config) => {
    const graph = buildGraph(config, [1, 3, 64, 64]);
    const prefix = scheme === 'mmpretrain' ? 'backbone.' : '';
    const keys = checkpointKeys(graph, scheme, undefined, prefix);
    const shapes = new Map(graph.nodes.flatMap(({ weights }) => Object.values(weights).map((spec) => [spec.key, spec.shape] as const)));
    const named = [...keys].map(([canonical, key]) => [key, shapes.get(canonical)]);
    expect(Object.fromEntries(named)).toEqual(Object.fromEntries(tensors));
  });
});

describe('small networks of MMDetection', () => {
  const stem = ['stem.0', 'stem.1', 'stem.3', 'stem.4', 'stem.6', 'stem.7'];
  test('deep stem and pooled shortcuts', () => {
    const graph = buildGraph({ type: 'mmdet.ResNetV1d', depth: 50 }, [1, 3, 64, 64]);
    const keys = [...checkpointKeys(graph, 'mmdet').values()];
    for (const module of stem) expect(keys).toContain(`${module}.weight`);
    expect(keys.filter((key) => /downsample\.\d\.weight/.test(key))).toEqual(
      [1, 2, 3, 4].flatMap((stage) => [`layer${stage}.0.downsample.1.weight`, `layer${stage}.0.downsample.2.weight`]),
    );
  });

  test('offsets of old configurations', () => {
    const graph = buildGraph(
      { type: 'mmdet.ResNet', depth: 50, dcn: { type: 'DCN' }, stage_with_dcn: [false, true, true, true] },
      [1, 3, 64, 64],
    );
    const old = (key: string) => key === 'backbone.layer2.0.conv2_offset.weight';
    expect(checkpointKeys(graph, 'mmdet', old, 'backbone.').get('layer2.0.conv2.conv_offset.bias')).toBe(
      'backbone.layer2.0.conv2_offset.bias',
    );
    expect(checkpointKeys(graph, 'mmdet', old, 'backbone.').get('layer2.1.conv2.conv_offset.bias')).toBe(
      'backbone.layer2.1.conv2.conv_offset.bias',
    );
  });
});

test('transformers', () => {
  const keys = checkpointKeys(buildGraph('resnet50', [1, 3, 64, 64]), 'transformers');
  expect(keys.get('conv1.weight')).toBe('resnet.embedder.embedder.convolution.weight');
  expect(keys.get('bn1.running_var')).toBe('resnet.embedder.embedder.normalization.running_var');
  expect(keys.get('layer2.3.conv3.weight')).toBe('resnet.encoder.stages.1.layers.3.layer.2.convolution.weight');
  expect(keys.get('layer1.0.downsample.1.bias')).toBe('resnet.encoder.stages.0.layers.0.shortcut.normalization.bias');
  expect(keys.get('head.fc.weight')).toBe('classifier.1.weight');
  const y = checkpointKeys(buildGraph('regnety_040', [1, 3, 64, 64]), 'transformers');
  expect(y.get('layer1.0.se_layer.conv2.conv.bias')).toBe('regnet.encoder.stages.0.layers.0.layer.2.attention.2.bias');
  expect(y.get('layer1.0.conv3.weight')).toBe('regnet.encoder.stages.0.layers.0.layer.3.convolution.weight');
});

test('a layer of a whole stage keeps its name, which is not the name of the stem', () => {
  const b = new GraphBuilder();
  b.add('input', 'input', [], { shape: [1, 4, 1, 1] });
  conv({ b, conv: undefined, norm: batchNorm }, 'input', 'layer1.lstm.0', 8, 1);
  for (const scheme of ['timm', 'torchvision', 'mmpretrain', 'mmdet', 'akamaster'] as const)
    expect([...checkpointKeys(b.build(), scheme).values()], scheme).toEqual(['layer1.lstm.0.weight']);
});

/** From timm 1.0's state dicts. */
describe('RegNets of timm', () => {
  const keysOf = (arch: Arch) => checkpointKeys(buildGraph(arch, [1, 3, 64, 64]), 'timm');

  test('norms before the convolutions', () => {
    const keys = keysOf('regnetv_040');
    expect(keys.get('conv1.weight')).toBe('stem.weight');
    expect(keys.get('layer1.0.bn1.running_var')).toBe('s1.b1.norm1.running_var');
    expect(keys.get('layer1.0.conv3.weight')).toBe('s1.b1.conv3.weight');
    expect(keys.get('layer2.0.downsample.0.weight')).toBe('s2.b1.downsample.weight');
    expect(keysOf('regnetv_064').get('layer2.0.downsample.1.weight')).toBe('s2.b1.downsample.1.weight');
  });

  test('pooled shortcuts', () => {
    const keys = keysOf({ library: 'timm', entrypoint: 'regnety_002', downsample: 'avg' });
    expect(keys.get('layer2.0.downsample.1.weight')).toBe('s2.b1.downsample.1.conv.weight');
    expect(keys.get('layer2.0.downsample.2.bias')).toBe('s2.b1.downsample.1.bn.bias');
  });

  test('a convolution before the head, and no projections', () => {
    const keys = keysOf('regnetz_040_h');
    expect(keys.get('final_conv.conv.weight')).toBe('final_conv.conv.weight');
    expect(keys.get('final_conv.bn.bias')).toBe('final_conv.bn.bias');
    expect([...keys.values()].filter((key) => key.includes('downsample'))).toEqual([]);
  });
});

test('a convolution with anti-aliasing in place of the max-pool', () => {
  const arch = { library: 'timm', entrypoint: 'resnetblur50', replace_stem_pool: true } as const;
  const keys = checkpointKeys(buildGraph(arch, [1, 3, 64, 64]), 'timm');
  expect(keys.get('stem.pool.conv.weight')).toBe('maxpool.0.weight');
  expect(keys.get('stem.pool.bn.weight')).toBe('maxpool.2.weight');
  expect(checkpointKeys(buildGraph('resnetrs50', [1, 3, 64, 64]), 'timm').get('stem.pool.bn.weight')).toBe('maxpool.1.weight');
});

test('legacy SENets of timm', () => {
  const keys = checkpointKeys(buildGraph('legacy_senet154', [1, 3, 64, 64]), 'timm');
  expect(keys.get('stem.2.bn.weight')).toBe('layer0.bn3.weight');
  expect(keys.get('layer1.0.se_layer.conv1.conv.bias')).toBe('layer1.0.se_module.fc1.bias');
  expect(keys.get('head.fc.bias')).toBe('last_linear.bias');
  expect(checkpointKeys(buildGraph('legacy_seresnet50', [1, 3, 64, 64]), 'timm').get('conv1.weight')).toBe('layer0.conv1.weight');
});

test('real files of the CIFAR networks', async () => {
  const { readCheckpoint } = await import('./read.ts');
  const checkpoint = await readCheckpoint(readFileSync('test/checkpoints/weights/akamaster-cifar10/resnet20-12fca82f.th'));
  const match = matchCheckpoint(buildGraph('cifar_resnet20', [1, 3, 32, 32]), checkpoint, true);
  expect(match.scheme).toBe('akamaster');
  expect(match.problems).toEqual([]);
});
