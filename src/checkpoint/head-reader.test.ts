import { describe, expect, test } from 'vitest';
import { buildGraph } from '../arch/graph.ts';
import { headTensors, readHead } from './head-reader.ts';
import type { HeadContext, HeadReading } from './reading.ts';
import type { CheckpointTensor, ModuleInfo } from './types.ts';

const WIDTH = 8;

/** Shapes by path. A Linear is written as `[o, i]` and has a bias, unless the path ends in a parameter. */
function read(shapes: Record<string, number[] | 'bn' | 'ln'>, context: Partial<HeadContext> = {}): HeadReading {
  const tensors = new Map<string, CheckpointTensor>();
  const add = (path: string, shape: number[]) =>
    tensors.set(path, { dtype: 'f32', shape, read: async () => ({ data: new Float32Array(), shape }) });
  let width = WIDTH;
  for (const [path, shape] of Object.entries(shapes)) {
    if (shape === 'bn' || shape === 'ln') {
      for (const name of ['weight', 'bias', ...(shape === 'bn' ? ['running_mean', 'running_var'] : [])]) add(`${path}.${name}`, [width]);
      if (shape === 'bn') add(`${path}.num_batches_tracked`, []);
    } else if (/(weight|bias|\.p|^p|tp)$/.test(path) || shape.length === 0) add(path, shape);
    else {
      add(`${path}.weight`, shape);
      add(`${path}.bias`, shape.slice(0, 1));
    }
    if (shape !== 'bn' && shape !== 'ln' && shape.length > 1) width = shape[0] ?? width;
  }
  return readHead({ width: WIDTH, trunk: '', tensors, metadata: {}, ...context });
}

const layers = ({ config }: HeadReading) => (config?.head?.layers as { type: string }[] | undefined)?.map(({ type }) => type);
const others = ({ assumed }: HeadReading) => assumed.map(({ what, alternatives }) => [what, alternatives.map(({ value }) => value)]);

describe('a linear layer', () => {
  test.each(['fc', 'classifier', 'head', 'my.own.name'])('is a head whatever its name: %s', (name) => {
    const reading = read({ [name]: [3, WIDTH] });
    expect(reading.config).toEqual({ neck: { type: 'GlobalAveragePooling' }, head: { type: 'LinearClsHead', num_classes: 3 } });
    expect([...reading.tensors.keys()]).toEqual(['head.fc.weight', 'head.fc.bias']);
    expect(reading.used).toEqual([`${name}.weight`, `${name}.bias`]);
    expect(reading.text).toContain(`Linear ${WIDTH} > 3`);
    expect(reading.assumed).toEqual([]);
  });

  test('needs no bias', () => {
    const reading = read({ 'fc.weight': [3, WIDTH] });
    expect(reading.config?.head).toEqual({ type: 'LinearClsHead', num_classes: 3, bias: false });
  });

  test('is alone among what has nothing to do with it', () => {
    const reading = read({ fc: [3, WIDTH], 'criterion.weight': [3], best_acc: [], 'val_acc.tp': [3], 'queue.weight': [4, 5] });
    expect(reading.config?.head).toMatchObject({ num_classes: 3 });
    expect(reading.used).toEqual(['fc.weight', 'fc.bias']);
  });

  test('in a Sequential may be followed by something', () => {
    const reading = read({ 'fc.1': [3, WIDTH] });
    expect(layers(reading)).toEqual(['Linear']);
    expect(others(reading)).toEqual([['head end', ['LogSoftmax', 'Softmax', 'Sigmoid']]]);
    expect(reading.assumed[0]?.alternatives[0]?.config?.head).toEqual({
      type: 'SequentialHead',
      layers: [{ type: 'Linear', out_features: 3 }, { type: 'LogSoftmax' }],
    });
  });
});

describe('a stack', () => {
  test.each<[string, Record<string, number[] | 'bn' | 'ln'>, string[]]>([
    ['no gap', { 'fc.0': [4, WIDTH], 'fc.1': [3, 4] }, ['Linear', 'Linear']],
    ['a gap of one', { 'fc.0': [4, WIDTH], 'fc.2': [3, 4] }, ['Linear', 'ReLU', 'Linear']],
    ['a gap of two', { 'fc.1': [4, WIDTH], 'fc.4': [3, 4] }, ['Linear', 'ReLU', 'Dropout', 'Linear']],
    ['a norm at once', { 'fc.0': [4, WIDTH], 'fc.1': 'bn', 'fc.3': [3, 4] }, ['Linear', 'BatchNorm1d', 'ReLU', 'Linear']],
    [
      'fastai',
      { '1.2': 'bn', '1.4': [4, WIDTH], '1.6': 'bn', '1.8': [3, 4] },
      ['BatchNorm1d', 'Dropout', 'Linear', 'ReLU', 'BatchNorm1d', 'Dropout', 'Linear'],
    ],
    ['PReLU', { 'fc.0': [4, WIDTH], 'fc.1.weight': [4], 'fc.3': [3, 4] }, ['Linear', 'PReLU', 'Dropout', 'Linear']],
    ['a layer norm', { 'head.0': 'ln', 'head.1': [3, WIDTH] }, ['LayerNorm', 'Linear']],
    ['names', { 'fc.fc1': [4, WIDTH], 'fc.fc2': [3, 4] }, ['Linear', 'ReLU', 'Linear']],
    ['names in another order', { 'net.out': [3, 4], 'net.hidden': [4, WIDTH] }, ['Linear', 'ReLU', 'Linear']],
    ['named norms', { 'head.a': [4, WIDTH], 'head.norm': 'bn', 'head.b': [3, 4] }, ['Linear', 'BatchNorm1d', 'ReLU', 'Linear']],
    ['numbered names', { fc1: [4, WIDTH], fc2: [3, 4] }, ['Linear', 'ReLU', 'Linear']],
  ])('with %s', (_, shapes, wanted) => {
    const reading = read(shapes);
    expect(reading.problem).toBeUndefined();
    expect(layers(reading)).toEqual(wanted);
    expect(reading.classes).toBe(3);
    for (const { alternatives } of reading.assumed)
      for (const { config } of alternatives) {
        // Tensors keep their order, so any alternative can be bound to what was read.
        const graph = buildGraph(
          { type: 'ImageClassifier', backbone: { type: 'ResNet', depth: 18, base_channels: 1 }, ...config },
          [1, 3, 64, 64],
        );
        const keys = graph.nodes.flatMap(({ name, weights }) =>
          name.startsWith('head') ? Object.values(weights).map(({ key }) => key) : [],
        );
        expect(keys.every((key) => reading.tensors.has(key))).toBe(true);
      }
  });

  test('says what it took for granted, with what else it could be', () => {
    const { assumed } = read({ 'fc.0': [4, WIDTH], 'fc.2': [3, 4] });
    expect(assumed[0]).toMatchObject({ what: 'head layer', value: 'ReLU between fc.0 and fc.2' });
    expect(assumed[0]?.alternatives.map(({ value }) => value)).toContain('Tanh');
  });

  test('follows what a wrapped network gives', () => {
    const reading = read({ 'backbone.fc': [5, WIDTH], head: [3, 5] }, { trunk: 'backbone' });
    expect(layers(reading)).toEqual(['Linear', 'Dropout', 'Linear']);
    expect(others(reading)[0]?.[1]).toContain('ReLU');
  });

  test('known from the modules of a pickled model is not assumed', () => {
    const module = (type: string, attributes = {}): ModuleInfo => ({ type, attributes });
    const modules = new Map([
      ['fc', module('Sequential')],
      ['fc.0', module('Linear')],
      ['fc.1', module('Tanh')],
      ['fc.2', module('BatchNorm1d', { eps: 1e-3 })],
      ['fc.3', module('Linear')],
      ['fc.4', module('LogSoftmax')],
    ]);
    const reading = read({ 'fc.0': [4, WIDTH], 'fc.2': 'bn', 'fc.3': [3, 4] }, { modules });
    expect(layers(reading)).toEqual(['Linear', 'Tanh', 'BatchNorm1d', 'Linear', 'LogSoftmax']);
    expect(reading.config?.head?.layers).toContainEqual({ type: 'BatchNorm1d', eps: 1e-3 });
    // All but how the outputs are to be read.
    expect(reading.assumed.map(({ what }) => what)).toEqual(['head']);
  });
});

describe('pooling', () => {
  test('with a learned exponent is generalised mean', () => {
    const reading = read({ fc: [3, WIDTH], 'avgpool.p': [1] });
    expect(reading.config?.neck).toEqual({ type: 'GeneralizedMeanPooling' });
    expect([...reading.tensors.keys()]).toContain('neck.p');
    expect(reading.used).toContain('avgpool.p');
  });

  test('of twice the width is fastai’s where the head has places for it', () => {
    const reading = read({ '1.2.weight': [16], '1.2.bias': [16], '1.2.running_mean': [16], '1.2.running_var': [16], '1.4': [3, 16] });
    expect(reading.config?.neck).toEqual({ type: 'ConcatPooling' });
    expect(reading.assumed[0]).toMatchObject({
      what: 'pooling',
      alternatives: [{ config: { neck: { type: 'ConcatPooling', first: 'avg' } } }],
    });
  });

  test('of twice the width is a choice elsewhere', () => {
    const reading = read({ fc: [3, 16] });
    expect(reading.problem).toContain('twice');
    expect(reading.candidates?.map(({ neck }) => neck?.first)).toEqual(['max', 'avg']);
  });
});

describe('what is no head, or several', () => {
  test('nothing is none', () => {
    expect(read({})).toMatchObject({ text: 'none', assumed: [] });
    expect(read({ 'decoder.conv.weight': [4, WIDTH, 3, 3], 'neck.lateral.weight': [4, WIDTH, 1, 1] })).toMatchObject({ text: 'none' });
  });

  test('layers of other widths are left out, and named', () => {
    const reading = read({ class_embed: [5, 5] });
    expect(reading.config).toBeUndefined();
    expect(reading.problem).toBeUndefined();
    expect(reading.text).toBe('none; left out: class_embed');
  });

  test('a layer on the map’s pixels is not understood', () => {
    expect(read({ fc: [3, WIDTH * 49] }).problem).toContain('fc.weight (3x392)');
  });

  test('two heads are both named, and neither is taken', () => {
    const reading = read({ fc_yaw: [3, WIDTH], fc_pitch: [4, WIDTH] });
    expect(reading.config).toBeUndefined();
    expect(reading.text).toContain('fc_yaw');
    expect(reading.text).toContain('fc_pitch');
    expect(reading.assumed[0]?.alternatives.map(({ value }) => value)).toEqual(['fc_yaw', 'fc_pitch']);
    const { config } = reading.assumed[0]?.alternatives[1] ?? {};
    const graph = buildGraph(
      { type: 'ImageClassifier', backbone: { type: 'ResNet', depth: 18, base_channels: 1 }, ...config },
      [1, 3, 64, 64],
    );
    expect([...headTensors(reading, graph, 'fc_pitch')].map(([key, { shape }]) => [key, shape])).toEqual([
      ['head.fc.weight', [4, WIDTH]],
      ['head.fc.bias', [4]],
    ]);
  });

  test('a stack in the place of the head may be followed by a layer', () => {
    const reading = read({ 'projection.0.weight': [4, WIDTH], 'projection.1': 'bn', 'prototypes.weight': [3, 4] });
    expect(layers(reading)).toEqual(['Linear', 'BatchNorm1d', 'ReLU', 'Linear']);
  });

  test('a layer that was added to a class with a head of its own is a question', () => {
    const reading = read({ fc: [5, WIDTH], fc2: [3, 5] });
    expect(reading.problem).toContain('fc2');
    expect(reading.config).toBeUndefined();
  });
});
