import { describe, expect, test } from 'vitest';
import { Opaque, type Value } from './pickle.ts';
import { TorchStorage, TorchTensor } from './torch-pickle.ts';
import { unwrap } from './unwrap.ts';

const weight = (offset = 0) => new TorchTensor(new TorchStorage('0', 'Float', 100, 0), offset, [1], [1]);
/** Plain objects as Maps, as a pickle returns them. */
const dict = (entries: Record<string, unknown>): Map<Value, Value> =>
  new Map(Object.entries(entries).map(([key, value]) => [key, isPlain(value) ? dict(value) : (value as Value)]));
const isPlain = (value: unknown): value is Record<string, unknown> =>
  Object.prototype.toString.call(value) === '[object Object]' && Object.getPrototypeOf(value) === Object.prototype;
const offsets = (root: Value) => Object.fromEntries([...unwrap(root, 'f').tensors].map(([key, { offset }]) => [key, offset]));
const codeOf = (root: Value) => {
  try {
    return unwrap(root, 'f');
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('unwrap', () => {
  test('a bare dict of tensors', () => {
    expect(offsets(dict({ w: weight(1), b: weight(2), epoch: 3 }))).toEqual({ w: 1, b: 2 });
  });

  test.each(['state_dict', 'model_state_dict', 'model_state', 'model', 'net', 'network', 'module', 'state_dict_ema', 'model_ema', 'ema'])(
    'under %s',
    (key) => {
      expect(offsets(dict({ [key]: { w: weight(1) }, optimizer: { state: {} } }))).toEqual({ w: 1 });
    },
  );

  test('wrappers in wrappers', () => {
    expect(offsets(dict({ ema: { module: { state_dict: { w: weight(1) } }, updates: 5 } }))).toEqual({ w: 1 });
  });

  test.each(['state_dict_ema', 'model_ema', 'module_ema', 'ema'])('averaged weights under %s win over plain ones', (key) => {
    expect(offsets(dict({ state_dict: { w: weight(1) }, [key]: { w: weight(2) } }))).toEqual({ w: 2 });
  });

  test('MMEngine leaves the raw weights under ema_state_dict', () => {
    expect(offsets(dict({ ema_state_dict: { w: weight(1) }, state_dict: { w: weight(2) } }))).toEqual({ w: 2 });
    expect(offsets(dict({ ema_state_dict: { w: weight(1) } }))).toEqual({ w: 1 });
  });

  test('a wrapper without tensors does not hide the others', () => {
    const root = dict({ ema: new Opaque('YOLO'), model: { name: 'resnet' }, state_dict: { w: weight(1) }, best_acc1: weight(7) });
    expect(offsets(root)).toEqual({ w: 1 });
    expect(offsets(dict({ model: { depth: 50 }, w: weight(3) }))).toEqual({ w: 3 });
  });

  test('metadata: plain values of all levels, at most three deep, the outer first', () => {
    const root = dict({
      epoch: 7,
      arch: 'resnet50',
      done: true,
      nothing: null,
      args: new Opaque('argparse.Namespace'),
      meta: { CLASSES: ['cat', 'dog'], dataset: { name: 'cifar', deep: { deeper: 1 } }, mixed: ['a', null] },
      optimizer: { state: {}, param_groups: [dict({ lr: 0.1 })] },
      state_dict: { w: weight(), version: 2, epoch: 8 },
    });
    expect(unwrap(root, 'f').metadata).toEqual({
      epoch: 7,
      arch: 'resnet50',
      done: true,
      meta: { CLASSES: ['cat', 'dog'], dataset: { name: 'cifar' } },
      version: 2,
    });
  });

  test('keys named after prototype members stay data', () => {
    const { metadata, tensors } = unwrap(
      new Map<Value, Value>([
        ['__proto__', 'x'],
        ['constructor', 1],
        ['toString', weight()],
      ]),
      'f',
    );
    expect(Object.entries(metadata)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 1],
    ]);
    expect([...tensors.keys()]).toEqual(['toString']);
  });

  test('cyclic and widely shared dicts end', () => {
    const cyclic = dict({ state_dict: {} });
    (cyclic.get('state_dict') as Map<Value, Value>).set('model', cyclic);
    expect(codeOf(cyclic)).toBe('checkpoint-keys');
    let shared = dict({ note: 'x' });
    for (let i = 0; i < 40; i++) shared = new Map<Value, Value>(['model', 'net', 'ema', 'state_dict'].map((key) => [key, shared]));
    expect(codeOf(shared)).toBe('checkpoint-keys');
    let bomb: Value = 'x';
    // 4 * 10^8 entries to visit, made of only 40,000.
    for (let i = 0; i < 2; i++) bomb = new Map<Value, Value>(Array.from({ length: 20_000 }, (_, j) => [`k${j}`, bomb]));
    const { metadata } = unwrap(
      new Map<Value, Value>([
        ['bomb', bomb],
        ['w', weight()],
      ]),
      'f',
    );
    expect(Object.keys(metadata.bomb as object).length).toBeLessThan(10);
  });

  test.each<[string, Value, string]>([
    ['a pickled model', new Opaque('torchvision.models.resnet.ResNet'), 'checkpoint-format'],
    ['a list', [1, 2], 'checkpoint-keys'],
    ['a bare tensor', weight(), 'checkpoint-keys'],
    ['an empty dict', new Map(), 'checkpoint-keys'],
    ['tensors under numbers only', new Map<Value, Value>([[1, weight()]]), 'checkpoint-keys'],
    ['a sparse tensor', dict({ w: weight(), s: new Opaque('torch._utils._rebuild_sparse_tensor') }), 'unsupported'],
  ])('refuses %s', (_, root, code) => {
    expect(codeOf(root)).toBe(code);
  });
});
