/** ResNetV2, BiT, SKNet and attention modules from the keys of their state dicts alone. */
import { expect, test } from 'vitest';
import { architectureCase, libraryCases } from '../../test/support/architecture-cases.ts';
import type { Tensor } from '../api/types.ts';
import { buildGraph } from '../arch/graph.ts';
import type { Arch } from '../arch/index.ts';
import { ResnetError } from '../util/errors.ts';
import { type Guess, guessArch } from './guess.ts';
import { checkpointKeys } from './naming.ts';
import { randomCheckpoint } from './random.ts';
import { fromTensors } from './streams-and-tensors.ts';

/** Guessed as the usual network if the keys do not tell. One of the alternatives is the right one. */
const BY_ALTERNATIVE: Readonly<Record<string, string>> = {
  'v2 t dilated': 'dilation: output stride 8',
  'v2 dilated': 'dilation: output stride 16',
  'v2 hybrid': 'convolution: standardised weights, eps 1e-6',
  'v2 hybrid deep': 'convolution: standardised weights, eps 1e-6',
  'sk grouped': 'split: every path has all channels, 2 groups',
  'sk dilated': 'dilation: output stride 8',
  'bit SAME': 'padding: SAME',
  'bit bottleneck SAME': 'padding: SAME',
};

/** Two unusual properties together. The assumptions about each are listed. */
const UNUSUAL: Readonly<Record<string, string[]>> = {
  v2: ['convolution', 'stem'],
  'v2 basic dilated': ['shortcut', 'dilation'],
  'v2 silu': ['activation'],
  'bit dynamic': ['padding', 'dilation'],
};

const nodes = (arch: Arch, shape: readonly number[]) => JSON.stringify(buildGraph(arch, shape).nodes);

async function guessed(name: string, prefix = ''): Promise<{ guess: Guess; isThis: (arch: Arch | undefined) => boolean }> {
  const { arch, input, tensors } = architectureCase(name);
  const own = Object.entries(tensors(buildGraph(arch, input.shape))).map(([key, tensor]): [string, Tensor] => [prefix + key, tensor]);
  const guess = guessArch(await fromTensors(Object.fromEntries(own)));
  const wanted = nodes(arch, input.shape);
  return { guess, isThis: (other) => other !== undefined && nodes(other, input.shape) === wanted };
}

// Unpublished kernels and widths, and ECA in basic blocks next to bottlenecks.
const refused = ['sk of other kernels', 'attention ceca'];

test.each(libraryCases().filter((name) => !refused.includes(name)))('%s', async (name) => {
  const { guess, isThis } = await guessed(name);
  const named = guess.assumed.flatMap(({ what, alternatives }) =>
    alternatives.flatMap(({ value, arch }) => (isThis(arch) ? [`${what}: ${value}`] : [])),
  );
  if (BY_ALTERNATIVE[name]) expect(named).toContain(BY_ALTERNATIVE[name]);
  else if (UNUSUAL[name]) expect(guess.assumed.map(({ what }) => what)).toEqual(expect.arrayContaining(UNUSUAL[name] ?? []));
  else expect(isThis(guess.arch)).toBe(true);
});

test.each(refused)('%s is refused', async (name) => {
  await expect(guessed(name)).rejects.toThrow(ResnetError);
});

test.each(['v2 bit', 'sk basic', 'attention cbam', 'bit'])('%s inside a larger model', async (name) => {
  const { guess, isThis } = await guessed(name, 'my.encoder.');
  expect(guess.source.found).toBe('my.encoder');
  expect(isThis(guess.arch)).toBe(true);
});

test('without a head where the caller does not want it', async () => {
  const { arch, input, tensors } = architectureCase('v2 basic');
  const file = await fromTensors(tensors(buildGraph(arch, input.shape)));
  const guess = guessArch(file, { head: 'none' });
  expect(guess.source).toMatchObject({ head: 'none', ignored: ['head.fc.weight', 'head.fc.bias'] });
  expect(buildGraph(guess.arch, input.shape).outputs.some(({ kind }) => kind === 'logits')).toBe(false);
});

test('ECA whose channels go round has the tensors of the usual one, which is said', async () => {
  const arch = (attn_layer: string): Arch => ({ library: 'timm', entrypoint: 'resnet26d', block_args: { attn_layer } });
  const guess = guessOf(arch('ceca'));
  expect(nodes(guess.arch, [1, 3, 64, 64])).toBe(nodes(arch('eca'), [1, 3, 64, 64]));
  expect(guess.assumed.map(({ what }) => what)).toContain('attention');
});

// segmentation_models_pytorch has other gates and paths than timm in the same blocks, and no head.
test.each([
  ['SelectiveKernelBasic', { rd_ratio: 1 / 8, split_input: true }, {}, undefined],
  ['SelectiveKernelBottleneck', {}, { cardinality: 32, base_width: 4 }, 'split: every path has all channels, 64 groups'],
])('an encoder of %s', (block, sk_kwargs, grouped, other) => {
  const arch = {
    library: 'timm',
    type: 'ResNet',
    block,
    layers: [1, 1, 1, 1],
    ...grouped,
    block_args: { sk_kwargs },
    num_classes: 0,
  } as const;
  const guess = guessOf(arch, 'encoder.');
  expect(nodes(guess.arch, [1, 3, 64, 64])).toBe(nodes(arch, [1, 3, 64, 64]));
  const named = guess.assumed.flatMap(({ what, alternatives }) => alternatives.map(({ value }) => `${what}: ${value}`));
  if (other) expect(named).toContain(other);
});

test('paths of all channels, whose alternative is halves of them', () => {
  const { assumed, arch } = guessOf('timm/skresnext50_32x4d');
  expect(arch).toBe('skresnext50_32x4d');
  const [halves] = assumed.find(({ what }) => what === 'split')?.alternatives ?? [];
  const wanted = {
    library: 'timm',
    entrypoint: 'skresnext50_32x4d',
    cardinality: 16,
    base_width: 8,
    block_args: { sk_kwargs: { rd_divisor: 32 } },
  };
  expect(nodes(halves?.arch ?? '', [1, 3, 64, 64])).toBe(nodes(wanted as Arch, [1, 3, 64, 64]));
});

test.each(['resnetv2_18d', 'resnetv2_50x1_bit'])('the maps of %s alone, as features_only names them', (entrypoint) => {
  const arch = { library: 'timm', entrypoint, features_only: true } as const;
  const { arch: own, source } = guessOf(arch, 'encoder.model.', (key) => key.replace(/^(stem|stages)\./, '$1_'));
  expect(own).toEqual({ ...arch, num_classes: 0 });
  expect(buildGraph(own, [1, 3, 64, 64]).outputs.map(({ kind }) => kind)).toEqual(['feature', 'feature', 'feature', 'feature']);
  expect(source).toMatchObject({ found: 'encoder.model', renamed: true, head: 'none', ignored: [] });
});

function guessOf(arch: Arch, prefix = '', rename = (key: string) => key): Guess {
  const graph = buildGraph(arch, [1, 3, 64, 64]);
  const keys = checkpointKeys(graph, 'timm');
  const { tensors } = randomCheckpoint(graph, 1);
  const own = new Map([...tensors].map(([key, tensor]) => [prefix + rename(keys.get(key) ?? key), tensor]));
  return guessArch({ format: 'memory', scheme: 'unknown', metadata: {}, tensors: own });
}
