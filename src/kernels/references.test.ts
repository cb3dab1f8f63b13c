/** Compares the references with PyTorch (test/goldens/ops), and with manual sums where PyTorch lacks the operation. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../../test/support/compare.ts';
import { readNpyTensor } from '../../test/support/npy.ts';
import type { Tensor } from '../api/types.ts';
import type { ConvAttributes, OpAttributes, OpName, Pair, PoolAttributes } from '../graph/types.ts';
import type { Reference, ReferenceWeights } from './lib/reference-common.ts';
import { references } from './references.ts';

const folder = new URL('../../test/goldens/ops/', import.meta.url);

interface Golden {
  op: string;
  attrs: Record<string, number | number[] | boolean>;
  inputs: Record<string, { file: string }>;
  output: { file: string };
}

interface Call {
  op: OpName;
  attributes: OpAttributes[OpName];
  inputs: Tensor[];
  weights: ReferenceWeights;
}

const pair = (value: unknown, or: number): Pair =>
  Array.isArray(value) ? [Number(value[0]), Number(value[1])] : [Number(value ?? or), Number(value ?? or)];

function conv({ attrs }: Golden, x: Record<string, Tensor>): ConvAttributes {
  const [outChannels = 0, , kh = 1, kw = 1] = x.weight?.shape ?? [];
  const [py, px] = pair(attrs.padding, 0);
  return {
    outChannels,
    kernel: [kh, kw],
    stride: pair(attrs.stride, 1),
    padding: [py, px, py, px],
    dilation: pair(attrs.dilation, 1),
    groups: Number(attrs.groups ?? 1),
    bias: x.bias !== undefined,
  };
}

function pool({ attrs }: Golden): PoolAttributes {
  return {
    kernel: pair(attrs.kernel, 1),
    stride: pair(attrs.stride, 1),
    padding: pair(attrs.padding, 0),
    ceilMode: attrs.ceil_mode === true,
    countIncludePad: attrs.count_include_pad === true,
  };
}

/** From the goldens' names and attributes to the graph's. */
function attributesOf(golden: Golden, x: Record<string, Tensor>): [OpName, OpAttributes[OpName]] {
  const { op, attrs } = golden;
  const eps = Number(attrs.eps);
  switch (op) {
    case 'conv2d':
      return ['conv2d', conv(golden, x)];
    case 'conv_ws2d':
      return ['conv2d', { ...conv(golden, x), standardize: { kind: 'ws', eps } }];
    case 'deform_conv2d':
      return ['deform_conv2d', { ...conv(golden, x), deformGroups: Number(attrs.deform_groups), mask: x.mask ? 'tensor' : 'none' }];
    case 'linear':
      return ['linear', { outFeatures: x.weight?.shape[0] ?? 0, bias: true }];
    case 'max_pool2d':
    case 'avg_pool2d':
      return [op, pool(golden)];
    case 'batch_norm':
    case 'instance_norm':
      return [op, { eps, affine: true }];
    case 'group_norm':
      return [op, { groups: Number(attrs.num_groups), eps, affine: true }];
    case 'layer_norm':
      return [op, { over: 'all', eps, affine: true }];
    case 'gem':
      return [op, { p: Number(attrs.p), eps, clamp: true, learned: false }];
    case 'bilinear':
      return [op, { size: pair(attrs.size, 0) }];
    case 'reflect_pad': {
      const by = Number(attrs.pad);
      return [op, { padding: [by, by, by, by] }];
    }
    case 'softmax':
      return [op, { dim: Number(attrs.dim) }];
    case 'matmul':
      return [op, { transposeA: false, transposeB: false, scale: 1 }];
    case 'global_avg_pool':
    case 'sigmoid':
      return [op, {}];
    case 'add_relu':
      return ['add', {}];
    default:
      throw new Error(`no reference for ${op}`);
  }
}

function callOf(golden: Golden, tensors: Record<string, Tensor>): Call {
  const [op, attributes] = attributesOf(golden, tensors);
  const inputs = ['x', 'a', 'b', 'offset', 'mask'].flatMap((name) => tensors[name] ?? []);
  const { weight, bias, running_mean, running_var } = tensors;
  const weights = { weight: weight?.data, bias: bias?.data, running_mean: running_mean?.data, running_var: running_var?.data };
  return { op, attributes, inputs, weights };
}

function compute({ op, attributes, inputs, weights }: Call): Tensor {
  return (references[op] as Reference<OpName>)(attributes, inputs, weights);
}

describe('PyTorch', () => {
  const names = readdirSync(folder);

  test('has its goldens here', () => {
    expect(names.length).toBeGreaterThanOrEqual(51);
  });

  test.each(names)('%s', (name) => {
    const read = (file: string) => readNpyTensor(readFileSync(new URL(`${name}/${file}`, folder)));
    const golden = JSON.parse(readFileSync(new URL(`${name}/case.json`, folder), 'utf8')) as Golden;
    const tensors = Object.fromEntries(Object.entries(golden.inputs).map(([key, { file }]) => [key, read(file)]));
    const call = callOf(golden, tensors);
    let actual = compute(call);
    if (golden.op === 'add_relu') actual = references.relu({}, [actual], {});
    const expected = read(golden.output.file);
    // Sums here are in float64, so only the rounding of the result remains. pow and exp of different engines may differ in the last digit.
    expectClose(name, { data: actual.data, shape: expected.shape }, expected, { relative: 3e-7 });
  });
});

describe('by hand', () => {
  const tensor = (shape: number[], data: number[]): Tensor => ({ shape, data: Float32Array.from(data) });

  test('radix softmax reads cardinal groups first and writes splits first', () => {
    // Two groups of one channel, two splits: logits g0r0, g0r1, g1r0, g1r1.
    const logits = tensor([1, 4, 1, 1], [0, Math.log(3), Math.log(4), 0]);
    const { data } = references.radix_softmax({ radix: 2, groups: 2 }, [logits], {});
    // r0: channels of g0 and g1, then r1.
    expect([...data].map((value) => value.toFixed(6))).toEqual(['0.250000', '0.800000', '0.750000', '0.200000']);
  });

  test('radix sum and apply take splits one after the other', () => {
    const x = tensor([1, 4, 1, 2], [1, 2, 3, 4, 10, 20, 30, 40]);
    expect([...references.radix_sum({ radix: 2 }, [x], {}).data]).toEqual([11, 22, 33, 44]);
    const a = tensor([1, 4, 1, 1], [1, 2, 3, 4]);
    expect([...references.radix_apply({ radix: 2 }, [x, a], {}).data]).toEqual([31, 62, 126, 168]);
  });

  test('shortcut A pads channels on both sides', () => {
    const x = tensor([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const { data, shape } = references.shortcut_a({ stride: [2, 2], outChannels: 3 }, [x], {});
    expect(shape).toEqual([1, 3, 2, 2]);
    expect([...data]).toEqual([0, 0, 0, 0, 1, 3, 7, 9, 0, 0, 0, 0]);
  });

  test('blur keeps a constant and mirrors borders', () => {
    const flat = tensor([1, 1, 3, 3], Array(9).fill(2));
    expect([...references.blur_pool({ size: 3, stride: 2 }, [flat], {}).data]).toEqual([2, 2, 2, 2]);
    const ramp = tensor([1, 1, 2, 3], [0, 4, 8, 0, 4, 8]);
    // The left neighbour of column 0 is column 1: (4 + 2 * 0 + 4) / 4 = 2.
    expect([...references.blur_pool({ size: 3, stride: 2 }, [ramp], {}).data]).toEqual([2, 6]);
  });

  test('channel convolution pads with zeros', () => {
    const x = tensor([1, 3, 1, 1], [1, 10, 100]);
    const { data } = references.channel_conv1d({ kernel: 3 }, [x], { weight: Float32Array.of(1, 2, 3) });
    expect([...data]).toEqual([32, 321, 210]);
  });

  test('layer norm over channels looks at one pixel', () => {
    const x = tensor([1, 2, 1, 2], [1, 5, 3, 5]);
    const { data } = references.layer_norm({ over: 'channels', eps: 0, affine: false }, [tensor([1, 2, 1, 1], [1, 3])], {});
    expect([...data]).toEqual([-1, 1]);
    const both = references.layer_norm({ over: 'channels', eps: 1e-5, affine: false }, [x], {}).data;
    expect(both[0]).toBeCloseTo(-1, 4);
    expect(both[1]).toBe(0);
  });

  test('packed deformable offsets carry mask logits in their last third', () => {
    const x = tensor([1, 1, 1, 1], [8]);
    // One tap: y, x, logit 0, which is a mask of 0.5.
    const offsets = tensor([1, 3, 1, 1], [0, 0, 0]);
    const a = { outChannels: 1, kernel: [1, 1], stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1, bias: false } as const;
    const { data } = references.deform_conv2d({ ...a, deformGroups: 1, mask: 'packed' }, [x, offsets], { weight: Float32Array.of(3) });
    expect([...data]).toEqual([12]);
  });

  test('attention masks keep what is near', () => {
    const a = { query: [1, 4], key: [1, 2], range: 0, keyStride: 2 } as const;
    const { data } = references.attention_mask(a, [tensor([1, 1, 4, 2], [1, 1, 1, 1, 1, 1, 1, 1])], {});
    expect([...data].map((value) => value === 1)).toEqual([true, false, true, true, false, true, false, true]);
  });

  test('position energies take both axes of the distance', () => {
    const a = {
      heads: 1,
      channels: 1,
      query: [1, 2],
      key: [2, 1],
      queryStride: 1,
      keyStride: 1,
      magnitude: 1,
      features: 4,
      useQuery: true,
      transposed: false,
    } as const;
    const query = tensor([1, 1, 1, 2], [1, 2]);
    const { data } = references.position_energy(a, [query], { fc_x: Float32Array.of(1, 0), fc_y: Float32Array.of(0, 1) });
    const [s1, c0, c1] = [Math.sin(1), 1, Math.cos(1)].map((value) => value / Math.SQRT2) as [number, number, number];
    [c0, c1, 2 * (s1 + c0), 2 * (s1 + c1)].forEach((value, i) => {
      expect(data[i]).toBeCloseTo(value, 6);
    });
  });
});
