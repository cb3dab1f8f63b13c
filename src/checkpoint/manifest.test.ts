import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ResnetError } from '../util/errors.ts';
import { sourceOf } from './byte-source.ts';
import { type Manifest, type ParsedManifest, parseManifest, type WeightsEntry } from './manifest.ts';
import { manifestCheckpoint } from './manifest-tensors.ts';

const hash = '0'.repeat(64);
const minimal: Manifest = {
  format: 'resnet-webgpu',
  formatVersion: 1,
  generatedBy: 'test',
  arch: 'resnet18',
  inputSize: [224, 224],
  preprocess: { mean: [0, 0, 0], std: [1, 1, 1], order: 'rgb' },
  dtype: 'f32',
  shards: [{ path: 'a.bin', bytes: 16, sha256: hash }],
  folded: { bn1: { channels: 2, shift: 'conv1.bias' } },
  weightsManifest: [
    {
      paths: ['a.bin'],
      weights: [
        { name: 'conv1.weight', shape: [2, 1], dtype: 'float32' },
        { name: 'conv1.bias', shape: [2], dtype: 'float32' },
      ],
    },
  ],
};

const group = (...weights: object[]) => ({ ...minimal, weightsManifest: [{ paths: ['a.bin'], weights }] });

describe('refuses', () => {
  const cases: [string, unknown][] = [
    ['no JSON', 'weights'],
    ['a web page', '<!doctype html>'],
    ['JSON without weights', { name: 'app' }],
    ['a newer format', { ...minimal, formatVersion: 2 }],
    ['a group without paths', { ...minimal, weightsManifest: [{ weights: [] }] }],
    ['a tensor without a name', group({ shape: [4], dtype: 'float32' })],
    ['a shape that is none', group({ name: 'x', shape: [-4], dtype: 'float32' })],
    ['a shape beyond all memory', group({ name: 'x', shape: [2 ** 40, 2 ** 40], dtype: 'float32' })],
    ['text', group({ name: 'x', shape: [4], dtype: 'string' })],
    ['an unknown quantization', group({ name: 'x', shape: [4], dtype: 'float32', quantization: { dtype: 'int4' } })],
    ['a name twice', group({ name: 'x', shape: [2], dtype: 'float32' }, { name: 'x', shape: [2], dtype: 'float32' })],
    ['shards that are too short', { ...minimal, shards: [{ path: 'a.bin', bytes: 12, sha256: hash }] }],
    ['a shard without hash', { ...minimal, shards: [{ path: 'a.bin', bytes: 16 }] }],
    ['no shards', { ...minimal, shards: undefined }],
    ['a folded norm without its shift', { ...minimal, folded: { bn1: { channels: 2, shift: 'no' } } }],
    ['a folded norm of any size', { ...minimal, folded: { bn1: { channels: 2 ** 40 } } }],
    ['no architecture', { ...minimal, arch: 50 }],
    ['an input size that is none', { ...minimal, inputSize: [224] }],
    ['no preprocessing', { ...minimal, preprocess: 'imagenet' }],
    ['labels that are no text', { ...minimal, labels: [1, 2] }],
    [
      'a golden record without numbers',
      { ...minimal, golden: { seed: 1, inputShape: [1], outputs: [{ node: 'a', step: 1, values: ['x'] }] } },
    ],
  ];
  test.each(cases)('%s', (_, json) => {
    const text = typeof json === 'string' ? json : JSON.stringify(json);
    expect(() => parseManifest(text, 'manifest.json')).toThrow(ResnetError);
    expect(() => parseManifest(text, 'manifest.json')).toThrowErrorMatchingSnapshot();
  });

  test.each([
    ['graph', { node: [] }],
    ['Keras layers', { model_config: {} }],
  ])('a model of TF.js, as %s', (_, modelTopology) => {
    const text = JSON.stringify({ modelTopology, weightsManifest: [{ paths: ['a.bin'], weights: [] }] });
    expect(() => parseManifest(text, 'model.json')).toThrow('The file is a model of TensorFlow.js.');
  });

  test('a factor that is no tensor', () => {
    const quantization = { dtype: 'uint8', scale: 1, min: -128 };
    const json = group(
      { name: 'x', shape: [4], dtype: 'float32', quantization, channelScale: 'y' },
      { name: 'y', shape: [3], dtype: 'float32' },
    );
    const parsed = parseManifest(JSON.stringify({ ...json, folded: {} }), 'manifest.json');
    expect(() => manifestCheckpoint(parsed, [sourceOf(new Uint8Array(16))], 'manifest.json')).toThrowErrorMatchingInlineSnapshot(
      `[ResnetError: [manifest.json] x needs one factor for each of its output channels, y is none. Get the file again, or save it again with torch.save(model.state_dict(), path).]`,
    );
  });
});

test('whatever the manifest, a ResnetError or a table', () => {
  const json = fc.jsonValue({ maxDepth: 3 });
  const keys = Object.keys(minimal) as (keyof Manifest)[];
  fc.assert(
    fc.property(fc.constantFrom(...keys), json, (key, value) => {
      try {
        const parsed: ParsedManifest = parseManifest(JSON.stringify({ ...minimal, [key]: value }), 'manifest.json');
        expect(parsed.groups.length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(ResnetError);
      }
    }),
    { seed: 1, numRuns: 500 },
  );
});

describe('numbers', () => {
  const read = async (entry: Omit<WeightsEntry, 'name'>, bytes: ArrayLike<number>) => {
    const groups = [{ paths: [], weights: [{ name: 'x.weight', ...entry }], bytes: bytes.length }];
    const checkpoint = manifestCheckpoint({ groups, shards: new Map(), folded: {} }, [sourceOf(Uint8Array.from(bytes))], 'test');
    const tensor = checkpoint.tensors.get('x.weight');
    return [tensor?.dtype, ...((await tensor?.read())?.data ?? [])];
  };
  test.each<[string, Omit<WeightsEntry, 'name'>, number[], (string | number)[]]>([
    ['float32', { shape: [1], dtype: 'float32' }, [0, 0, 0x80, 0x3f], ['f32', 1]],
    ['int32', { shape: [1], dtype: 'int32' }, [0xfe, 0xff, 0xff, 0xff], ['i32', -2]],
    ['bool', { shape: [3], dtype: 'bool' }, [0, 1, 1], ['bool', 0, 1, 1]],
    ['float16', { shape: [2], dtype: 'float32', quantization: { dtype: 'float16' } }, [0, 0x3c, 0, 0xc0], ['f16', 1, -2]],
    ['uint8', { shape: [2], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.5, min: -1 } }, [0, 255], ['u8', -1, 126.5]],
    ['uint16', { shape: [1], dtype: 'float32', quantization: { dtype: 'uint16', scale: 0.25, min: 1 } }, [1, 1], ['i16', 65.25]],
    ['uint8 of whole numbers', { shape: [2], dtype: 'int32', quantization: { dtype: 'uint8', scale: 0.3, min: 0 } }, [1, 5], ['u8', 0, 2]],
  ])('%s', async (_, entry, bytes, expected) => {
    expect(await read(entry, bytes)).toEqual(expected);
  });

  test('a folded norm is an identity to the last bit', async () => {
    const parsed = parseManifest(JSON.stringify(minimal), 'manifest.json');
    const bytes = new Uint8Array(Float32Array.of(1, 2, 0.1, -3).buffer);
    const { tensors } = manifestCheckpoint(parsed, [sourceOf(bytes)], 'manifest.json');
    expect([...tensors.keys()]).toEqual(['conv1.weight', 'bn1.weight', 'bn1.bias', 'bn1.running_mean', 'bn1.running_var']);
    const number = async (key: string) => (await tensors.get(key)?.read())?.data[1] ?? Number.NaN;
    for (const eps of [1e-12, 1e-5, 1e-3, 1])
      expect((await number('bn1.weight')) / Math.sqrt((await number('bn1.running_var')) + eps)).toBe(1);
    expect([await number('bn1.bias'), await number('bn1.running_mean')]).toEqual([-3, 0]);
  });
});
