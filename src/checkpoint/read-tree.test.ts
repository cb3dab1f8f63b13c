import { describe, expect, test } from 'vitest';
import { buildGraph } from '../arch/graph.ts';
import { ResnetError } from '../util/errors.ts';
import { guessArch } from './guess.ts';
import { matchCheckpoint } from './match.ts';
import { readTree } from './read-tree.ts';
import { renamedCheckpoint } from './rename.ts';
import type { Checkpoint, CheckpointTensor } from './types.ts';

/** Names of parts. `b` counts blocks, `s` stages, from 0. */
interface Naming {
  stem: [conv: string, norm: string];
  block: (s: number, b: number) => string;
  conv: (n: number) => [conv: string, norm: string];
  shortcut: [conv: string, norm: string];
}

const torchvision: Naming = {
  stem: ['conv1', 'bn1'],
  block: (s, b) => `layer${s + 1}.${b}`,
  conv: (n) => [`conv${n}`, `bn${n}`],
  shortcut: ['downsample.0', 'downsample.1'],
};

const namings: Record<string, Naming> = {
  torchvision,
  detectron2: {
    stem: ['stem.conv1', 'stem.conv1.norm'],
    block: (s, b) => `res${s + 2}.${b}`,
    conv: (n) => [`conv${n}`, `conv${n}.norm`],
    shortcut: ['shortcut', 'shortcut.norm'],
  },
  sequential: { ...torchvision, stem: ['0', '1'], block: (s, b) => `${s + 4}.${b}` },
  functions: {
    stem: ['conv1.0', 'conv1.1'],
    block: (s, b) => `conv${s + 2}_x.${b}`,
    conv: (n) => [`residual_function.${3 * n - 3}`, `residual_function.${3 * n - 2}`],
    shortcut: ['shortcut.0', 'shortcut.1'],
  },
  mixed: {
    stem: ['conv', 'bn'],
    block: (s, b) => `stage_${s + 1}.blocks.${b}`,
    conv: (n) => [`conv_${n}`, `norm_${n}`],
    shortcut: ['skip_conv', 'skip_norm'],
  },
  caffe: {
    stem: ['conv_1', 'bn_1'],
    block: () => '',
    conv: () => ['', ''],
    shortcut: ['', ''],
  },
  wrapped: { ...torchvision, block: (s, b) => (s % 2 ? `_fsdp_wrapped_module.layer${s + 1}._orig_mod.${b}` : `layer${s + 1}.module.${b}`) },
};

const tensor = (shape: number[]): CheckpointTensor => ({ dtype: 'f32', shape, read: async () => ({ data: new Float32Array(), shape }) });

interface Options {
  prefix?: string;
  naming?: Naming;
  blocks?: number[];
  width?: number;
  bottleneck?: boolean;
  norms?: 'running' | 'affine' | 'none';
  kernel?: number;
  shortcut?: boolean;
  groups?: number;
}

function network(o: Options = {}): Map<string, CheckpointTensor> {
  const { prefix = '', naming = torchvision, blocks = [2, 2, 2, 2], width = 8, bottleneck = false, norms = 'running', kernel = 7 } = o;
  const made = new Map<string, CheckpointTensor>();
  const add = (conv: string, norm: string, shape: number[]) => {
    made.set(`${prefix}${conv}.weight`, tensor(shape));
    if (norms === 'none') return;
    for (const name of ['weight', 'bias', ...(norms === 'running' ? ['running_mean', 'running_var'] : [])])
      made.set(`${prefix}${norm}.${name}`, tensor([shape[0] ?? 0]));
  };
  add(...naming.stem, [width, 3, kernel, kernel]);
  let channels = width;
  for (const [s, count] of blocks.entries()) {
    const mid = width * 2 ** s;
    const out = bottleneck ? 4 * mid : mid;
    for (let b = 0; b < count; b++) {
      const shapes = bottleneck
        ? [
            [mid, channels, 1, 1],
            [mid, mid / (o.groups ?? 1), 3, 3],
            [out, mid, 1, 1],
          ]
        : [
            [out, channels, 3, 3],
            [out, out, 3, 3],
          ];
      const path = naming.block(s, b);
      for (const [i, shape] of shapes.entries()) {
        const [conv, norm] = naming.conv(i + 1);
        if (path) add(`${path}.${conv}`, `${path}.${norm}`, shape);
        else add(`res${s}${'abcdef'[b]}_branch2${'abc'[i]}`, `bn${s}${'abcdef'[b]}_branch2${'abc'[i]}`, shape);
      }
      if (channels !== out && o.shortcut !== false) {
        if (path) add(`${path}.${naming.shortcut[0]}`, `${path}.${naming.shortcut[1]}`, [out, channels, 1, 1]);
        else add(`res${s}a_branch1`, `bn${s}a_branch1`, [out, channels, 1, 1]);
      }
      channels = out;
    }
  }
  return made;
}

function head(path: string, width: number, classes = 5): [string, CheckpointTensor][] {
  return [
    [`${path}.weight`, tensor([classes, width])],
    [`${path}.bias`, tensor([classes])],
  ];
}

const checkpoint = (tensors: Iterable<[string, CheckpointTensor]>, more: Partial<Checkpoint> = {}): Checkpoint => ({
  format: 'memory',
  scheme: 'unknown',
  metadata: {},
  tensors: new Map(tensors),
  ...more,
});

/** MobileNet's blocks. */
function inverted(): Map<string, CheckpointTensor> {
  const made = network({ blocks: [1, 1, 1], bottleneck: true });
  for (const [s, c] of [32, 64, 128].entries()) {
    const from = s ? c / 2 : 8;
    made.set(`layer${s + 1}.0.conv1.weight`, tensor([6 * c, from, 1, 1]));
    made.set(`layer${s + 1}.0.conv2.weight`, tensor([6 * c, 1, 3, 3]));
    made.set(`layer${s + 1}.0.conv3.weight`, tensor([c, 6 * c, 1, 1]));
    for (const n of [1, 2])
      for (const name of ['weight', 'bias', 'running_mean', 'running_var']) made.set(`layer${s + 1}.0.bn${n}.${name}`, tensor([6 * c]));
  }
  return made;
}

/** Alphabetical, as safetensors stores them. */
const sorted = (tensors: Map<string, CheckpointTensor>) => new Map([...tensors].sort(([a], [b]) => (a < b ? -1 : 1)));

describe('the trunk', () => {
  const kinds = { basic: {}, bottleneck: { bottleneck: true, blocks: [3, 4, 6, 3] }, grouped: { bottleneck: true, groups: 4 } };
  for (const [name, naming] of Object.entries(namings)) {
    for (const [kind, options] of Object.entries(kinds)) {
      test.each(['as saved', 'sorted'])(`of ${kind} blocks in ${name} names, %s`, (order) => {
        const reference = network(options);
        const tensors = network({ ...options, naming, prefix: name === 'sequential' ? 'net.' : 'model.cnn.' });
        const reading = readTree(checkpoint(order === 'sorted' ? sorted(tensors) : tensors));
        expect(new Set(reading?.checkpoint.tensors.keys())).toEqual(new Set(reference.keys()));
        for (const [key, { shape }] of reading?.checkpoint.tensors ?? []) expect([key, shape]).toEqual([key, reference.get(key)?.shape]);
        expect(reading?.ignored).toEqual([]);
      });
    }
  }

  test('where it stands, and what stands beside it', () => {
    const tensors = [
      ...network({ prefix: 'model.resnet.' }),
      ['criterion.weight', tensor([5])] as [string, CheckpointTensor],
      ...head('fc', 64),
    ];
    const reading = readTree(checkpoint(tensors));
    expect(reading?.found).toBe('model.resnet');
    expect(reading?.head.classes).toBe(5);
    expect(reading?.ignored).toEqual(['criterion.weight']);
  });

  test.each([
    ['DINO', 'teacher.backbone.', 'student.module.backbone.'],
    ['BYOL', 'online_encoder.net.', 'target_encoder.net.'],
    ['MoCo', 'module.encoder_q.', 'module.encoder_k.'],
    ['MoCo v3', 'base_encoder.', 'momentum_encoder.'],
    ['lightly', 'backbone.', 'backbone_momentum.'],
    ['EMA', 'ema_model.', 'online_model.'],
    ['timm', 'state_dict_ema.', 'state_dict.'],
    ['MMEngine', 'state_dict.', 'ema_state_dict.'],
  ])('that %s evaluates', (_, taken, other) => {
    for (const order of [
      [taken, other],
      [other, taken],
    ]) {
      const tensors = order.flatMap((prefix) => [...network({ prefix }), ...head(`${prefix}fc`, 64)]);
      const reading = readTree(checkpoint(tensors));
      expect([reading?.found, reading?.others]).toEqual([taken.slice(0, -1), [other.slice(0, -1)]]);
      expect(reading?.head.used).toEqual([`${taken}fc.weight`, `${taken}fc.bias`]);
    }
  });

  test('is not what a teacher of another size was', () => {
    const tensors = [...network({ prefix: 'teacher.', width: 16 }), ...network({ prefix: 'student.', blocks: [1, 1, 1, 1] })];
    expect(readTree(checkpoint(tensors))?.found).toBe('student');
  });

  test.each<[string, Map<string, CheckpointTensor>]>([
    [
      'a stack of double convolutions',
      new Map(
        [64, 128, 256].flatMap((c, i) => [
          [`down${i}.conv1.weight`, tensor([c, i ? c / 2 : 3, 3, 3])] as const,
          [`down${i}.conv2.weight`, tensor([c, c, 3, 3])] as const,
        ]),
      ),
    ],
    ['a run of one width', network({ blocks: [4] })],
    ['inverted residuals', inverted()],
    ['blocks with a part that is not understood', new Map([...network(), ['layer2.0.prelu.weight', tensor([16])]])],
    ['blocks of which a part is missing', new Map([...network()].filter(([key]) => !key.startsWith('layer2.0.conv1')))],
    ['norms before convolutions', new Map([...network()].map(([key, one]) => [key, /layer2.0.bn1/.test(key) ? tensor([8]) : one]))],
  ])('is not %s', (_, tensors) => {
    expect(readTree(checkpoint(tensors))).toBeUndefined();
  });
});

describe('what a file does not tell', () => {
  const guess = (options: Options, more: Partial<Checkpoint> = {}, beside: [string, CheckpointTensor][] = []) => {
    const width = (options.width ?? 8) * 8 * (options.bottleneck ? 4 : 1);
    const blocks = options.blocks?.length === 3 ? width / 2 : width;
    return guessArch(checkpoint([...network({ prefix: 'net.', ...options }), ...head('net.fc', blocks), ...beside], more));
  };
  const kinds: [string, Options, string[]][] = [
    ['ResNet-50', { bottleneck: true, blocks: [3, 4, 6, 3] }, ['style', 'dilation', 'stem', 'activation', 'eps', 'aa_layer']],
    ['a network for small images', { kernel: 3 }, ['stem', 'dilation', 'activation', 'eps']],
    ['shortcut A', { kernel: 3, blocks: [3, 3, 3], shortcut: false }, ['shortcut', 'stem', 'dilation', 'activation', 'eps']],
    ['group norm', { norms: 'affine', width: 32 }, ['norm', 'dilation', 'stem', 'activation', 'aa_layer']],
  ];

  test.each(kinds)('of %s is said, the most doubtful first', (_, options, what) => {
    expect(guess(options).assumed.map((one) => one.what)).toEqual(what);
  });

  test.each(kinds)('of %s has alternatives that load from the same file', (_, options) => {
    const { assumed, checkpoint: bound } = guess(options);
    for (const { alternatives } of assumed) {
      for (const { arch } of alternatives) {
        const { problems } = matchCheckpoint(buildGraph(arch ?? '', [1, 3, 64, 64]), bound, true);
        expect([arch, problems]).toEqual([arch, []]);
      }
    }
  });

  test('is taken from hints', () => {
    const bottleneck = { bottleneck: true, blocks: [3, 4, 6, 3] };
    expect(guess(bottleneck, { file: 'resnet50_caffe.pth' }).assumed[0]).toMatchObject({ what: 'style', value: 'caffe' });
    expect(guess(bottleneck, { metadata: { style: 'caffe' } }).assumed[0]).toMatchObject({ what: 'style', value: 'caffe' });
    const aspp: [string, CheckpointTensor][] = [
      ['classifier.0.convs.0.0.weight', tensor([16, 256, 1, 1])],
      ['classifier.0.convs.1.0.weight', tensor([16, 256, 3, 3])],
      ['classifier.4.weight', tensor([5, 16, 1, 1])],
      ['classifier.4.bias', tensor([5])],
    ];
    const { assumed } = guessArch(checkpoint([...network({ ...bottleneck, prefix: 'backbone.' }), ...aspp]), { head: 'none' });
    expect(assumed.find(({ what }) => what === 'dilation')?.value).toBe('dilations 1, 1, 2, 4');
  });

  test('is asked where nothing published is like it', () => {
    let error: unknown;
    try {
      guess({ norms: 'affine', width: 8 });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ResnetError);
    expect(error).toMatchObject({ code: 'ambiguous-arch' });
    expect((error as ResnetError).candidates?.length).toBeGreaterThan(3);
  });
});

describe('rename', () => {
  const both = () => checkpoint([...network({ prefix: 'teacher.' }), ...network({ prefix: 'student.' })]);

  test('chooses another network', () => {
    expect(readTree(both())?.found).toBe('teacher');
    const renamed = readTree(renamedCheckpoint(both(), { 'student.': 'mine.' }));
    expect([renamed?.found, renamed?.others]).toEqual(['mine', ['teacher']]);
  });

  test('takes the longest prefix, and what a function gives', () => {
    const made = renamedCheckpoint(checkpoint(network({ prefix: 'a.b.' })), { 'a.': 'x.', 'a.b.layer1.': 'y.', '': 'z.' });
    expect(made.tensors.has('x.b.conv1.weight')).toBe(true);
    expect(made.tensors.has('y.0.conv1.weight')).toBe(true);
    const half = renamedCheckpoint(both(), (key) => (key.startsWith('student.') ? key.slice(8) : undefined));
    expect(new Set(half.tensors.keys())).toEqual(new Set(network().keys()));
  });

  test.each<[string, (key: string) => string | undefined]>([
    ['one name for two tensors', () => 'x'],
    ['no tensor at all', () => undefined],
  ])('refuses %s', (_, rename) => {
    expect(() => renamedCheckpoint(both(), rename)).toThrow(ResnetError);
  });
});
