/** Compares networks from transformers' configurations with the same networks of other libraries, node by node. */
import { expect, test } from 'vitest';
import type { LibraryConfig } from '../config.ts';
import { buildGraph } from '../graph.ts';
import { resolveArch } from '../index.ts';

const same: [string, Partial<LibraryConfig>][] = [
  ['resnet18', { type: 'resnet', hidden_sizes: [64, 128, 256, 512], depths: [2, 2, 2, 2], layer_type: 'basic', embedding_size: 64 }],
  ['resnet50', { type: 'resnet' }],
  ['detectron/resnet50_caffe', { type: 'resnet', downsample_in_bottleneck: true, num_labels: 0 }],
  ['regnety_040', { type: 'regnet' }],
  // facebook/regnet-y-006 and -x-004
  ['regnety_006', { type: 'regnet', hidden_sizes: [48, 112, 256, 608], depths: [1, 3, 7, 4], groups_width: 16, layer_type: 'y' }],
  ['regnetx_004', { type: 'regnet', hidden_sizes: [32, 64, 160, 384], depths: [1, 2, 7, 12], groups_width: 16, layer_type: 'x' }],
];

test.each(same)('%s', (name, config) => {
  const arch = { library: 'transformers', num_labels: 1000, ...config } as const;
  const [ours, theirs] = [buildGraph(arch, [1, 3, 96, 64]), buildGraph(name, [1, 3, 96, 64])];
  expect(ours.nodes).toEqual(theirs.nodes);
  expect(ours.outputs).toEqual(theirs.outputs);
});

test('downsampling in the first stage', () => {
  const { nodes } = buildGraph({ library: 'transformers', type: 'resnet', downsample_in_first_stage: true }, [1, 3, 64, 64]);
  expect(nodes.find(({ name }) => name === 'layer1.0.relu')?.shape).toEqual([1, 256, 8, 8]);
});

test('gives logits alone unless there are none', async () => {
  const arch = { library: 'transformers', type: 'resnet', num_labels: 7 } as const;
  expect(await resolveArch(arch)).toMatchObject({ classes: 7, defaultRun: { features: [], logits: true }, name: 'transformers.resnet' });
  expect((await resolveArch(arch)).preprocess).toMatchObject({ cropRounding: 'transformers', resize: { size: 256, filter: 'bicubic' } });
  expect((await resolveArch({ ...arch, num_labels: 0 })).defaultRun).toEqual({ features: [0, 1, 2, 3], logits: false });
});

test.each([
  ['another activation', { hidden_act: 'laplace' }, 'unsupported'],
  ['another kind of layer', { layer_type: 'wide' }, 'config'],
  ['stages without depths', { hidden_sizes: [8, 16] }, 'config'],
  ['another model', { type: 'vit' }, 'config'],
  ['an argument of another library', { entrypoint: 'resnet50' }, 'config'],
])('refuses %s', (_, config, code) => {
  const arch: LibraryConfig = { library: 'transformers', type: 'resnet', ...config };
  let error: unknown;
  try {
    buildGraph(arch, [1, 3, 64, 64]);
  } catch (cause) {
    error = cause;
  }
  expect(error).toMatchObject({ code });
  // A list that grows.
  expect(String(error).replace(/(Activations here are relu, silu, ).*/, '$1…')).toMatchSnapshot();
});
