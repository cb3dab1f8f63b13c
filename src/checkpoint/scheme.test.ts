import { describe, expect, test } from 'vitest';
import { detectScheme } from './scheme.ts';
import type { NamingScheme } from './types.ts';

const plain = ['conv1.weight', 'bn1.weight', 'layer1.0.conv1.weight', 'layer1.0.bn1.weight', 'layer2.0.downsample.0.weight'];
const withPrefix = (prefix: string, keys: string[]) => keys.map((key) => prefix + key);

/** Keys from the libraries' own state dicts. */
const cases: [string, NamingScheme, string[]][] = [
  ['torchvision ResNet', 'torchvision', [...plain, 'fc.weight']],
  ['bare backbone of common names', 'torchvision', plain],
  ['torchvision RegNet', 'torchvision', ['stem.0.weight', 'stem.1.weight', 'trunk_output.block1.block1-0.proj.0.weight', 'fc.weight']],
  ['timm deep stem', 'timm', ['conv1.0.weight', 'conv1.3.weight', 'bn1.weight', 'layer1.0.conv1.weight', 'fc.weight']],
  ['timm SE', 'timm', [...plain, 'layer1.0.se.fc1.weight', 'fc.weight']],
  ['timm ECA', 'timm', [...plain, 'layer1.0.se.conv.weight', 'fc.weight']],
  ['timm RegNet', 'timm', ['stem.conv.weight', 's1.b1.conv1.conv.weight', 'head.fc.weight']],
  ['timm legacy SENet', 'timm', ['layer0.conv1.weight', 'layer1.0.se_module.fc1.weight', 'last_linear.weight']],
  ['timm legacy names of the classifier', 'timm', [...plain, 'last_linear.weight']],
  ['mmpretrain classifier', 'mmpretrain', [...withPrefix('backbone.', plain), 'head.fc.weight']],
  ['mmpretrain classifier, prefix stripped', 'mmpretrain', [...plain, 'head.fc.weight']],
  ['mmpretrain backbone only', 'mmpretrain', withPrefix('backbone.', plain)],
  ['mmpretrain stacked head', 'mmpretrain', [...withPrefix('backbone.', plain), 'head.layers.0.fc.weight']],
  ['mmpretrain deep stem, bare', 'mmpretrain', ['stem.0.conv.weight', 'stem.0.bn.weight', 'layer1.0.conv1.weight']],
  ['mmpretrain SE', 'mmpretrain', [...plain, 'layer1.0.se_layer.conv1.conv.weight']],
  ['mmdet detector', 'mmdet', [...withPrefix('backbone.', plain), 'neck.lateral_convs.0.conv.weight', 'rpn_head.rpn_conv.weight']],
  ['mmdet deep stem, bare', 'mmdet', ['stem.0.weight', 'stem.1.weight', 'stem.3.weight', 'layer1.0.conv1.weight']],
  ['mmdet DCN', 'mmdet', [...plain, 'layer2.0.conv2.conv_offset.weight']],
  ['mmdet DCN, old name', 'mmdet', [...plain, 'layer2.0.conv2_offset.weight']],
  ['mmdet plugin', 'mmdet', [...plain, 'layer2.1.gen_attention_block.proj_conv.weight']],
  ['mmdet SAC', 'mmdet', [...plain, 'layer2.0.conv2.weight_diff']],
  ['transformers ResNet', 'transformers', ['resnet.embedder.embedder.convolution.weight', 'classifier.1.weight']],
  ['transformers bare', 'transformers', ['embedder.embedder.convolution.weight', 'encoder.stages.0.layers.0.layer.0.convolution.weight']],
  [
    'akamaster',
    'akamaster',
    ['conv1.weight', 'bn1.weight', 'layer1.0.conv1.weight', 'layer1.0.bn1.weight', 'linear.weight', 'linear.bias'],
  ],
  ['akamaster under DataParallel', 'akamaster', withPrefix('module.', ['conv1.weight', 'layer1.0.conv1.weight', 'linear.weight'])],
  ['another network', 'unknown', ['features.0.weight', 'classifier.weight']],
  ['nothing', 'unknown', []],
];

describe('detectScheme', () => {
  test.each(cases)('%s: %s', (_, scheme, keys) => {
    expect(detectScheme(keys)).toBe(scheme);
  });
});
