/** The layers between the stem's convolution and the blocks: a convolution instead of pooling, or nothing, according to a Sequential's numbers. */
import { describe, expect, test } from 'vitest';
import { buildGraph } from '../arch/graph.ts';
import type { Arch } from '../arch/index.ts';
import { guessArch } from './guess.ts';
import { checkpointKeys } from './naming.ts';
import { randomCheckpoint } from './random.ts';
import type { Checkpoint } from './types.ts';

const SHAPE = [1, 3, 64, 64];

function saved(arch: Arch, rename: (key: string) => string, sorted = false): Checkpoint {
  const graph = buildGraph(arch, SHAPE);
  const keys = checkpointKeys(graph, 'timm');
  const named = [...randomCheckpoint(graph, 1).tensors].map(([key, tensor]) => [rename(keys.get(key) ?? key), tensor] as const);
  if (sorted) named.sort(([a], [b]) => (a < b ? -1 : 1));
  return { format: 'memory', scheme: 'unknown', metadata: {}, tensors: new Map(named) };
}

const computed = (arch: Arch) => buildGraph(arch, SHAPE).nodes.map(({ op, attributes, shape }) => JSON.stringify([op, attributes, shape]));

describe('a convolution in place of the pooling', () => {
  const bare = { library: 'timm', type: 'ResNet', block: 'BasicBlock', layers: [1, 1, 1, 1], stem_width: 32, num_classes: 0 } as const;
  const pooled = { ...bare, replace_stem_pool: true } as const;

  test.each([
    ['ResNet-RS-50', { library: 'timm', entrypoint: 'resnetrs50', num_classes: 0 }, (key: string) => `model.${key}`, false],
    ['a sorted file', { library: 'timm', entrypoint: 'resnetrs50', num_classes: 0 }, (key: string) => `model.${key}`, true],
    ['after one convolution', pooled, (key: string) => `encoder.${key}`, false],
    ['of another name', { ...pooled, stem_type: 'deep' }, (key: string) => `net.${key.replace('maxpool.', 'shrink.')}`, false],
  ] as const)('%s', (_, arch, rename, sorted) => {
    const { arch: found, source, assumed } = guessArch(saved(arch, rename, sorted));
    expect(computed(found)).toEqual(computed(arch));
    expect(source.ignored).toEqual([]);
    expect(assumed.map(({ what }) => what)).not.toContain('left out');
    expect(assumed.find(({ what }) => what === 'stem')?.value).toMatch(/a convolution for pooling$/);
  });

  test('a second convolution of the stem is not taken for one', () => {
    const file = saved(pooled, (key) => `net.${key.replace('maxpool.', 'conv2.')}`);
    const { assumed } = guessArch(file);
    expect(assumed.find(({ what }) => what === 'left out')?.value).toContain('net.conv2.0');
  });
});

test('norms with statistics of several parts of a batch have their mean', async () => {
  const file = saved({ library: 'timm', type: 'ResNet', block: 'BasicBlock', layers: [1, 1, 1, 1] }, (key) => key);
  const one = await file.tensors.get('layer1.0.bn1.running_var')?.read();
  for (const [key, tensor] of [...file.tensors]) {
    if (!/running_(mean|var)$/.test(key)) continue;
    const read = async () => {
      const { data } = await tensor.read();
      return { data: Float32Array.from([...data.map((x) => x - 1), ...data, ...data.map((x) => x + 1)]), shape: [3 * data.length] };
    };
    file.tensors.set(key, { dtype: 'f32', shape: [3 * (tensor.shape[0] ?? 0)], read });
  }
  const { checkpoint, assumed } = guessArch(file);
  const tensor = checkpoint.tensors.get('layer1.0.bn1.running_var');
  expect(tensor?.shape).toEqual(one?.shape);
  const mean = await tensor?.read();
  for (const [i, value] of (one?.data ?? []).entries()) expect(mean?.data[i]).toBeCloseTo(value, 5);
  expect(assumed.map(({ what }) => what)).toContain('split norms');
});

describe('parts of a network in a Sequential', () => {
  const arch: Arch = {
    type: 'GeneralResNet',
    block: 'BasicBlock',
    layers: [1, 1],
    channels: [16, 32],
    stem: { channels: [16], kernel: 3, stride: 1, pool: 'none' },
  };
  const numbered = (stages: number) =>
    saved(arch, (key) =>
      key
        .replace(/^conv1\./, '0.')
        .replace(/^bn1\./, '1.')
        .replace(/^layer(\d)\./, (_all, i) => `${Number(i) + stages}.`),
    );

  test('nothing between the norm and the blocks: no activation, with one as the alternative', () => {
    const { arch: found, assumed } = guessArch(numbered(1));
    const nodes = computed(found);
    expect(nodes.slice(0, 4).map((node) => JSON.parse(node)[0])).toEqual(['input', 'conv2d', 'batch_norm', 'conv2d']);
    const stem = assumed.find(({ what }) => what === 'stem');
    expect(stem?.value).toBe('3x3 of stride 1, no pooling, no activation');
    const [first] = stem?.alternatives ?? [];
    expect(first?.value).toBe('3x3 of stride 1, no pooling');
    expect(computed(first?.arch ?? '')).toEqual(computed(arch));
  });

  test('not even where the widths are a published network’s', () => {
    const lightly: Arch = {
      ...arch,
      layers: [2, 2, 2, 2],
      channels: [64, 128, 256, 512],
      stem: { channels: [64], kernel: 3, stride: 1, pool: 'none' },
    };
    const file = saved(lightly, (key) =>
      key
        .replace(/^conv1\./, '0.')
        .replace(/^bn1\./, '1.')
        .replace(/^layer(\d)\./, (_all, i) => `${Number(i) + 1}.`),
    );
    expect(computed(guessArch(file).arch)[3]).toMatch(/^\["conv2d"/);
  });

  test.each([2, 3])('%i modules between them are an activation and whatever', (between) => {
    expect(computed(guessArch(numbered(between)).arch)).toEqual(computed(arch));
  });
});
