import { describe, expect, test } from 'vitest';
import type { Preprocess } from '../api/types.ts';
import { along, pixelEntries } from './along.ts';
import type { Checkpoint, CheckpointTensor } from './types.ts';

const preprocess: Preprocess = {
  resize: { size: 256, edge: 'short', filter: 'bilinear', kernel: 'pillow' },
  crop: 224,
  mean: [1, 2, 3],
  std: [4, 5, 6],
  order: 'rgb',
};

const read = (metadata: Record<string, unknown>, classes = 3) => along({ metadata }, { classes, inputChannels: 3, preprocess });

describe('labels', () => {
  const names = ['cat', 'dog', 'owl'];
  test.each<[string, Record<string, unknown>]>([
    ['class_to_idx', { class_to_idx: { dog: 1, owl: 2, cat: 0 } }],
    ['idx_to_class', { idx_to_class: { 2: 'owl', 0: 'cat', 1: 'dog' } }],
    ['class_names', { class_names: names }],
    ['meta.dataset_meta.classes', { meta: { dataset_meta: { classes: names, palette: [1, 2] } } }],
    ['hyper_parameters.labels', { hyper_parameters: { lr: 0.1, labels: names } }],
    ['classes', { classes: '["cat", "dog", "owl"]' }],
    ['config.id2label', { config: '{"id2label": {"0": "cat", "1": "dog", "2": "owl"}}' }],
  ])('in %s', (path, metadata) => {
    expect(read(metadata).labels).toEqual(names);
    expect(read(metadata).said[0]).toEqual({ what: 'labels', value: names, why: `From the file: ${path}.`, alternatives: [] });
  });

  test('under any name where there are enough to be no accident', () => {
    expect(read({ birds: ['a', 'b', 'c', 'd'] }, 4).labels).toEqual(['a', 'b', 'c', 'd']);
    expect(read({ splits: ['train', 'val', 'test'] }).labels).toBeUndefined();
    expect(read({ settings: { workers: 0, seed: 1, rank: 2 } }).labels).toBeUndefined();
  });

  test('of one logit are two', () => {
    expect(read({ classes: ['no', 'yes'] }, 1).labels).toEqual(['no', 'yes']);
  });

  test.each([
    ['of another number', { classes: ['a', 'b'] }],
    ['with a gap', { class_to_idx: { a: 0, b: 1, c: 3 } }],
    ['twice', { class_to_idx: { a: 0, b: 1, c: 1 } }],
  ])('%s are none', (_, metadata) => {
    expect(read(metadata)).toEqual({ said: [] });
  });
});

describe('preprocessing', () => {
  test('on the scale of 0 to 1', () => {
    const { preprocess: own, said } = read({ args: { mean: [0.5, 0.4, 0.2], std: [0.25, 0.5, 0.2] } });
    expect(own).toEqual({ mean: [127.5, 102, 51], std: [63.75, 127.5, 51] });
    expect(said[0]?.why).toBe('From the file: args.mean, args.std.');
  });

  test('on the scale of 0 to 255, in another order', () => {
    const data_preprocessor = { mean: [103.5, 116.2, 123.6], std: [1, 1, 1], to_rgb: false };
    expect(read({ data_preprocessor }).preprocess).toEqual({ mean: [103.5, 116.2, 123.6], std: [1, 1, 1], order: 'bgr' });
  });

  test('of a size keeps the share that is cropped', () => {
    const own = read({ hyper_parameters: { image_size: 384 } });
    expect(own.inputSize).toEqual([384, 384]);
    expect(own.preprocess).toEqual({ crop: 384, resize: { ...preprocess.resize, size: 438 } });
    expect(read({ args: { input_size: [3, 128, 96] } }).inputSize).toEqual([128, 96]);
  });

  test.each([
    ['a mean alone', { mean: [0.5, 0.5, 0.5] }],
    ['of other channels', { mean: [0.5], std: [0.5] }],
    ['a deviation of zero', { mean: [0, 0, 0], std: [0, 1, 1] }],
    ['a size that is none', { image_size: 0.5, crop_size: [1, 2] }],
  ])('is not %s', (_, metadata) => {
    expect(read(metadata)).toEqual({ said: [] });
  });
});

test('what nothing says of a guessed network is taken as usual, with what else is common', () => {
  const network = { classes: 3, inputChannels: 3, preprocess };
  const [assumed] = along({ metadata: { epoch: 3 } }, network, true).said;
  expect(assumed).toMatchObject({ what: 'preprocess', value: { mean: [1, 2, 3], std: [4, 5, 6], order: 'rgb' } });
  expect(assumed?.alternatives.map(({ value }) => (value as Preprocess).order)).toContain('bgr');
  expect(along({ metadata: {} }, network).said).toEqual([]);
  const said = along({ metadata: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } }, network, true).said;
  expect(said.map(({ why }) => why)).toEqual(['From the file: mean, std.']);
});

test('the statistics that a network subtracts itself are used, with the order that their numbers tell', async () => {
  const tensor = (data: number[], shape: number[]): CheckpointTensor => ({
    dtype: 'f32',
    shape,
    read: async () => ({ data: Float32Array.from(data), shape }),
  });
  const file = (mean: number[], std: number[], prefix = ''): Checkpoint => ({
    format: 'pytorch-zip',
    scheme: 'unknown',
    metadata: {},
    tensors: new Map([
      ['bn1.running_mean', tensor([1, 2, 3], [3])],
      [`${prefix}mean`, tensor(mean, [3, 1, 1])],
      [`${prefix}std`, tensor(std, [1, 3, 1, 1])],
    ]),
  });
  const of = async (one: Checkpoint) => along(one, { inputChannels: 3, preprocess }, true, await pixelEntries(one, 3));
  const detectron = await of(file([103.53, 116.28, 123.675], [1, 1, 1], 'model.pixel_'));
  expect(detectron.preprocess?.order).toBe('bgr');
  expect(detectron.preprocess?.std).toEqual([1, 1, 1]);
  expect(detectron.preprocess?.mean?.map((x) => Math.round(x))).toEqual([104, 116, 124]);
  expect(detectron.said.find(({ what }) => what === 'preprocess')?.why).toBe('From the file: model.pixel_mean, model.pixel_std.');
  const own = await of(file([0.5, 0.5, 0.5], [0.25, 0.25, 0.25], 'normalize.'));
  expect([own.preprocess?.mean, own.preprocess?.std, own.preprocess?.order]).toEqual([
    [127.5, 127.5, 127.5],
    [63.75, 63.75, 63.75],
    undefined,
  ]);
});
