import { describe, expect, test } from 'vitest';
import { buildGraph } from './graph.ts';
import { archNames, type Keys, resolveArch } from './index.ts';
import { spelling } from './names.ts';
import { timmTags } from './timm-tags.ts';

describe('names', () => {
  test.each(archNames())('%s builds', (name) => {
    const size = name.startsWith('cifar') ? 32 : 224;
    const graph = buildGraph(name, [1, 3, size, size]);
    expect(graph.outputs.map(({ kind }) => kind)).toContain('logits');
    return expect(graph.parameters).toBeGreaterThan(1e5);
  });

  test.each([
    ['resnet18', 11.69],
    ['resnet34', 21.8],
    ['resnet101', 44.55],
    ['resnet152', 60.19],
    ['resnext50_32x4d', 25.03],
    ['resnext101_64x4d', 83.46],
    ['wide_resnet101_2', 126.89],
    ['regnet_y_128gf', 644.81],
    ['resnet101s', 44.67],
    ['resnet152c', 60.21],
    ['resnet152s', 60.32],
    ['resnet200', 64.67],
    ['resnext101_32x4d', 44.18],
    ['test_resnet', 0.47],
    ['ecaresnet200d', 64.69],
    ['ecaresnext26t_32x4d', 15.41],
    ['ecaresnext50t_32x4d', 25.05],
    ['seresnet18', 11.78],
    ['seresnet34', 21.96],
    ['seresnet50t', 28.1],
    ['seresnet101', 49.33],
    ['seresnet152', 66.82],
    ['seresnet200d', 71.86],
    ['seresnet269d', 113.67],
    ['resnetblur18', 11.69],
    ['resnetblur50d', 25.58],
    ['resnetblur101d', 44.57],
    ['resnetaa34d', 21.82],
    ['resnetaa101d', 44.57],
    ['seresnetaa50d', 28.11],
    ['resnest50d', 27.48],
    ['res2net50_26w_4s', 25.7],
    ['res2net50_26w_6s', 37.05],
    ['res2net50_26w_8s', 48.4],
    ['res2net50_48w_2s', 25.29],
    ['res2net101_26w_4s', 45.21],
    ['regnetx_008', 7.26],
    ['regnetx_016', 9.19],
    ['regnetx_032', 15.3],
    ['regnetx_040', 22.12],
    ['regnetx_064', 26.21],
    ['regnetx_080', 39.57],
    ['regnetx_120', 46.11],
    ['regnetx_320', 107.81],
    ['regnety_004', 4.34],
    ['regnety_008', 6.26],
    ['regnety_016', 11.2],
    ['regnety_032', 19.44],
    ['regnety_320', 145.05],
    ['resnetv1c50', 25.58],
    ['resnetv1c101', 44.57],
    ['resnetv1c152', 60.21],
    ['resnetv1d50', 25.58],
    ['resnetv1d101', 44.57],
    ['resnetv1d152', 60.21],
    ['resnet50_v1d', 25.58],
    ['resnet101_v1d', 44.57],
    ['resnet152_v1d', 60.21],
    ['resnext50-32x4d', 25.03],
    ['resnext101-32x4d', 44.18],
    ['resnext152-32x4d', 59.95],
    ['resnext101-32x8d', 88.79],
    ['wide-resnet50', 68.88],
    ['wide-resnet101', 126.89],
    ['resnest50', 27.48],
    ['resnest101', 48.28],
    ['resnest200', 70.2],
    ['resnest269', 110.93],
    ['res2net50-w14-s8', 25.06],
    ['res2net50-w26-s8', 48.4],
    ['res2net101-w26-s4', 45.21],
    ['regnetx-400mf', 5.16],
    ['regnetx-800mf', 7.26],
    ['regnetx-1.6gf', 9.19],
    ['regnetx-3.2gf', 15.3],
    ['regnetx-4.0gf', 22.12],
    ['regnetx-6.4gf', 26.21],
    ['regnetx-8.0gf', 39.57],
    ['regnetx-12gf', 46.11],
    ['resnet10t', 5.44],
    ['resnet14t', 10.08],
    ['resnet18d', 11.71],
    ['resnet26', 16],
    ['resnet26d', 16.01],
    ['resnet26t', 16.01],
    ['resnet34d', 21.82],
    ['resnet50c', 25.58],
    ['resnet50d', 25.58],
    ['resnet50s', 25.68],
    ['resnet50t', 25.57],
    ['resnet50_gn', 25.56],
    ['resnet101d', 44.57],
    ['resnet152d', 60.21],
    ['resnet200d', 64.69],
    ['resnetaa50', 25.56],
    ['resnetaa50d', 25.58],
    ['resnetblur50', 25.56],
    ['resnetrs50', 35.69],
    ['resnetrs101', 63.62],
    ['resnetrs152', 86.62],
    ['resnetrs200', 93.21],
    ['resnetrs270', 129.86],
    ['resnetrs350', 163.96],
    ['resnetrs420', 191.89],
    ['resnext50d_32x4d', 25.05],
    ['resnext101_32x16d', 194.03],
    ['resnext101_32x32d', 468.53],
    ['ecaresnet26t', 16.01],
    ['ecaresnet50d', 25.58],
    ['ecaresnet50t', 25.57],
    ['ecaresnet101d', 44.57],
    ['ecaresnet50d_pruned', 19.94],
    ['ecaresnet101d_pruned', 24.88],
    ['ecaresnet269d', 102.09],
    ['ecaresnetlight', 30.16],
    ['senet154', 115.09],
    ['seresnet152d', 66.84],
    ['seresnext26d_32x4d', 16.81],
    ['seresnext26t_32x4d', 16.81],
    ['seresnext50_32x4d', 27.56],
    ['seresnext101_32x4d', 48.96],
    ['seresnext101_32x8d', 93.57],
    ['seresnext101d_32x8d', 93.59],
    ['seresnext101_64x4d', 88.23],
    ['seresnextaa101d_32x8d', 93.59],
    ['seresnextaa201d_32x8d', 149.39],
    ['legacy_senet154', 115.09],
    ['legacy_seresnet18', 11.78],
    ['legacy_seresnet34', 21.96],
    ['legacy_seresnet50', 28.09],
    ['legacy_seresnet101', 49.33],
    ['legacy_seresnet152', 66.82],
    ['legacy_seresnext26_32x4d', 16.79],
    ['legacy_seresnext50_32x4d', 27.56],
    ['legacy_seresnext101_32x4d', 48.96],
    ['resnest14d', 10.61],
    ['resnest26d', 17.07],
    ['resnest50d_1s4x24d', 25.68],
    ['resnest50d_4s2x40d', 30.42],
    ['resnest101e', 48.28],
    ['resnest200e', 70.2],
    ['resnest269e', 110.93],
    ['res2net50d', 25.72],
    ['res2net101d', 45.23],
    ['res2next50', 24.67],
    ['regnetx_002', 2.68],
    ['regnetx_004_tv', 5.5],
    ['regnetx_006', 6.2],
    ['regnetx_160', 54.28],
    ['regnety_002', 3.16],
    ['regnety_006', 6.06],
    ['regnety_008_tv', 6.43],
    ['regnety_040', 20.65],
    ['regnety_064', 30.58],
    ['regnety_080', 39.18],
    ['regnety_080_tv', 39.38],
    ['regnety_120', 51.82],
    ['regnety_640', 281.38],
    ['regnety_1280', 644.81],
    ['regnety_2560', 1282.6],
    ['regnetv_040', 20.64],
    ['regnetv_064', 30.58],
    ['regnetz_005', 7.12],
    ['regnetz_040', 27.12],
    ['regnetz_040_h', 28.94],
    ['cifar_resnet20', 0.27],
    ['cifar_resnet32', 0.46],
    ['cifar_resnet44', 0.66],
    ['cifar_resnet56', 0.85],
    ['cifar_resnet110', 1.73],
  ])('%s has %d million parameters', (name, millions) => {
    const graph = buildGraph(name, [1, 3, 64, 64], { numClasses: name.startsWith('cifar') ? 10 : 1000 });
    expect(Number((graph.parameters / 1e6).toFixed(2))).toBe(millions);
  });
});

describe('recipes', () => {
  test.each(timmTags().filter((name) => archNames().includes(name.replace(/\..*/, ''))))('timm %s resolves', async (name) => {
    const arch = await resolveArch(name);
    expect(arch.inputSize[0]).toBe(arch.preprocess.crop);
    return expect(arch.classes ?? 0).toBe(arch.defaultRun.logits ? arch.classes : 0);
  });

  test.each([
    'resnet18',
    'resnet50',
    'ResNet50_Weights.IMAGENET1K_V2',
    'regnet_y_16gf',
    'RegNet_Y_16GF_Weights.IMAGENET1K_SWAG_E2E_V1',
    'resnet50.a1_in1k',
    'resnet50.tv_in1k',
    'resnet18d.ra4_e3600_r224_in1k',
    'resnetaa50d.sw_in12k',
    'resnet50_8xb32_in1k',
    'resnetv1d50_8xb32_in1k',
    'resnet50_8xb256-rsb-a1-600e_in1k',
    'resnet50_8xb8_cub',
    'resnet18_8xb16_cifar10',
    'resnet50_8xb16_cifar100',
    'regnetx-400mf_8xb128_in1k',
    'resnest101',
    'cifar_resnet20',
    'open-mmlab://detectron2/resnet50_caffe',
    'open-mmlab://jhu/resnext50_32x4d_gn_ws',
  ])('%s', async (name) => {
    const { preprocess, inputSize, classes, labels, defaultRun, scores } = await resolveArch(name);
    expect(JSON.stringify({ preprocess, inputSize, classes, labels, defaultRun, scores })).toMatchSnapshot();
  });

  test.each([
    ['tv_resnet50', 'resnet50.tv_in1k'],
    ['gluon_resnet50_v1b', 'resnet50.gluon_in1k'],
    ['gluon_resnet101_v1d', 'resnet101d.gluon_in1k'],
    ['gluon_seresnext50_32x4d', 'seresnext50_32x4d.gluon_in1k'],
    ['swsl_resnext101_32x16d', 'resnext101_32x16d.fb_swsl_ig1b_ft_in1k'],
    ['timm/resnet50.a1_in1k', 'resnet50.a1_in1k'],
  ])('%s was the name of %s', async (former, name) => {
    const [a, b] = [await resolveArch(former), await resolveArch(name)];
    expect([a.preprocess, a.inputSize]).toEqual([b.preprocess, b.inputSize]);
    expect(a.build([1, 3, 64, 64]).toString()).toBe(b.build([1, 3, 64, 64]).toString());
  });

  test('of configurations', async () => {
    const backbone = await resolveArch({ type: 'ResNet', depth: 18, out_indices: [3, 1] });
    expect([backbone.preprocess.resize, backbone.preprocess.crop]).toEqual([undefined, undefined]);
    expect(backbone.defaultRun).toEqual({ features: [1, 3], logits: false });
    const classifier = await resolveArch({
      type: 'ImageClassifier',
      backbone: { type: 'ResNet', depth: 18, in_channels: 1 },
      neck: { type: 'GlobalAveragePooling' },
      head: { type: 'MultiLabelLinearClsHead', num_classes: 7 },
      data_preprocessor: { mean: [127.5], std: [127.5], to_rgb: false, pad_size_divisor: 32 },
    });
    expect(classifier).toMatchObject({ classes: 7, labels: undefined, scores: 'sigmoid', defaultRun: { features: [], logits: true } });
    expect(classifier.preprocess).toMatchObject({ mean: [127.5], std: [127.5], order: 'bgr', padDivisor: 32 });
    const library = await resolveArch({ library: 'timm', entrypoint: 'resnet50d.ra2_in1k', num_classes: 10 });
    expect(library).toMatchObject({ classes: 10, defaultRun: { features: [0, 1, 2, 3], logits: true } });
    expect(library.preprocess).toMatchObject({ crop: 224, resize: { size: 256, filter: 'bicubic' } });
  });

  test('classes and shortcut are told from the keys', async () => {
    const keys = new Map([
      ['linear.weight', { shape: [100, 64] }],
      ['layer2.0.shortcut.0.weight', { shape: [32, 16, 1, 1] }],
    ]);
    const arch = await resolveArch('cifar_resnet20', { keys });
    expect([arch.classes, arch.labels]).toEqual([100, 'cifar100']);
    expect(arch.build([1, 3, 32, 32]).nodes.some(({ name }) => name === 'layer2.0.downsample.0')).toBe(true);
    expect((await resolveArch('resnet18', { numClasses: 5 })).build([1, 3, 64, 64]).nodes.at(-1)?.shape).toEqual([1, 5]);
  });

  test('weights without a head make a name a backbone', async () => {
    const bare = new Map([['layer4.1.conv2.weight', { shape: [512, 512, 3, 3] }]]);
    const kinds = async (keys: Keys, numClasses?: number) => {
      const arch = await resolveArch('resnet18', { keys, numClasses });
      return [
        arch.headless ?? false,
        arch.classes,
        arch.defaultRun,
        arch
          .build([1, 3, 64, 64])
          .outputs.map(({ kind }) => kind)
          .join(),
      ];
    };
    const features = 'feature,feature,feature,feature';
    expect(await kinds(bare)).toEqual([true, undefined, { features: [0, 1, 2, 3], logits: false }, features]);
    // There is a head if the caller says so, or if a matrix under any name could be one.
    const logits = { features: [], logits: true };
    expect(await kinds(bare, 5)).toEqual([false, 5, logits, `${features},pooled,logits`]);
    const own = new Map([...bare, ['my.own.weight', { shape: [7, 512] }]]);
    expect(await kinds(own)).toEqual([false, 1000, logits, `${features},pooled,logits`]);
  });

  test("timm's legacy SE-ResNets of basic blocks activate before the gate", () => {
    // timm/models/senet.py, SEResNetBlock.forward
    const { nodes } = buildGraph('legacy_seresnet18', [1, 3, 64, 64]);
    expect(nodes.find(({ name }) => name === 'layer1.0.se_layer.gap')?.inputs).toEqual(['layer1.0.relu2']);
    expect(nodes.find(({ name }) => name === 'layer1.0.relu2')?.inputs).toEqual(['layer1.0.bn2']);
    expect(buildGraph('seresnet18', [1, 3, 64, 64]).nodes.some(({ name }) => name === 'layer1.0.relu2')).toBe(false);
  });
});

describe('as people type them', () => {
  test('where two names are spelled alike they are of two libraries, and the first goes before', () => {
    const first = new Map<string, string>();
    const alike = archNames().filter((name) => first.get(spelling(name)) ?? !first.set(spelling(name), name));
    expect(alike).toMatchInlineSnapshot(`
      [
        "resnext50-32x4d",
        "resnext101-32x4d",
        "resnext101-32x8d",
        "regnetx-400mf",
        "regnetx-800mf",
        "regnetx-1.6gf",
        "regnetx-3.2gf",
      ]
    `);
    expect(spelling('regnet_x_1_6gf')).not.toBe(spelling('regnet_x_16gf'));
  });

  test.each([
    ['ResNet18', 'resnet18'],
    ['resnet-18', 'resnet18'],
    ['ResNet_50', 'resnet50'],
    ['Wide-ResNet50-2', 'wide_resnet50_2'],
    ['ResNeXt50-32x4d', 'resnext50_32x4d'],
    ['RegNet-Y-400MF', 'regnet_y_400mf'],
    ['resnet-50.a1_in1k', 'resnet50.a1_in1k'],
    ['timm/ResNet-26D', 'timm/resnet26d'],
  ])('%s', async (typed, name) => {
    const [own, other] = await Promise.all([resolveArch(typed), resolveArch(name)]);
    expect({ ...own, name: '', build: 0 }).toEqual({ ...other, name: '', build: 0 });
    expect(String(own.build([1, 3, 64, 64]))).toEqual(String(other.build([1, 3, 64, 64])));
  });

  test('a repository is not an architecture', async () => {
    await expect(resolveArch('microsoft/resnet-50')).rejects.toMatchObject({ hint: expect.stringContaining("'hf:microsoft/resnet-50'") });
  });
});
