import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildGraph } from '../arch/graph.ts';
import { type Arch, archNames } from '../arch/index.ts';
import { guessArch } from './guess.ts';
import { parametersOf } from './match.ts';
import { checkpointKeys, storedKey } from './naming.ts';
import { randomCheckpoint } from './random.ts';
import { readCheckpoint } from './read.ts';
import type { Checkpoint, NamingScheme } from './types.ts';

function saved(arch: Arch, scheme: NamingScheme, prefix = ''): Checkpoint {
  const graph = buildGraph(arch, [1, 3, 64, 64]);
  const random = randomCheckpoint(graph, 1);
  const parameters = parametersOf(graph);
  const tensors: Checkpoint['tensors'] = new Map();
  for (const [canonical, key] of checkpointKeys(graph, scheme, undefined, prefix)) {
    const spec = parameters.get(canonical);
    const tensor = spec && random.tensors.get(storedKey(spec));
    if (tensor) tensors.set(key, tensor);
  }
  return { ...random, scheme: 'unknown', tensors };
}

/** Networks with the same keys and shapes as another one, which is guessed instead. null: a configuration without a name. */
const twins: Record<string, string | null> = {
  resnetblur18: 'resnet18',
  resnetblur50: 'resnet50',
  resnetblur50d: 'resnet50d',
  resnetblur101d: 'resnet101d',
  resnetaa34d: 'resnet34d',
  resnetaa50: 'resnet50',
  resnetaa50d: 'resnet50d',
  resnetaa101d: 'resnet101d',
  seresnetaa50d: null,
  seresnextaa101d_32x8d: 'seresnext101d_32x8d',
};

const published = archNames().filter((name) => !/-|v1[cd]|^resnest\d+$/.test(name));

describe('published networks', () => {
  test.each(published)('%s', (name) => {
    const scheme = name.startsWith('cifar') ? 'akamaster' : name.startsWith('regnet_') ? 'torchvision' : 'timm';
    const { arch } = guessArch(saved(name, scheme));
    if (twins[name] === null) expect(arch).toBeTypeOf('object');
    else expect(arch).toBe(twins[name] ?? name);
  });

  test.each([
    'legacy_seresnet18',
    'regnetx_002',
    'regnety_002',
    'legacy_seresnet50',
    'legacy_seresnext50_32x4d',
    'seresnet18',
    'seresnet50',
  ])('%s without a head', (entrypoint) => {
    const { arch } = guessArch(saved({ library: 'timm', entrypoint, num_classes: 0 }, 'timm'));
    const network = (one: Arch) => JSON.stringify(buildGraph(one, [1, 3, 64, 64]).nodes.map(({ name, ...node }) => node));
    expect(network(arch)).toBe(network({ library: 'timm', entrypoint, num_classes: 0 }));
  });

  test.each([
    ['resnet50_8xb32_in1k', 'mmpretrain'],
    ['resnetv1d101_8xb32_in1k', 'mmpretrain'],
    ['resnext50-32x4d_8xb32_in1k', 'mmpretrain'],
    ['seresnet50_8xb32_in1k', 'mmpretrain'],
    ['resnest200', 'mmpretrain'],
    ['res2net50-w14-s8_3rdparty_8xb32_in1k', 'mmpretrain'],
    ['regnetx-400mf_8xb128_in1k', 'mmpretrain'],
    ['wide-resnet50_3rdparty_8xb32_in1k', 'mmpretrain'],
    ['resnet18_8xb16_cifar10', 'mmpretrain'],
    ['resnet50_8xb16_cifar100', 'mmpretrain'],
  ] as const)('%s', (name, scheme) => {
    expect(guessArch(saved(name, scheme, 'backbone.')).arch).toBe(name);
  });

  test('of transformers', () => {
    expect(guessArch(saved('resnet50', 'transformers')).arch).toBe('resnet50');
  });

  test('fine-tuned to other classes', () => {
    expect(guessArch(saved({ library: 'torchvision', entrypoint: 'resnet34', num_classes: 37 }, 'torchvision')).arch).toBe('resnet34');
  });
});

/** Small networks with other widths. For those of the usual form, keys and shapes are enough. */
const root = 'test/goldens';
describe.each(['resnet', 'classifier', 'timm'].filter((group) => existsSync(`${root}/${group}`)))('reference networks: %s', (group) => {
  test.each(readdirSync(`${root}/${group}`))('%s', async (name) => {
    const folder = `${root}/${group}/${name}`;
    const checkpoint = await readCheckpoint(readFileSync(`${folder}/weights.safetensors`));
    let guess: string;
    try {
      guess = JSON.stringify(guessArch(checkpoint).arch);
    } catch (error) {
      guess = String(error);
    }
    expect(guess).toMatchSnapshot();
  });
});
