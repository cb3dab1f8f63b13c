import { describe, expect, test } from 'vitest';
import { guessArch } from './guess.ts';
import type { Checkpoint, CheckpointTensor, ModuleInfo } from './types.ts';

type Attributes = Record<string, unknown>;
/** Changes by path. A string replaces the class and drops the attributes. */
type Changes = Record<string, Attributes | string>;

const PAIR = (size: number) => [size, size];
const zeros = (...shape: number[]): CheckpointTensor => ({
  dtype: 'f32',
  shape,
  read: async () => ({ data: new Float32Array(shape.reduce((a, b) => a * b, 1)), shape }),
});

/** A pickled ResNet-10 or -14 with torchvision's names, 4 to 32 channels wide, with some attributes changed. */
function pickled(changes: Changes = {}, { bottleneck = false, kernel = 7 } = {}): Checkpoint {
  const tensors = new Map<string, CheckpointTensor>();
  const modules = new Map<string, ModuleInfo>([['', { type: 'ResNet', attributes: {} }]]);
  const add = (path: string, type: string, attributes: Attributes = {}) => {
    const change = changes[path] ?? changes[type];
    if (typeof change === 'string') modules.set(path, { type: change, attributes: {} });
    else modules.set(path, { type: (change?.type as string) ?? type, attributes: { ...attributes, ...change } });
  };
  const conv = (path: string, out: number, into: number, size: number, stride: number) => {
    tensors.set(`${path}.weight`, zeros(out, into, size, size));
    const padding = PAIR((size - 1) / 2);
    add(path, 'Conv2d', { kernel_size: PAIR(size), stride: PAIR(stride), padding, dilation: PAIR(1), groups: 1, padding_mode: 'zeros' });
  };
  const norm = (path: string, width: number) => {
    add(path, 'BatchNorm2d', { eps: 1e-5 });
    const running = modules.get(path)?.type === 'BatchNorm2d' ? ['running_mean', 'running_var'] : [];
    for (const name of ['weight', 'bias', ...running]) tensors.set(`${path}.${name}`, zeros(width));
  };
  conv('conv1', 4, 3, kernel, kernel === 7 ? 2 : 1);
  norm('bn1', 4);
  add('relu', 'ReLU');
  add('maxpool', 'MaxPool2d', { kernel_size: 3, stride: 2, padding: 1, dilation: 1, ceil_mode: false });
  let into = 4;
  for (const [i, mid] of [4, 8, 16, 32].entries()) {
    const [path, out, stride] = [`layer${i + 1}.0`, bottleneck ? mid * 4 : mid, i ? 2 : 1];
    add(`layer${i + 1}`, 'Sequential');
    add(path, bottleneck ? 'Bottleneck' : 'BasicBlock');
    const sizes = bottleneck ? [1, 3, 1] : [3, 3];
    sizes.forEach((size, j) => {
      const last = j === sizes.length - 1;
      const strides = bottleneck ? j === 1 : j === 0;
      conv(`${path}.conv${j + 1}`, last ? out : mid, j ? mid : into, size, strides ? stride : 1);
      norm(`${path}.bn${j + 1}`, last ? out : mid);
    });
    add(`${path}.relu`, 'ReLU');
    if (into !== out || stride > 1) {
      add(`${path}.downsample`, 'Sequential');
      conv(`${path}.downsample.0`, out, into, 1, stride);
      norm(`${path}.downsample.1`, out);
    }
    into = out;
  }
  add('avgpool', 'AdaptiveAvgPool2d', { output_size: PAIR(1) });
  tensors.set('fc.weight', zeros(5, into));
  tensors.set('fc.bias', zeros(5));
  add('fc', 'Linear');
  add('probability', 'Sigmoid');
  return { format: 'pytorch-zip', scheme: 'torchvision', metadata: {}, tensors, modules };
}

const backboneOf = (checkpoint: Checkpoint) => {
  const { arch, assumed } = guessArch(checkpoint);
  return { ...(arch as { backbone: Record<string, unknown> }).backbone, assumed: assumed.map(({ what }) => what) };
};
const STRIDED = 'layer4.0.downsample.0';

describe('known from modules', () => {
  test('what activates between the layers of a gate', () => {
    const gated = (gate: string, own: string) => {
      const checkpoint = pickled({ ReLU: own });
      const tensors = new Map(checkpoint.tensors);
      const modules = new Map(checkpoint.modules);
      for (const [i, width] of [4, 8, 16, 32].entries()) {
        const path = `layer${i + 1}.0.gate`;
        tensors.set(`${path}.0.weight`, zeros(2, width, 1, 1)).set(`${path}.0.bias`, zeros(2));
        tensors.set(`${path}.2.weight`, zeros(width, 2, 1, 1)).set(`${path}.2.bias`, zeros(width));
        modules.set(`${path}.1`, { type: gate, attributes: {} });
      }
      return backboneOf({ ...checkpoint, tensors, modules });
    };
    expect(gated('SiLU', 'SiLU')).toMatchObject({ activation: 'silu', attention: { type: 'SE', activated: true } });
    expect(gated('ReLU', 'SiLU')).toMatchObject({ activation: 'silu', attention: { type: 'SE', channels: [2, 2, 2, 2] } });
    expect(gated('ReLU', 'SiLU')).not.toMatchObject({ attention: { activated: true } });
    expect(() => gated('GELU', 'SiLU')).toThrow(/The gates have gelu, the network silu/);
  });

  test('the stride of a stem after which a function pools or not', () => {
    const checkpoint = pickled({ conv1: { stride: PAIR(2) } }, { kernel: 3 });
    const modules = new Map([...(checkpoint.modules ?? [])].filter(([path]) => path !== 'maxpool'));
    const found = backboneOf({ ...checkpoint, modules });
    expect(found).toMatchObject({ stem: { kernel: 3, stride: 2 }, assumed: expect.arrayContaining(['stem']) });
  });

  test('what a state dict would leave open is settled', () => {
    expect(guessArch(pickled()).assumed).toEqual([]);
    expect(guessArch(pickled({}, { bottleneck: true })).assumed).toEqual([]);
    const { modules: _, ...bare } = pickled({}, { bottleneck: true });
    expect(guessArch(bare).assumed.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['style', 'dilation', 'stem', 'eps', 'activation']),
    );
  });

  test.each<[string, Changes, Record<string, unknown>]>([
    ['eps', { BatchNorm2d: { eps: 1e-3 } }, { norm_cfg: { type: 'BN', eps: 1e-3 } }],
    ['the pooling of Caffe', { maxpool: { padding: 0, ceil_mode: true } }, { stem: { pool: 'caffe' } }],
    ['no pooling', { maxpool: 'Identity' }, { stem: { pool: 'none', stride: 2 } }],
    ['an emptied pooling', { maxpool: 'Sequential' }, { stem: { pool: 'none' } }],
    ['last stride 1', { 'layer4.0.conv1': { stride: PAIR(1) }, [STRIDED]: { stride: PAIR(1) } }, { strides: [1, 2, 2, 1] }],
    [
      'dilation',
      {
        'layer4.0.conv1': { stride: PAIR(1), dilation: PAIR(2), padding: PAIR(2) },
        'layer4.0.conv2': { dilation: PAIR(2), padding: PAIR(2) },
        [STRIDED]: { stride: PAIR(1) },
      },
      { strides: [1, 2, 2, 1], dilations: [1, 1, 1, 2], first_dilations: [1, 1, 1, 2] },
    ],
    ['SiLU', { ReLU: { type: 'SiLU' } }, { activation: 'silu' }],
    ['GELU', { ReLU: { type: 'GELU', approximate: 'tanh' } }, { activation: 'gelu_tanh' }],
    ['leaky ReLU', { ReLU: { type: 'LeakyReLU', negative_slope: 0.2 } }, { activation: 'leaky_relu', activation_slope: 0.2 }],
    ['groups', { BatchNorm2d: { type: 'GroupNorm', num_groups: 2 } }, { norm_cfg: { type: 'GN', num_groups: 2 } }],
    ['instance norms', { BatchNorm2d: { type: 'InstanceNorm2d' } }, { norm_cfg: { type: 'IN', affine: true } }],
  ])('%s', (_, changes, expected) => {
    expect(backboneOf(pickled(changes))).toMatchObject({ ...expected, assumed: [] });
  });

  test('the stride of Caffe', () => {
    const moved = [2, 3, 4].flatMap((i): [string, Attributes][] => [
      [`layer${i}.0.conv1`, { stride: PAIR(2) }],
      [`layer${i}.0.conv2`, { stride: PAIR(1) }],
    ]);
    expect(backboneOf(pickled(Object.fromEntries(moved), { bottleneck: true }))).toMatchObject({ style: 'caffe', assumed: [] });
  });

  test.each<[string, string, Changes]>([
    ['a pooling of another size', 'maxpool', { maxpool: { kernel_size: 2, padding: 0 } }],
    ['another padding', 'layer2.0.conv2', { 'layer2.0.conv2': { padding: PAIR(0) } }],
    ['reflected padding', 'conv1', { conv1: { padding_mode: 'reflect' } }],
    ['convolutions that standardise their weights', 'conv1', { Conv2d: { type: 'StdConv2d' } }],
    ['norms of several kinds', 'layer3.0.bn1', { 'layer3.0.bn1': { eps: 1e-3 } }],
    ['another activation', 'layer1', { ReLU: { type: 'CELU' } }],
    ['several activations', 'layer1', { 'layer2.0.relu': { type: 'SiLU' } }],
    ['a shortcut of another stride', STRIDED, { [STRIDED]: { stride: PAIR(1) } }],
    ['strides that differ along the axes', 'layer2.0.conv1', { 'layer2.0.conv1': { stride: [2, 1] } }],
  ])('%s: refused, since the tensors would load', (_, layer, changes) => {
    expect(() => guessArch(pickled(changes))).toThrow(expect.objectContaining({ code: 'unsupported', layer }));
  });
});
