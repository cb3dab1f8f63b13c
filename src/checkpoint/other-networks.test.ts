import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildGraph } from '../arch/graph.ts';
import { otherNetwork } from './other-networks.ts';

/** Keys of the libraries' own state dicts by `library name`. Of keys that only differ in numbers, one. */
const others: Record<string, string[]> = JSON.parse(readFileSync('test/wild/other-keys.json', 'utf8'));
const named = (keys: string[], shape = [8, 8, 3, 3]) => otherNetwork(new Map(keys.map((key) => [key, { shape }])));

/** The beginning of a library's model name, and its description. */
const FAMILIES: Record<string, RegExp> = {
  alexnet: /AlexNet/,
  vgg: /VGG/,
  squeezenet: /SqueezeNet/,
  densenet: /DenseNet/,
  googlenet: /GoogLeNet/,
  inception_v3: /Inception V3/,
  inception_v4: /Inception V4/,
  mobilenetv2: /MobileNetV2/,
  mobilenet_v2: /MobileNetV2/,
  mobilenet_v3: /MobileNetV3/,
  mobilenetv3: /MobileNetV3/,
  shufflenet: /ShuffleNet/,
  efficientnet_b: /EfficientNet/,
  efficientnet_v2: /EfficientNet/,
  tf_efficientnetv2: /EfficientNet/,
  convnext: /ConvNeXt/,
  vit_: /ViT/,
  deit: /DeiT/,
  beit: /BEiT/,
  swin: /Swin/,
  maxvit: /MaxViT/,
  ssd: /SSD/,
  mixer: /Mixer/,
  mobilevit: /MobileViT/,
  repvgg: /RepVGG/,
  hrnet: /HRNet/,
  dla: /DLA/,
  nfnet: /NFNet/,
  legacy_xception: /Xception/,
  ghostnet: /GhostNet/,
  pvt: /PVT/,
  levit: /LeViT/,
  gernet: /ByobNet/,
  BertFor: /BERT/,
  RobertaModel: /BERT/,
  GPT2: /GPT-2/,
  Llama: /LLaMA/,
  CLIP: /CLIP/,
  T5: /T5/,
  Whisper: /Whisper/,
  ViTFor: /ViT/,
  SwinFor: /Swin/,
  Segformer: /SegFormer/,
  SamModel: /Segment Anything/,
};

describe('otherNetwork', () => {
  test('names every network of the libraries', () => {
    expect(Object.entries(others).flatMap(([name, keys]) => (named(keys) === undefined ? [name] : []))).toEqual([]);
  });

  test.each(Object.entries(FAMILIES))('%s', (start, what) => {
    const members = Object.keys(others).filter((name) => name.split(' ')[1]?.startsWith(start));
    expect(members.length).toBeGreaterThan(0);
    for (const name of members) expect(named(others[name] ?? []), name).toMatch(what);
  });

  test('the same under a prefix', () => {
    for (const [name, keys] of Object.entries(others)) {
      expect(named(keys.map((key) => `module.model.${key}`)), name).toBe(named(keys));
    }
  });

  test('networks of repositories', () => {
    expect(named(['model.0.conv.weight', 'model.2.cv1.conv.weight', 'model.2.m.0.cv1.conv.weight', 'model.22.dfl.conv.weight'])).toMatch(
      /YOLO/,
    );
    expect(named(['model.0.conv.weight', 'model.2.cv1.conv.weight', 'model.24.anchors', 'model.24.m.0.weight'])).toMatch(/YOLO/);
    expect(named(['vgg.0.weight', 'vgg.2.weight', 'extras.0.weight', 'loc.0.weight', 'conf.0.weight'])).toMatch(/SSD/);
    expect(named(['inc.double_conv.0.weight', 'down1.maxpool_conv.1.double_conv.0.weight', 'up1.up.weight', 'outc.conv.weight'])).toMatch(
      /UNet/,
    );
    expect(named(['_conv_stem.weight', '_blocks.0._depthwise_conv.weight', '_fc.weight'])).toMatch(/EfficientNet/);
    expect(named(['input_blocks.0.0.weight', 'time_embed.0.weight', 'out.2.weight'])).toMatch(/Stable Diffusion/);
    expect(named(['stem.0.weight', 'layer1.0.conv1.0.weight'], [64, 3, 3, 7, 7])).toMatch(/3-D/);
    expect(named(['conv1.weight', 'layer1.0.conv1.weight'], [64, 1, 7])).toMatch(/1-D/);
  });

  test('none of our own family', () => {
    for (const arch of [
      'resnet50',
      'resnext50_32x4d',
      'resnest50d',
      'res2net50_26w_4s',
      'regnetx_002',
      'regnety_002',
      'seresnet50',
      'resnet50d',
    ]) {
      const keys = buildGraph(arch, [1, 3, 224, 224]).nodes.flatMap(({ weights }) => Object.values(weights).map(({ key }) => key));
      expect(named(keys), arch).toBeUndefined();
    }
  });

  test('nothing is hung up by many names', () => {
    const many = new Map(Array.from({ length: 300_000 }, (_, i) => [`${'a.'.repeat(20)}${i}.weight`, { shape: [1] }]));
    const start = performance.now();
    expect(otherNetwork(many)).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});
