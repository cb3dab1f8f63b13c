/** Parameters and multiply-adds of the published networks, as counted by forward hooks in PyTorch. */
import { describe, expect, test } from 'vitest';
import type { BackboneConfig } from './config.ts';
import { buildGraph } from './graph.ts';

const classifier = (backbone: BackboneConfig, num_classes = 1000) =>
  ({ type: 'ImageClassifier', backbone, neck: { type: 'GlobalAveragePooling' }, head: { type: 'LinearClsHead', num_classes } }) as const;

/** Type, arguments, parameters, GMACs at 224x224, convolutions and linear layers. */
type Row = [string, Record<string, unknown>, number, number, number];

const openmmlab: Row[] = [
  ['ResNet', { depth: 18 }, 11689512, 1.814, 21],
  ['ResNet', { depth: 34 }, 21797672, 3.664, 37],
  ['ResNet', { depth: 50 }, 25557032, 4.089, 54],
  ['ResNet', { depth: 101 }, 44549160, 7.801, 105],
  ['ResNet', { depth: 152 }, 60192808, 11.514, 156],
  ['ResNetV1c', { depth: 50 }, 25576264, 4.329, 56],
  ['ResNetV1c', { depth: 101 }, 44568392, 8.041, 107],
  ['ResNetV1c', { depth: 152 }, 60212040, 11.753, 158],
  ['ResNetV1d', { depth: 50 }, 25576264, 4.329, 56],
  ['ResNetV1d', { depth: 101 }, 44568392, 8.041, 107],
  ['ResNetV1d', { depth: 152 }, 60212040, 11.753, 158],
  ['ResNeXt', { depth: 50 }, 25028904, 4.23, 54],
  ['ResNeXt', { depth: 101 }, 44177704, 7.97, 105],
  ['ResNeXt', { depth: 101, width_per_group: 8 }, 88791336, 16.414, 105],
  ['ResNeXt', { depth: 101, groups: 64 }, 83455272, 15.46, 105],
  ['ResNeXt', { depth: 152 }, 59951400, 11.71, 156],
  ['ResNet', { depth: 50, base_channels: 128, expansion: 2 }, 68883240, 11.398, 54],
  ['ResNet', { depth: 101, base_channels: 128, expansion: 2 }, 126886696, 22.753, 105],
  ['SEResNet', { depth: 50 }, 28088024, 4.092, 86],
  ['SEResNet', { depth: 101 }, 49326872, 7.806, 171],
  ['SEResNet', { depth: 152 }, 66821848, 11.52, 256],
  ['SEResNeXt', { depth: 50 }, 27559896, 4.233, 86],
  ['SEResNeXt', { depth: 101 }, 48955416, 7.975, 171],
  ['ResNeSt', { depth: 50 }, 27483240, 5.371, 88],
  ['ResNeSt', { depth: 101, stem_channels: 128 }, 48275016, 10.201, 173],
  ['ResNeSt', { depth: 200, stem_channels: 128 }, 70201544, 17.408, 338],
  ['ResNeSt', { depth: 269, stem_channels: 128 }, 110929480, 22.434, 453],
  ['Res2Net', { depth: 50, scales: 8, base_width: 14, deep_stem: false, avg_down: false }, 25059816, 4.179, 150],
  ['Res2Net', { depth: 50, deep_stem: false, avg_down: false }, 25699120, 4.255, 86],
  ['Res2Net', { depth: 50, scales: 6, deep_stem: false, avg_down: false }, 37051448, 6.296, 118],
  ['Res2Net', { depth: 50, scales: 8, deep_stem: false, avg_down: false }, 48403776, 8.336, 150],
  ['Res2Net', { depth: 50, scales: 2, base_width: 48, deep_stem: false, avg_down: false }, 25287304, 4.16, 54],
  ['Res2Net', { depth: 101, deep_stem: false, avg_down: false }, 45206688, 8.067, 171],
  ['Res2Net', { depth: 50 }, 25718352, 4.495, 88],
  ['Res2Net', { depth: 101 }, 45225920, 8.307, 173],
  ['RegNet', { arch: 'regnetx_400mf' }, 5157512, 0.398, 72],
  ['RegNet', { arch: 'regnetx_800mf' }, 7259656, 0.8, 54],
  ['RegNet', { arch: 'regnetx_1.6gf' }, 9190136, 1.603, 60],
  ['RegNet', { arch: 'regnetx_3.2gf' }, 15296552, 3.177, 81],
  ['RegNet', { arch: 'regnetx_4.0gf' }, 22118248, 3.964, 75],
  ['RegNet', { arch: 'regnetx_6.4gf' }, 26209256, 6.46, 57],
  ['RegNet', { arch: 'regnetx_8.0gf' }, 39572648, 7.995, 75],
  ['RegNet', { arch: 'regnetx_12gf' }, 46106056, 12.087, 63],
];

describe('OpenMMLab', () => {
  test.each(openmmlab)('%s %o', (type, args, parameters, gmacs, layers) => {
    const graph = buildGraph(classifier({ type, ...args }), [1, 3, 224, 224]);
    expect([graph.parameters, Number((graph.macs / 1e9).toFixed(3))]).toEqual([parameters, gmacs]);
    expect(graph.nodes.filter(({ op }) => op === 'conv2d' || op === 'linear')).toHaveLength(layers);
  });

  test.each([
    [18, 11173962, 0.555, 21],
    [34, 21282122, 1.159, 37],
    [50, 23520842, 1.298, 54],
    [101, 42512970, 2.51, 105],
    [152, 58156618, 3.722, 156],
  ])('ResNet_CIFAR %i at 32x32', (depth, parameters, gmacs, layers) => {
    const graph = buildGraph(classifier({ type: 'ResNet_CIFAR', depth }, 10), [1, 3, 32, 32]);
    expect([graph.parameters, Number((graph.macs / 1e9).toFixed(3))]).toEqual([parameters, gmacs]);
    expect(graph.nodes.filter(({ op }) => op === 'conv2d' || op === 'linear')).toHaveLength(layers);
  });
});

/** Also compares the widths and block counts of the stages. */
const torchvision: [string, number, number, number, number[], number[]][] = [
  ['regnet_x_16gf', 54278536, 15.941, 72, [256, 512, 896, 2048], [2, 6, 13, 1]],
  ['regnet_x_1_6gf', 9190136, 1.603, 60, [72, 168, 408, 912], [2, 4, 10, 2]],
  ['regnet_x_32gf', 107811560, 31.736, 75, [336, 672, 1344, 2520], [2, 7, 13, 1]],
  ['regnet_x_3_2gf', 15296552, 3.177, 81, [96, 192, 432, 1008], [2, 6, 15, 2]],
  ['regnet_x_400mf', 5495976, 0.414, 72, [32, 64, 160, 400], [1, 2, 7, 12]],
  ['regnet_x_800mf', 7259656, 0.8, 54, [64, 128, 288, 672], [1, 3, 7, 5]],
  ['regnet_x_8gf', 39572648, 7.995, 75, [80, 240, 720, 1920], [2, 5, 15, 1]],
  ['regnet_y_16gf', 83590140, 15.912, 96, [224, 448, 1232, 3024], [2, 4, 11, 1]],
  ['regnet_y_1_6gf', 11202430, 1.612, 141, [48, 120, 336, 888], [2, 6, 17, 2]],
  ['regnet_y_32gf', 145046770, 32.28, 106, [232, 696, 1392, 3712], [2, 5, 12, 1]],
  ['regnet_y_3_2gf', 19436338, 3.176, 111, [72, 216, 576, 1512], [2, 5, 13, 1]],
  ['regnet_y_400mf', 4344144, 0.402, 86, [48, 104, 208, 440], [1, 3, 6, 6]],
  ['regnet_y_800mf', 6432512, 0.834, 76, [64, 144, 320, 784], [1, 3, 8, 2]],
  ['regnet_y_8gf', 39381472, 8.473, 91, [224, 448, 896, 2016], [2, 4, 10, 1]],
];

describe('torchvision RegNet', () => {
  test.each(torchvision)('%s', (name, parameters, gmacs, layers, widths, blocks) => {
    const graph = buildGraph(name, [1, 3, 224, 224]);
    expect([graph.parameters, Number((graph.macs / 1e9).toFixed(3))]).toEqual([parameters, gmacs]);
    expect(graph.nodes.filter(({ op }) => op === 'conv2d' || op === 'linear')).toHaveLength(layers);
    const stages = graph.outputs.filter(({ kind }) => kind === 'feature').map(({ node }) => graph.nodes.find((one) => one.name === node));
    expect(stages.map((node) => node?.shape[1])).toEqual(widths);
    expect(widths.map((_, i) => graph.nodes.filter(({ name }) => new RegExp(`^layer${i + 1}\\.\\d+\\.add$`).test(name)).length)).toEqual(
      blocks,
    );
  });
});

describe('the same network under other names', () => {
  test.each([
    ['resnet50', 'resnet50_8xb32_in1k'],
    ['resnet50', 'ResNet50_Weights.IMAGENET1K_V2'],
    ['resnet50', 'resnet50.a1_in1k'],
    ['resnet50d', 'resnet50_v1d'],
    ['resnet101c', 'resnetv1c101_8xb32_in1k'],
    ['wide_resnet50_2', 'wide-resnet50_3rdparty_8xb32_in1k'],
    ['resnext101_32x8d', 'resnext101-32x8d_8xb32_in1k'],
    ['seresnet50', 'se-resnet50'],
    ['resnest101e', 'resnest101'],
    ['res2net50_14w_8s', 'res2net50-w14-s8_3rdparty_8xb32_in1k'],
    ['regnetx_004', 'regnetx-400mf_8xb128_in1k'],
    ['regnetx_004_tv', 'regnet_x_400mf'],
    ['regnety_160', 'regnet_y_16gf'],
  ])('%s is %s', (a, b) => {
    const [x, y] = [a, b].map((name) => buildGraph(name, [1, 3, 224, 224]));
    expect(y?.toString()).toBe(x?.toString());
  });
});
