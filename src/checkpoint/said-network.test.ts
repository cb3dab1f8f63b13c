import { describe, expect, test } from 'vitest';
import { buildGraph } from '../arch/graph.ts';
import type { Arch } from '../arch/index.ts';
import { guessArch } from './guess.ts';
import { checkpointKeys } from './naming.ts';
import { randomCheckpoint } from './random.ts';
import { saidNames } from './said-names.ts';
import type { Checkpoint, CheckpointTensor } from './types.ts';

const SHAPE = [1, 3, 64, 64];

/** A file of timm's network, with timm's names after a prefix. */
function file(arch: Arch, more: Partial<Checkpoint>, prefix = '', beside: Record<string, number[]> = {}): Checkpoint {
  const graph = buildGraph(arch, SHAPE);
  const keys = checkpointKeys(graph, 'timm');
  const { tensors } = randomCheckpoint(graph, 1);
  const all = new Map<string, CheckpointTensor>([...tensors].map(([key, tensor]) => [prefix + (keys.get(key) ?? key), tensor]));
  for (const [name, shape] of Object.entries(beside))
    all.set(name, { dtype: 'f32', shape, read: () => Promise.reject(new Error('unread')) });
  return { format: 'pytorch-zip', scheme: 'unknown', metadata: {}, tensors: all, ...more };
}

const trunk = (arch: Arch) =>
  buildGraph(arch, SHAPE).nodes.flatMap(({ name, op, attributes }) => (/^(head|fc)/.test(name) ? [] : JSON.stringify([op, attributes])));

describe('a name in the file', () => {
  test.each<[string, Record<string, unknown>]>([
    ['args.model', { args: { model: 'resnetaa50', lr: 0.1 } }],
    ['arch', { arch: 'resnetaa50' }],
    ['hyper_parameters.backbone', { hyper_parameters: { backbone: 'timm/resnetaa50.a1h_in1k' } }],
    ['config', { config: '{"net":"resnetaa50"}' }],
  ])('says the network: %s', (where, metadata) => {
    const { arch, assumed } = guessArch(file('resnetaa50', { metadata }));
    expect(trunk(arch)).toEqual(trunk('resnetaa50'));
    const said = assumed.find(({ what }) => what === 'arch');
    expect(said?.why).toContain(`From the file: ${where}`);
    expect(said?.alternatives).toHaveLength(1);
    // Stages may still be dilated, and the stem changed.
    expect(assumed.map(({ what }) => what)).toEqual(['dilation', 'stem', 'arch']);
    for (const one of assumed.find(({ what }) => what === 'dilation')?.alternatives ?? [])
      expect(trunk(one.arch as Arch).filter((node) => /avg_pool/.test(node)).length).toBeGreaterThan(0);
  });

  test('and the file’s own name', () => {
    const { arch } = guessArch(file('resnetaa50d', { file: 'resnetaa50d-0a1b2c3d.pth' }, 'model.'));
    expect(trunk(arch)).toEqual(trunk('resnetaa50d'));
  });

  test('goes before a head of one’s own, under a prefix', () => {
    const beside = { 'model.head.0.weight': [9, 2048], 'model.head.0.bias': [9], 'model.head.2.weight': [4, 9], 'model.head.2.bias': [4] };
    const made = file(
      { library: 'timm', entrypoint: 'resnetaa50', num_classes: 0 },
      { metadata: { model_name: 'resnetaa50' } },
      'model.',
      beside,
    );
    const { arch, source } = guessArch(made);
    expect(trunk(arch)).toEqual(trunk('resnetaa50'));
    expect(source.head).toContain('Linear 2048 > 9, ReLU, Linear 9 > 4');
  });

  test.each(['resnet101', 'resnet50x', 'mobilenet_v2', 'resnext50_32x4d'])('is left where it does not fit: %s', (arch) => {
    const guess = guessArch(file('resnet50', { metadata: { arch } }));
    expect(guess.arch).toBe('resnet50');
    expect(guess.assumed.map(({ what }) => what)).not.toContain('arch');
  });

  test('is not that of its teacher', () => {
    const metadata = { teacher_model: 'resnetaa50', student: 'resnet50' };
    expect(guessArch(file('resnet50', { metadata })).arch).toBe('resnet50');
  });

  test('with an output stride dilates', () => {
    const { assumed, arch } = guessArch(file('resnet50', { metadata: { args: { model: 'resnet50', output_stride: 16 } } }, 'net.'));
    expect(trunk(arch)).toEqual(trunk({ library: 'timm', entrypoint: 'resnet50', output_stride: 16 }));
    expect(assumed.find(({ what }) => what === 'dilation')?.why).toBe('From the file: args.output_stride is 16.');
  });
});

test('weights of one’s own have tags that nobody knows', () => {
  expect(saidNames({ metadata: { model: 'resnet50.mine' } })).toMatchObject([{ name: 'timm/resnet50' }]);
  expect(saidNames({ metadata: { a: 'resnet50.a1_in1k' } })).toMatchObject([{ name: 'resnet50.a1_in1k', where: 'a' }]);
  expect(saidNames({ metadata: {}, file: 'runs/seresnext50_32x4d_best.pth.tar' })).toMatchObject([{ name: 'seresnext50_32x4d' }]);
});
