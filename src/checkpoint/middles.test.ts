/** Res2Net, ResNeSt, SKNet and RegNet under any prefix, with users' own heads. */
import { describe, expect, test } from 'vitest';
import type { BackboneConfig, ClassifierConfig } from '../arch/config.ts';
import { buildGraph } from '../arch/graph.ts';
import type { Arch } from '../arch/index.ts';
import { guessArch } from './guess.ts';
import { matchCheckpoint, parametersOf } from './match.ts';
import type { Checkpoint, CheckpointTensor } from './types.ts';

const SHAPE = [1, 3, 64, 64];
const shared = {
  type: 'GeneralResNet',
  block: 'Bottleneck',
  layers: [2, 1, 1],
  channels: [32, 64, 128],
  projected: [true, true, true],
} as const;
const deep = { stem: { channels: [4, 4, 8], kernel: 3 } };

const configs: Record<string, BackboneConfig> = {
  Res2Net: { ...shared, ...deep, mid_channels: [12, 24, 48], middle: { type: 'Res2', scales: 4 } },
  'Res2Net of two slices': { ...shared, stem: { channels: [8] }, mid_channels: [12, 24, 48], middle: { type: 'Res2', scales: 2 } },
  'Res2NeXt of eight slices': {
    ...shared,
    stem: { channels: [8] },
    mid_channels: [64, 128, 256],
    groups: [2, 2, 2],
    middle: { type: 'Res2', scales: 8 },
  },
  ResNeSt: {
    ...shared,
    ...deep,
    avg_down: true,
    mid_channels: [8, 16, 32],
    middle: { type: 'SplitAttention', radix: 2, channels: [6, 12, 24] },
  },
  'ResNeSt of radix 1 and two groups': {
    ...shared,
    ...deep,
    mid_channels: [8, 16, 32],
    groups: [2, 2, 2],
    middle: { type: 'SplitAttention', radix: 1, channels: [4, 8, 16] },
  },
  SKNet: { ...shared, stem: { channels: [8] }, mid_channels: [8, 16, 32], middle: { type: 'SelectiveKernel', channels: [4, 4, 4] } },
  'SKNet of halves': {
    ...shared,
    stem: { channels: [8] },
    mid_channels: [8, 16, 32],
    middle: { type: 'SelectiveKernel', split: true, channels: [4, 4, 4] },
  },
  'SKNet of basic blocks': {
    ...shared,
    block: 'BasicBlock',
    stem: { channels: [32] },
    projected: [false, true, true],
    middle: { type: 'SelectiveKernel', split: true, channels: [4, 4, 4] },
  },
  RegNet: {
    ...shared,
    stem: { channels: [8], kernel: 3, stride: 2, pool: 'none' },
    mid_channels: [32, 64, 128],
    groups: [4, 8, 16],
    strides: [2, 2, 2],
    attention: { type: 'SE', channels: [8, 16, 32], first_channels: [2, 8, 16], place: 'middle' },
  },
};

/** The content of a file with such a network, followed by `head.0` and `head.3`. */
function file(config: BackboneConfig, prefix: string, change = (key: string) => key): Checkpoint {
  const tensors = new Map<string, CheckpointTensor>();
  const add = (key: string, shape: readonly number[]) =>
    tensors.set(key, { dtype: 'f32', shape, read: () => Promise.reject(new Error('unread')) });
  for (const { key, shape } of parametersOf(buildGraph(config, SHAPE)).values()) add(prefix + change(key), shape);
  for (const [key, ...shape] of [
    ['0.weight', 7, 128],
    ['0.bias', 7],
    ['3.weight', 5, 7],
    ['3.bias', 5],
  ] as [string, ...number[]][])
    add(`${prefix}head.${key}`, shape);
  return { format: 'pytorch-zip', scheme: 'unknown', tensors, metadata: {} };
}

/** Equal except for names and head. */
const nodes = (arch: Arch) =>
  buildGraph(arch, SHAPE)
    .nodes.filter(({ name }) => /^(conv1|stem|layer)/.test(name))
    .map(({ op, attributes, shape }) => JSON.stringify([op, attributes, shape]));

describe.each(Object.keys(configs))('%s', (name) => {
  const config = configs[name] ?? { type: '' };

  test.each([
    ['under a prefix', (key: string) => key],
    [
      'under names of somebody’s own',
      (key: string) =>
        key
          .replace(/^layer(\d)\.(\d)/, 'stages.$1.block$2')
          .replace('convs.', 'branch.k')
          .replace('bns.', 'branch.n')
          .replace('conv2.fc', 'conv2.attend'),
    ],
  ])('%s', (_, change) => {
    const checkpoint = file(config, 'state_dict.model.encoder.', change);
    const { arch, checkpoint: bound, source, assumed } = guessArch(checkpoint);
    expect(nodes(arch)).toEqual(nodes(config));
    expect(source.ignored).toEqual([]);
    expect(source.head).toContain('Linear 128 > 7, ReLU, Dropout, Linear 7 > 5');
    expect(assumed.map(({ what }) => what)).toContain('dilation');
    for (const { alternatives } of assumed) {
      for (const one of alternatives) {
        const graph = buildGraph(one.arch as ClassifierConfig, SHAPE);
        const bare = !graph.outputs.some(({ kind }) => kind === 'logits');
        expect(matchCheckpoint(graph, bound, !bare).problems).toEqual([]);
      }
    }
  });
});

test.each<[string, string, object, string]>([
  ['what Res2Net does with its last slice', 'Res2Net', { middle: { type: 'Res2', scales: 4, pool_unstrided: false } }, 'middle'],
  [
    'what halves the size in a ResNeSt',
    'ResNeSt',
    { avg_down: false, middle: { type: 'SplitAttention', radix: 2, channels: [6, 12, 24], stride: 'average_first' } },
    'middle',
  ],
  ['averages in shortcuts', 'Res2Net', { avg_down: true }, 'avg_down'],
  [
    'the place of a gate',
    'RegNet',
    { attention: { type: 'SE', channels: [8, 16, 32], first_channels: [2, 8, 16], place: 'end' } },
    'attention',
  ],
  [
    'groups in place of halves',
    'SKNet of halves',
    { groups: [2, 2, 2], middle: { type: 'SelectiveKernel', channels: [4, 4, 4] } },
    'middle',
  ],
  ['dilated stages of a RegNet', 'RegNet', { strides: [2, 2, 1], dilations: [1, 1, 2], first_dilations: [1, 1, 1] }, 'dilation'],
])('%s is among the alternatives', (_, name, change, what) => {
  const config = { ...configs[name], ...change } as BackboneConfig;
  // Shortcuts without numbers do not tell whether anything comes before them.
  const unnumbered = (key: string) =>
    key.replace(/downsample\.([012])/, (_, n) => (n === ('avg_down' in change && change.avg_down ? '1' : '0') ? 'skip_conv' : 'skip_bn'));
  const { assumed } = guessArch(file(config, 'net.', unnumbered));
  const others = assumed.filter((one) => one.what === what).flatMap(({ alternatives }) => alternatives);
  expect(others.map(({ arch }) => nodes(arch as ClassifierConfig).join())).toContain(nodes(config).join());
});

test('pooling of both kinds before a head leaves the stem an assumption', () => {
  const head: [string, ...number[]][] = [
    ['1.2.weight', 256],
    ['1.2.bias', 256],
    ['1.2.running_mean', 256],
    ['1.2.running_var', 256],
    ['1.4.weight', 5, 256],
    ['1.4.bias', 5],
  ];
  const { tensors, ...rest } = file({ ...shared, stem: { channels: [8] } }, '0.');
  const own = new Map([...tensors].filter(([key]) => !key.startsWith('0.head.')));
  for (const [key, ...shape] of head) own.set(key, { dtype: 'f32', shape, read: () => Promise.reject(new Error('unread')) });
  const { assumed, source } = guessArch({ ...rest, tensors: own });
  expect(source.head).toContain('max and average pooling');
  expect(assumed.map(({ what }) => what)).toEqual(expect.arrayContaining(['stem', 'style']));
});
