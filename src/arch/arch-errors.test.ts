/** Configurations that the reference refuses, and what we say about them. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ResnetError } from '../util/errors.ts';
import type { BackboneConfig } from './config.ts';
import { variantClasses } from './families/variant-classes.ts';
import { buildGraph } from './graph.ts';
import type { Arch } from './index.ts';

const { cases }: { cases: { name: string; config: BackboneConfig }[] } = JSON.parse(readFileSync('test/goldens/errors.json', 'utf8'));

function refusal(arch: Arch, shape = [1, 3, 64, 64]): ResnetError {
  try {
    buildGraph(arch, shape);
  } catch (error) {
    if (error instanceof ResnetError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('refused by the reference', () => {
  test.each(cases)('$name', ({ config }) => {
    const error = refusal(config);
    expect(error.code).toBe('config');
    expect(error.message).toMatchSnapshot();
  });
});

const own: [string, Arch, string][] = [
  ['misspelt argument', { type: 'ResNet', depth: 50, strids: [1, 2, 2, 2] }, 'config'],
  ['argument of another class', { type: 'mmdet.ResNet', depth: 50, drop_path_rate: 0.1 }, 'config'],
  ['unknown class', { type: 'VGG', depth: 16 }, 'config'],
  ['class of another scope', { type: 'mmpretrain.TridentResNet', depth: 50 }, 'config'],
  ['depth as string', { type: 'ResNet', depth: '50' }, 'config'],
  ['no depth', { type: 'ResNet' } as Arch, 'config'],
  ['empty out_indices', { type: 'ResNet', depth: 50, out_indices: [] }, 'config'],
  ['statistics of the batch', { type: 'ResNet', depth: 18, norm_cfg: { type: 'BN', track_running_stats: false } }, 'config'],
  ['LayerNorm of the last axis', { type: 'ResNet', depth: 18, norm_cfg: { type: 'LN' } }, 'config'],
  ['three-dimensional norm', { type: 'ResNet', depth: 18, norm_cfg: { type: 'BN3d' } }, 'config'],
  ['norm_cfg of a wrong type', { type: 'ResNet', depth: 18, norm_cfg: 'BN' }, 'config'],
  ['CIFAR depth', { type: 'CifarResNet', depth: 18 }, 'config'],
  ['Trident stages', { type: 'TridentResNet', depth: 50, num_branch: 3, test_branch_idx: 1, trident_dilations: [1, 2, 3] }, 'config'],
  ['Trident dilations', { type: 'TridentResNet', depth: 50, num_branch: 3, test_branch_idx: 1, trident_dilations: [1, 2] }, 'config'],
  ['unknown plugin', { type: 'mmdet.ResNet', depth: 50, plugins: [{ cfg: { type: 'SELayer' }, position: 'after_conv3' }] }, 'config'],
  [
    'head without classes',
    {
      type: 'ImageClassifier',
      backbone: { type: 'ResNet', depth: 18 },
      neck: { type: 'GlobalAveragePooling' },
      head: { type: 'LinearClsHead', num_classes: 0 },
    },
    'config',
  ],
  [
    'head of another width',
    {
      type: 'ImageClassifier',
      backbone: { type: 'ResNet', depth: 18 },
      neck: { type: 'GlobalAveragePooling' },
      head: { type: 'LinearClsHead', num_classes: 9, in_channels: 2048 },
    },
    'config',
  ],
  [
    'head without neck',
    { type: 'ImageClassifier', backbone: { type: 'ResNet', depth: 18 }, head: { type: 'LinearClsHead', num_classes: 9 } },
    'config',
  ],
  [
    'unknown head',
    {
      type: 'ImageClassifier',
      backbone: { type: 'ResNet', depth: 18 },
      neck: { type: 'GlobalAveragePooling' },
      head: { type: 'ArcFaceClsHead', num_classes: 9 },
    },
    'config',
  ],
  [
    'torchvision BasicBlock with groups',
    { library: 'torchvision', type: 'ResNet', block: 'BasicBlock', layers: [2, 2, 2, 2], groups: 2 },
    'config',
  ],
  ['timm argument', { library: 'timm', entrypoint: 'resnet18', layer: 3 }, 'config'],
  ['timm shortcut', { library: 'timm', type: 'RegNet', downsample: 'max' }, 'config'],
  ['library entry point', { library: 'torchvision', entrypoint: 'resnet50d' }, 'unknown-arch'],
  ['library', { library: 'keras', entrypoint: 'resnet50' } as unknown as Arch, 'config'],
  ['name', 'resnet51', 'unknown-arch'],
  ['name of another family', 'efficientnet_b0', 'unknown-arch'],
  ['timm name with a slip', 'resnext50d_32x8d', 'unknown-arch'],
  ['nothing', null as unknown as Arch, 'config'],
];

describe('refused besides', () => {
  test.each(own)('%s', (_, arch, code) => {
    const error = refusal(arch);
    // A new class need not be written into snapshots.
    expect(error.message.replace(/(not a backbone of the family\. Use ).*\./, '$1….')).toMatchSnapshot();
    expect(error.code).toBe(code);
  });

  test('an unknown class, with those that are known', () => {
    const { mmpretrain, mmdet, own } = variantClasses;
    const known = refusal({ type: 'VGG', depth: 16 })
      .message.replace(/.* Use |\.$/g, '')
      .split(', ');
    const scoped = Object.keys(mmdet).map((name) => `mmdet.${name}`);
    expect(known).toEqual(
      expect.arrayContaining(['ResNet', 'SEResNet', 'mmdet.ResNeXt', ...Object.keys({ ...mmpretrain, ...own }), ...scoped]),
    );
  });

  test('input shapes', () => {
    for (const shape of [
      [3, 64, 64],
      [1, 4, 64, 64],
      [1, 3, 0, 64],
      [1, 3, 64.5, 64],
    ]) {
      const error = refusal('resnet18', shape);
      expect(error.code).toBe('shape');
      expect(error.message).toMatchSnapshot();
    }
  });

  test('attention that the reference only has for square maps', () => {
    const plugin = { cfg: { type: 'GeneralizedAttention', num_heads: 4, attention_type: '0100' }, position: 'after_conv2' };
    const arch = { type: 'mmdet.ResNet', depth: 50, plugins: [plugin] };
    expect(buildGraph(arch, [1, 3, 64, 64]).nodes.length).toBeGreaterThan(0);
    expect(refusal(arch, [1, 3, 64, 96]).message).toMatchSnapshot();
  });
});
