/** Choosing two alternatives one after the other keeps both choices. */
import { expect, test } from 'vitest';
import type { Assumption } from '../api/types.ts';
import { buildGraph } from '../arch/graph.ts';
import type { Arch } from '../arch/index.ts';
import { assumedOfChoice } from './choices.ts';
import { guessArch } from './guess.ts';
import { parametersOf } from './match.ts';
import type { Checkpoint, CheckpointTensor } from './types.ts';

const SHAPE = [1, 3, 64, 64];
const BOTTLENECKS = {
  type: 'GeneralResNet',
  block: 'Bottleneck',
  layers: [2, 1, 1],
  channels: [32, 64, 128],
  projected: [true, true, true],
};

function file(
  config: Record<string, unknown>,
  head: [string, ...number[]][] = [
    ['head.0.weight', 7, 128],
    ['head.0.bias', 7],
    ['head.2.weight', 5, 7],
    ['head.2.bias', 5],
  ],
): Checkpoint {
  const tensors = new Map<string, CheckpointTensor>();
  const add = (key: string, shape: readonly number[]) =>
    tensors.set(`net.${key}`, { dtype: 'f32', shape, read: () => Promise.reject(new Error('unread')) });
  for (const { key, shape } of parametersOf(buildGraph({ type: 'GeneralResNet', ...config }, SHAPE)).values()) add(key, shape);
  for (const [key, ...shape] of head) add(key, shape);
  return { format: 'pytorch-zip', scheme: 'unknown', tensors, metadata: {} };
}

const choose = (assumed: readonly Assumption[], what: string, value: unknown): Arch => {
  const arch = assumed
    .filter((one) => one.what === what)
    .flatMap(({ alternatives }) => alternatives)
    .find((one) => one.value === value)?.arch;
  if (!arch)
    throw new Error(
      `No ${what} ${String(value)} among ${JSON.stringify(assumed.map((one) => [one.what, one.alternatives.map((a) => a.value)]))}`,
    );
  return arch;
};
const ops = (arch: Arch) => buildGraph(arch, SHAPE).nodes.map(({ op, attributes }) => JSON.stringify([op, attributes]));
const summary = (assumed: readonly Assumption[]) => assumed.map(({ what, value }) => [what, value]);

test('choices add up, in any order, and can be taken back', () => {
  const checkpoint = file(BOTTLENECKS);
  const guess = guessArch(checkpoint);
  const silu = choose(guess.assumed, 'activation', 'silu');
  const second = assumedOfChoice(checkpoint, silu, undefined);
  expect(second.map(({ what }) => what)).toEqual(guess.assumed.map(({ what }) => what));
  expect(second.find(({ what }) => what === 'activation')).toMatchObject({
    value: 'silu',
    why: expect.stringContaining('Chosen by arch.'),
  });
  const both = choose(second, 'dilation', 'last stride 1');
  const third = assumedOfChoice(checkpoint, both, undefined);
  const tanh = choose(third, 'head layer', 'Tanh');
  expect(ops(tanh).filter((op) => /silu/.test(op)).length).toBeGreaterThan(5);
  expect(JSON.stringify(tanh)).toContain('"strides":[1,2,1]');
  expect(JSON.stringify(tanh)).toContain('Tanh');
  // The other order gives the same network.
  const first = choose(guess.assumed, 'dilation', 'last stride 1');
  expect(ops(choose(assumedOfChoice(checkpoint, first, undefined), 'activation', 'silu'))).toEqual(ops(both));
  // One alternative instead of another, and back to the assumption.
  const caffe = choose(third, 'style', 'caffe, with its pooling');
  expect(JSON.stringify(caffe)).toMatch(/"pool":"caffe".*"style":"caffe"|"style":"caffe".*"pool":"caffe"/);
  const gelu = choose(assumedOfChoice(checkpoint, caffe, undefined), 'activation', 'gelu');
  expect(ops(gelu).some((op) => /silu/.test(op))).toBe(false);
  const back = choose(third, 'activation', 'relu');
  expect(ops(back)).toEqual(ops(first));
  const plain = choose(assumedOfChoice(checkpoint, back, undefined), 'dilation', 'none');
  expect(summary(assumedOfChoice(checkpoint, plain, undefined))).toEqual(summary(guess.assumed));
});

test('of two layers of a head both', () => {
  const head: [string, ...number[]][] = [
    ['head.0.weight', 9, 128],
    ['head.0.bias', 9],
    ['head.2.weight', 7, 9],
    ['head.2.bias', 7],
    ['head.4.weight', 5, 7],
    ['head.4.bias', 5],
  ];
  const checkpoint = file(BOTTLENECKS, head);
  const one = choose(guessArch(checkpoint).assumed, 'head layer', 'GELU');
  const second = assumedOfChoice(checkpoint, one, undefined).filter(
    ({ what, value }) => what === 'head layer' && String(value).startsWith('ReLU'),
  );
  expect(ops(choose(second, 'head layer', 'Tanh')).filter((op) => /^\["(gelu|tanh)"/.test(op))).toHaveLength(2);
});

test('also of a network that a name was found for, and of norms that the caller had to choose', () => {
  const checkpoint = file(
    { block: 'Bottleneck', layers: [3, 4, 6, 3], channels: [256, 512, 1024, 2048], projected: [true, true, true, true] },
    [],
  );
  const { assumed } = guessArch(checkpoint);
  const second = assumedOfChoice(checkpoint, choose(assumed, 'style', 'caffe'), undefined);
  expect(second.map(({ what }) => what)).toEqual(assumed.map(({ what }) => what));
  const odd = file({ ...BOTTLENECKS, norm_cfg: { type: 'GN', num_groups: 2 } });
  expect(() => guessArch(odd)).toThrow('group norms');
  try {
    guessArch(odd);
  } catch (error) {
    const { candidates = [] } = error as { candidates?: Arch[] };
    const whats = assumedOfChoice(odd, candidates[1] ?? '', undefined).map(({ what }) => what);
    expect(whats).toEqual(expect.arrayContaining(['norm', 'style', 'dilation', 'activation']));
  }
});

test('nothing is said of what the caller knows better', () => {
  const checkpoint = file(BOTTLENECKS);
  expect(assumedOfChoice(checkpoint, 'resnet50', undefined)).toEqual([]);
  const { base } = guessArch(checkpoint);
  const own = structuredClone(base) as { backbone: Record<string, unknown> };
  own.backbone.style = 'caffe';
  own.backbone.conv_bias = true;
  expect(assumedOfChoice(checkpoint, own as unknown as Arch, undefined)).toEqual([]);
});
