/** Behaviour that the reference cases leave out, or show only together. */
import { describe, expect, test } from 'vitest';
import { runGraph } from '../../test/support/run-graph.ts';
import type { Tensor } from '../api/types.ts';
import { randomCheckpoint } from '../checkpoint/random.ts';
import type { CheckpointTensor } from '../checkpoint/types.ts';
import type { Graph } from '../graph/types.ts';
import { buildGraph } from './graph.ts';
import { type Arch, resolveArch } from './index.ts';

function node(graph: Graph, name: string): Graph['nodes'][number] {
  const found = graph.nodes.find((one) => one.name === name);
  if (!found) throw new Error(`no node ${name}`);
  return found;
}

function shapes(arch: Arch, input = [1, 3, 64, 64]): (number[] | undefined)[] {
  const graph = buildGraph(arch, input);
  return graph.outputs.filter(({ kind }) => kind === 'feature').map((output) => node(graph, output.node).shape.slice(1));
}

function ramp(...shape: number[]): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return { data: Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.7) + Math.cos(i * 0.13)), shape };
}

/** Random weights by canonical key, some replaced. */
function weights(graph: Graph, replaced: Record<string, number> = {}): { get(key: string): CheckpointTensor } {
  const { tensors } = randomCheckpoint(graph, 5);
  return {
    get(key) {
      const tensor = tensors.get(key);
      if (!tensor) throw new Error(`no tensor ${key}`);
      const value = Object.entries(replaced).find(([end]) => key.endsWith(end))?.[1];
      if (value === undefined) return tensor;
      return {
        ...tensor,
        read: async () => ({ data: new Float32Array(tensor.shape.reduce((a, b) => a * b, 1)).fill(value), shape: [...tensor.shape] }),
      };
    },
  };
}

const small = { num_stages: 1, strides: [1], dilations: [1], out_indices: [0], stem_channels: 4, base_channels: 4 };

describe('layer names', () => {
  test('are the paths of OpenMMLab', () => {
    const names = buildGraph('resnet50', [1, 3, 224, 224]).nodes.map(({ name }) => name);
    expect(names.slice(0, 17)).toEqual([
      'input',
      'conv1',
      'bn1',
      'relu',
      'maxpool',
      'layer1.0.conv1',
      'layer1.0.bn1',
      'layer1.0.relu1',
      'layer1.0.conv2',
      'layer1.0.bn2',
      'layer1.0.relu2',
      'layer1.0.conv3',
      'layer1.0.bn3',
      'layer1.0.downsample.0',
      'layer1.0.downsample.1',
      'layer1.0.add',
      'layer1.0.relu',
    ]);
    expect(names.slice(-2)).toEqual(['gap', 'head.fc']);
  });

  test('a table for people', () => {
    expect(buildGraph('cifar_resnet20', [1, 3, 32, 32]).toString()).toMatchSnapshot();
  });
});

describe('arguments', () => {
  test('that matter in training only change nothing', () => {
    const training = {
      frozen_stages: 2,
      norm_eval: true,
      with_cp: true,
      zero_init_residual: false,
      drop_path_rate: 0.2,
      init_cfg: [{ type: 'Kaiming' }],
    };
    const graph = (extra: object) => buildGraph({ type: 'ResNet', depth: 18, ...extra }, [1, 3, 64, 64]).toString();
    expect(graph(training)).toBe(graph({}));
  });

  test('zero_init_residual reaches random weights', async () => {
    expect((await resolveArch({ type: 'ResNet', depth: 18 })).zeroInitResidual).toBe(true);
    expect((await resolveArch({ type: 'ResNet', depth: 18, zero_init_residual: false })).zeroInitResidual).toBe(false);
  });

  test('null stands for None', () => {
    const graph = (extra: object) => buildGraph({ type: 'mmdet.ResNet', depth: 50, ...extra }, [1, 3, 64, 64]).toString();
    expect(graph({ conv_cfg: null, dcn: null, plugins: null, pretrained: null })).toBe(graph({}));
  });

  test('out_indices: order and repetition do not matter, negative ones name no stage', async () => {
    const features = async (out_indices: number[]) => (await resolveArch({ type: 'ResNet', depth: 18, out_indices })).defaultRun.features;
    expect(await features([3, 0, 3])).toEqual([0, 3]);
    expect(await features([-1, 2])).toEqual([2]);
  });

  test('every stage is there, whatever the out_indices', () => {
    expect(shapes({ type: 'ResNet', depth: 50, out_indices: [1] })).toEqual([
      [256, 16, 16],
      [512, 8, 8],
      [1024, 4, 4],
      [2048, 2, 2],
    ]);
  });

  test('style moves the stride', () => {
    const stride = (style: string, conv: string) =>
      node(buildGraph({ type: 'ResNet', depth: 50, style }, [1, 3, 64, 64]), `layer2.0.${conv}`).attributes;
    expect([stride('caffe', 'conv1'), stride('caffe', 'conv2')]).toMatchObject([{ stride: [2, 2] }, { stride: [1, 1] }]);
    expect([stride('pytorch', 'conv1'), stride('pytorch', 'conv2')]).toMatchObject([{ stride: [1, 1] }, { stride: [2, 2] }]);
  });

  test('dilation: OpenMMLab dilates the whole stage, torchvision and timm keep the first block', () => {
    const dilations = (arch: Arch) => {
      const graph = buildGraph(arch, [1, 3, 64, 64]);
      return ['layer4.0.conv2', 'layer4.1.conv2'].map((name) => (node(graph, name).attributes as { dilation: number[] }).dilation[0]);
    };
    expect(dilations({ type: 'ResNet', depth: 50, strides: [1, 2, 2, 1], dilations: [1, 1, 1, 2] })).toEqual([2, 2]);
    expect(dilations({ library: 'torchvision', entrypoint: 'resnet50', replace_stride_with_dilation: [false, false, true] })).toEqual([
      1, 2,
    ]);
    expect(dilations({ library: 'timm', entrypoint: 'resnet50', output_stride: 16 })).toEqual([1, 2]);
  });

  test.each(['resnet50', 'resnet50d', 'resnet34d', 'resnetaa50d', 'resnest26d', 'res2net50d', 'regnetx_004'])(
    'timm %s at output strides 8 and 16',
    (entrypoint) => {
      const last = (output_stride: number) => shapes({ library: 'timm', entrypoint, output_stride }).at(-1)?.slice(1);
      expect([last(8), last(16), last(32)]).toEqual([
        [8, 8],
        [4, 4],
        [2, 2],
      ]);
    },
  );

  test('a deformable convolution as conv_cfg reaches every convolution', () => {
    const graph = buildGraph({ type: 'ResNet', depth: 18, ...small, conv_cfg: { type: 'DCNv2', deform_groups: 1 } }, [1, 3, 32, 32]);
    const convs = graph.nodes.filter(({ op }) => op === 'deform_conv2d').map(({ name }) => name);
    expect(convs).toEqual(['conv1', 'layer1.0.conv1', 'layer1.0.conv2', 'layer1.1.conv1', 'layer1.1.conv2']);
  });

  test('instance norm with running statistics is normalised by them', () => {
    const arch = { type: 'ResNet', depth: 18, ...small, norm_cfg: { type: 'IN', affine: true, track_running_stats: true } };
    expect(node(buildGraph(arch, [1, 3, 32, 32]), 'in1')).toMatchObject({
      op: 'batch_norm',
      weights: { running_mean: { key: 'in1.running_mean' } },
    });
  });
});

describe('branches of TridentNet', () => {
  const arch = {
    type: 'TridentResNet',
    depth: 50,
    base_channels: 2,
    num_stages: 3,
    strides: [1, 2, 2],
    dilations: [1, 1, 1],
    out_indices: [2],
    num_branch: 3,
    trident_dilations: [1, 2, 3],
  };
  const input = ramp(2, 3, 48, 48);

  test('stacked on the batch axis, branch by branch, on shared weights', async () => {
    const last = async (test_branch_idx: number) => {
      const graph = buildGraph({ ...arch, test_branch_idx }, input.shape);
      const values = await runGraph(graph, weights(graph), input);
      return { graph, value: values.get(graph.outputs.at(-1)?.node ?? '') };
    };
    const all = await last(-1);
    const each = [await last(0), await last(1), await last(2)];
    expect(all.graph.parameters).toBe(each[0]?.graph.parameters);
    expect(all.value?.shape).toEqual([6, 32, 3, 3]);
    expect([...(all.value?.data ?? [])]).toEqual(each.flatMap(({ value }) => [...(value?.data ?? [])]));
    expect(each[0]?.value?.data).not.toEqual(each[2]?.value?.data);
  });
});

describe('switchable atrous convolution', () => {
  const arch = (extra: object) => ({ type: 'DetectoRS_ResNet', depth: 50, ...small, conv_cfg: { type: 'ConvAWS' }, ...extra });
  const sac = (use_deform: boolean) => arch({ sac: { type: 'SAC', use_deform }, stage_with_sac: [true] });
  const input = ramp(1, 3, 44, 40);
  const run = async (config: Arch, replaced: Record<string, number>) => {
    const graph = buildGraph(config, input.shape);
    return (await runGraph(graph, weights(graph, replaced), input)).get('layer1.2.relu')?.data ?? new Float32Array();
  };
  const neutral = { 'context.weight': 0, 'context.bias': 0, 'switch.weight': 0 };

  test('with the switch at one and no contexts is the standardised convolution', async () => {
    const plain = await run(arch({}), {});
    for (const deform of [false, true]) {
      const switched = await run(sac(deform), { ...neutral, 'switch.bias': 1 });
      for (const [i, value] of switched.entries()) expect(value).toBeCloseTo(plain[i] ?? Number.NaN, 4);
    }
  });

  test('with the switch at zero is the convolution of three times the dilation', async () => {
    const graph = buildGraph(sac(false), input.shape);
    expect(node(graph, 'layer1.0.conv2.conv_l').attributes).toMatchObject({ dilation: [3, 3], padding: [3, 3, 3, 3] });
    const wide = await run(sac(false), { ...neutral, 'switch.bias': 0 });
    const dilated = await run(arch({ dilations: [3] }), {});
    for (const [i, value] of wide.entries()) expect(value).toBeCloseTo(dilated[i] ?? Number.NaN, 4);
  });

  test('the difference is added to the standardised weight of the wide branch only', async () => {
    const { weights: s } = node(buildGraph(sac(true), input.shape), 'layer1.0.conv2.conv_s');
    const { weights: l } = node(buildGraph(sac(true), input.shape), 'layer1.0.conv2.conv_l');
    expect(s.diff).toBeUndefined();
    expect([s.weight?.key, l.weight?.key, l.diff?.key]).toEqual([
      'layer1.0.conv2.weight',
      'layer1.0.conv2.weight',
      'layer1.0.conv2.weight_diff',
    ]);
  });
});

describe('spatial range of GeneralizedAttention', () => {
  const arch = (spatial_range: number) => ({
    type: 'mmdet.ResNet',
    depth: 50,
    ...small,
    base_channels: 256,
    plugins: [
      { cfg: { type: 'GeneralizedAttention', spatial_range, num_heads: 8, attention_type: '1000', kv_stride: 2 }, position: 'after_conv2' },
    ],
  });

  test('lets through the keys that the reference builds its map of', () => {
    const graph = buildGraph(arch(3), [1, 3, 48, 48]);
    expect(node(graph, 'layer1.0.gen_attention_block.mask')).toMatchObject({
      op: 'attention_mask',
      attributes: { query: [12, 12], key: [6, 6], range: 3, keyStride: 2 },
    });
  });

  test('needs the widths that the reference knows', () => {
    expect(() => buildGraph({ ...arch(3), base_channels: 64 }, [1, 3, 48, 48])).toThrowErrorMatchingSnapshot();
    expect(() => buildGraph(arch(3), [1, 3, 48, 400])).toThrowErrorMatchingSnapshot();
  });
});

describe('arguments of timm', () => {
  const resnet = (args: Record<string, unknown>) =>
    buildGraph({ library: 'timm', type: 'ResNet', layers: [1, 1, 1, 1], ...args }, [1, 3, 64, 64]);
  const regnet = (args: Record<string, unknown>) => buildGraph({ library: 'timm', entrypoint: 'regnety_002', ...args }, [1, 3, 64, 64]);
  const names = (graph: Graph) => graph.nodes.map(({ name }) => name);

  test('block_reduce_first narrows basic blocks, too', () => {
    expect(node(resnet({ block: 'BasicBlock', block_reduce_first: 2 }), 'layer2.0.conv1').shape).toEqual([1, 64, 8, 8]);
  });

  test('radix 0 is an ordinary convolution with its pooling', () => {
    const graph = resnet({ block: 'ResNestBottleneck', block_args: { radix: 0, avd: true, avd_first: true } });
    expect(names(graph).filter((name) => /layer2\.0\.(conv2|bn2|avd)/.test(name))).toEqual([
      'layer2.0.avd_layer',
      'layer2.0.conv2',
      'layer2.0.bn2',
    ]);
  });

  test('downsample of a RegNet may be pooling, which the first dilation of a stage leaves out', () => {
    const graph = regnet({ downsample: 'avg', output_stride: 8 });
    expect(graph.nodes.filter(({ op }) => /^(avg_pool2d|zero_pad)$/.test(op)).map(({ name }) => name)).toEqual([
      'layer1.0.downsample.0',
      'layer2.0.downsample.0',
      'layer4.0.downsample.pad',
      'layer4.0.downsample.0',
    ]);
  });

  test('without downsample, blocks that change the shape have no shortcut', () => {
    const adds = (graph: Graph) => names(graph).filter((name) => name.endsWith('.add'));
    expect(adds(regnet({})).length - adds(regnet({ downsample: null })).length).toBe(4);
  });

  test('linear blocks end in their sum; the head has the activation', () => {
    const graph = regnet({ linear_out: true, act_layer: 'silu', num_features: 24 });
    expect(names(graph)).not.toContain('layer1.0.relu');
    expect(node(graph, 'layer1.0.relu1').op).toBe('silu');
    expect(node(graph, 'final_conv.relu')).toMatchObject({ op: 'silu', shape: [1, 24, 2, 2] });
    expect(node(graph, 'gap').inputs).toEqual(['final_conv.relu']);
  });

  test('pruned networks keep the attention of their full width', () => {
    const graph = buildGraph('ecaresnet50d_pruned', [1, 3, 64, 64]);
    expect(node(graph, 'layer1.0.se_layer.conv')).toMatchObject({ shape: [1, 19, 1, 1], attributes: { kernel: 5 } });
    expect(node(graph, 'layer3.5.conv2').shape).toEqual([1, 239, 4, 4]);
  });
});

describe('the pooling after the stem', () => {
  const stem = (config: object) => node(buildGraph({ type: 'ResNet', depth: 18, ...config }, [1, 3, 64, 64]), 'maxpool').attributes;

  test('pads by 1 as PyTorch’s networks do, and not at all as Caffe’s', () => {
    expect(stem({})).toMatchObject({ kernel: [3, 3], stride: [2, 2], padding: [1, 1], ceilMode: false });
    expect(stem({ stem_pool: 'caffe' })).toMatchObject({ kernel: [3, 3], stride: [2, 2], padding: [0, 0], ceilMode: true });
  });

  test('can be left out, or be added to a network for CIFAR, whose stem may have a stride', () => {
    const size = (config: object) => shapes({ type: 'ResNet_CIFAR', depth: 18, ...config })[0]?.[1];
    expect([size({}), size({ stem_pool: 'max' }), size({ stem_stride: 2 }), size({ stem_pool: 'max', stem_stride: 2 })]).toEqual([
      64, 32, 32, 16,
    ]);
    expect(shapes({ type: 'ResNet', depth: 18, stem_pool: 'none' })[0]?.[1]).toBe(32);
  });

  test.each(['ResNeXt', 'SEResNet', 'ResNeSt', 'Res2Net', 'mmdet.ResNet', 'mmdet.ResNeXt'])('is an argument of %s, too', (type) => {
    const graph = buildGraph({ type, depth: 50, stem_pool: 'caffe' }, [1, 3, 64, 64]);
    expect(node(graph, 'maxpool').attributes).toMatchObject({ padding: [0, 0], ceilMode: true });
  });
});

test.each([
  ['leaky_relu', undefined, { slope: 0.01 }],
  ['leaky_relu', 0.2, { slope: 0.2 }],
  ['elu', undefined, { alpha: 1 }],
  ['elu', 0.7, { alpha: 0.7 }],
])('activation_slope of %s, %s', (activation, activation_slope, attributes) => {
  const widths = { block: 'Bottleneck', layers: [1], channels: [8], stem: { channels: [4] } } as const;
  const graph = buildGraph({ type: 'GeneralResNet', ...widths, activation, ...(activation_slope && { activation_slope }) }, [1, 3, 32, 32]);
  expect(node(graph, 'layer1.0.relu1')).toMatchObject({ op: activation, attributes });
});
