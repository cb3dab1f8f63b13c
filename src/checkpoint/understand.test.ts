/** A given architecture, with a file whose names are not the architecture's. */
import { expect, test } from 'vitest';
import { buildGraph } from '../arch/graph.ts';
import type { Arch } from '../arch/index.ts';
import type { Graph } from '../graph/types.ts';
import { checkpointKeys } from './naming.ts';
import { randomCheckpoint } from './random.ts';
import { constant } from './synthetic.ts';
import type { Checkpoint, NamingScheme } from './types.ts';
import { understand } from './understand.ts';

function saved(arch: Arch, rename = (key: string) => key, scheme: NamingScheme = 'timm'): Checkpoint {
  const graph = buildGraph(arch, [1, 3, 64, 64]);
  const keys = checkpointKeys(graph, scheme);
  const named = [...randomCheckpoint(graph, 1).tensors].map(([key, tensor]) => [rename(keys.get(key) ?? key), tensor] as const);
  return { format: 'memory', scheme: 'unknown', metadata: {}, tensors: new Map(named) };
}

/** As in MONAI's two-dimensional networks: only shortcuts have biases. */
function monai(arch: Arch): Checkpoint {
  const file = saved(arch);
  for (const [key, { shape }] of [...file.tensors])
    if (key.endsWith('downsample.0.weight')) file.tensors.set(key.replace(/weight$/, 'bias'), constant([shape[0] ?? 1], 0.1));
  return file;
}

test('MONAI’s networks keep the size in the stem, which no shape says', async () => {
  const { arch, warnings = [], archSpec } = await understand(monai('resnet18'), { arch: 'resnet18' });
  expect([arch.name, archSpec]).toEqual(['resnet18', 'resnet18']);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/MONAI.*resnet18, which was asked for, strides or pools otherwise: leave arch out/);
  const guessed = await understand(monai('resnet18'), {});
  expect(guessed.warnings ?? []).toEqual([]);
  const again = await understand(monai('resnet18'), { arch: guessed.archSpec });
  expect(again.warnings ?? []).toEqual([]);
});

test('names of another network of the same shapes', async () => {
  const file = saved({ library: 'timm', entrypoint: 'legacy_seresnet50' });
  expect((await understand(file, { arch: 'seresnet50' })).warnings).toEqual([
    'The names are those of legacy_seresnet50. seresnet50, which was asked for, strides or pools otherwise: leave arch out to follow the names.',
  ]);
});

test.each(['resnet18', 'resnetblur18', 'resnetaa34d', 'resnet26t'])('nothing is said of a wrapped %s', async (arch) => {
  const { warnings, source } = await understand(
    saved(arch, (key) => `net.encoder.${key}`),
    { arch },
  );
  expect(source.found).toBe('net.encoder');
  expect(warnings ?? []).toEqual([]);
});

// The same shapes, but other strides and pooling. Names tell, also under a prefix.
test.each(['seresnet50', 'seresnext50_32x4d', 'legacy_seresnet50', 'legacy_seresnext50_32x4d', 'senet154', 'legacy_senet154'])(
  'a wrapped %s is guessed as what it is',
  async (name) => {
    const { arch, assumed } = await understand(
      saved({ library: 'timm', entrypoint: name }, (key) => `net.${key}`),
      {},
    );
    const nodes = (graph: Graph) => graph.nodes.map(({ op, attributes, shape }) => JSON.stringify([op, attributes, shape]));
    expect(nodes(arch.build([1, 3, 64, 64]))).toEqual(nodes(buildGraph(name, [1, 3, 64, 64])));
    // Caffe's strides and pooling are neither of these.
    if (name.startsWith('legacy')) expect(assumed.map(({ what }) => what)).not.toContain('style');
  },
);
