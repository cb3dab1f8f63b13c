import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { safetensors } from '../../test/support/safetensors-writer.ts';
import { call, floats, storageOf, tensor, torchLegacy, torchZip } from '../../test/support/torch-writer.ts';
import { readCheckpoint } from './read.ts';
import type { Checkpoint } from './types.ts';

/** Number of tensors, and the sum of all float32 bit patterns modulo 2^32, computed with Python's struct module. */
const GOLDENS: Record<string, [tensors: number, bitSum: number]> = {
  bf16: [66, 788378496],
  channels_last: [66, 1882549556],
  ema: [68, 3987996179],
  foreign_objects: [66, 538157847],
  fp16: [66, 3039694464],
  module_prefix: [66, 2278609593],
  parameters: [66, 1711311450],
  shared_storage: [66, 4100437258],
};

function golden(name: string, file: string): Buffer<ArrayBuffer> {
  return readFileSync(new URL(`../../test/goldens/formats/${name}/${file}`, import.meta.url));
}

function akamaster(file: string): Buffer<ArrayBuffer> {
  return readFileSync(new URL(`../../test/checkpoints/weights/akamaster-cifar10/${file}`, import.meta.url));
}

/** Reads everything. */
async function contents({ tensors }: Checkpoint): Promise<Record<string, { shape: number[]; bits: Uint32Array }>> {
  const all: Record<string, { shape: number[]; bits: Uint32Array }> = {};
  for (const [name, tensor] of tensors) {
    const { data, shape } = await tensor.read();
    expect(shape).toEqual(tensor.shape);
    all[name] = { shape, bits: new Uint32Array(data.buffer, data.byteOffset, data.length) };
  }
  return all;
}

function bitSum(all: Record<string, { bits: Uint32Array }>): number {
  return Object.values(all).reduce((sum, { bits }) => bits.reduce((inner, word) => (inner + word) >>> 0, sum), 0);
}

describe('files written by PyTorch', () => {
  test.each(Object.entries(GOLDENS))('%s: zip, legacy and safetensors hold the same bits', async (name, [count, sum]) => {
    const zip = await readCheckpoint(golden(name, 'weights.pth'));
    const legacy = await readCheckpoint(golden(name, 'weights.legacy.pth'));
    const reference = await readCheckpoint(golden(name, 'weights.safetensors'));
    expect([zip.format, legacy.format, reference.format]).toEqual(['pytorch-zip', 'pytorch-legacy', 'safetensors']);
    expect([zip.scheme, legacy.scheme]).toEqual([reference.scheme, reference.scheme]);
    const expected = await contents(reference);
    expect(Object.keys(expected)).toHaveLength(count);
    expect(bitSum(expected)).toBe(sum);
    expect(await contents(zip)).toEqual(expected);
    expect(await contents(legacy)).toEqual(expected);
    for (const [key, { dtype }] of reference.tensors)
      expect([zip.tensors.get(key)?.dtype, legacy.tensors.get(key)?.dtype]).toEqual([dtype, dtype]);
  });

  test('plain values beside the weights become metadata, and attributes of objects', async () => {
    expect((await readCheckpoint(golden('module_prefix', 'weights.pth'))).metadata).toEqual({ epoch: 90, arch: 'resnet50' });
    expect((await readCheckpoint(golden('foreign_objects', 'weights.pth'))).metadata).toEqual({
      // `classes` is a set there, without an order.
      meta: { shape: [1, 3], best: 0.765, seed: 7, env: { lr: 0.1, name: 'r50' } },
    });
  });

  // Names, counts and sums from Python: 271,098 and 466,426 numbers. Storages are tagged cuda:0.
  test.each([
    ['resnet20-12fca82f.th', 97, 271098, 248395717, 91.78000183105469],
    ['resnet32-d509ac18.th', 157, 466426, 2607321529, 92.78000144958496],
  ])('%s of 2018, a legacy stream from a GPU under DataParallel', async (file, count, numbers, sum, accuracy) => {
    const checkpoint = await readCheckpoint(akamaster(file));
    expect(checkpoint).toMatchObject({ format: 'pytorch-legacy', scheme: 'akamaster', metadata: { best_prec1: accuracy } });
    const all = await contents(checkpoint);
    const names = Object.keys(all);
    expect([names.length, names[0], names[names.length - 1]]).toEqual([count, 'conv1.weight', 'linear.bias']);
    expect(Object.values(all).reduce((total, { bits }) => total + bits.length, 0)).toBe(numbers);
    expect(bitSum(all)).toBe(sum);
    expect(all['layer3.0.conv1.weight']?.shape).toEqual([64, 32, 3, 3]);
  });

  test('from a Blob, an ArrayBuffer, and a window at an odd offset', async () => {
    const file = golden('fp16', 'weights.pth');
    const expected = await contents(await readCheckpoint(file));
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    for (const form of [new Blob([file]), Uint8Array.from(file).buffer, shifted.subarray(3)]) {
      expect(await contents(await readCheckpoint(form))).toEqual(expected);
    }
  });
});

describe('memory', () => {
  test('stored, aligned float32 is a view of the file in all formats', async () => {
    const storage = floats('0', [1, 2, 3, 4]);
    const files = [
      torchZip({ w: tensor(storage, { shape: [4] }) }, [storage], { align: 64 }),
      Uint8Array.from(golden('ema', 'weights.safetensors')),
    ];
    for (const bytes of files) {
      const [first] = (await readCheckpoint(bytes)).tensors.values();
      expect((await first?.read())?.data.buffer).toBe(bytes.buffer);
    }
  });

  /** A Blob that records how much of it is read. */
  class WatchedBlob extends Blob {
    largest = 0;
    total = 0;
    override slice(start?: number, end?: number): Blob {
      const part = super.slice(start, end);
      this.largest = Math.max(this.largest, part.size);
      this.total += part.size;
      return part;
    }
    override arrayBuffer(): Promise<ArrayBuffer> {
      throw new Error('read whole');
    }
  }

  const big = Array.from({ length: 40 }, (_, i) => floats(String(i), new Float32Array(100_000).fill(i)));
  const state = (legacy: boolean) =>
    Object.fromEntries(big.map((storage) => [`w${storage.key}`, tensor(storage, { shape: [1000, 100] }, legacy)]));
  test.each([
    ['zip', () => torchZip(state(false), big)],
    ['legacy', () => torchLegacy(state(true), big)],
  ])('of a picked 16 MB %s file only the table of contents and the wanted tensor are read', async (_, write) => {
    const blob = new WatchedBlob([write()]);
    const { tensors } = await readCheckpoint(blob);
    expect(tensors.size).toBe(40);
    expect(blob.total).toBeLessThan(1.2e6);
    const before = blob.total;
    const { data } = (await tensors.get('w7')?.read()) ?? {};
    expect(data?.length).toBe(100_000);
    expect(data?.every((value) => value === 7)).toBe(true);
    expect(blob.total - before).toBeLessThan(400_100);
  });

  test('of a shared storage only the window is read', async () => {
    const storage = floats(
      '0',
      new Float32Array(1_000_000).map((_, i) => i),
    );
    const blob = new WatchedBlob([torchZip({ w: tensor(storage, { shape: [10, 2], stride: [1, 10], offset: 500_000 }) }, [storage])]);
    const { data } = (await (await readCheckpoint(blob)).tensors.get('w')?.read()) ?? {};
    expect([...(data ?? [])].slice(0, 4)).toEqual([500_000, 500_010, 500_001, 500_011]);
    expect(blob.largest).toBeLessThan(100_000);
  });
});

describe('what torch.save may contain', () => {
  const numbers = floats('0', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  const layouts = {
    window: { shape: [3], offset: 4 },
    transposed: { shape: [4, 3], stride: [1, 4] },
    expanded: { shape: [2, 3], stride: [0, 1] },
    everyThird: { shape: [4], stride: [3] },
    channelsLast: { shape: [1, 3, 2, 2], stride: [12, 1, 6, 3] },
    scalar: { shape: [], offset: 11 },
    empty: { shape: [0, 5] },
  };
  const expected = {
    window: [4, 5, 6],
    transposed: [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11],
    expanded: [0, 1, 2, 0, 1, 2],
    everyThird: [0, 3, 6, 9],
    channelsLast: [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11],
    scalar: [11],
    empty: [],
  };
  const state = (legacy: boolean) =>
    Object.fromEntries(Object.entries(layouts).map(([name, layout]) => [name, tensor(numbers, layout, legacy)]));
  const values = async (bytes: Uint8Array) => {
    const found: Record<string, number[]> = {};
    for (const [name, item] of (await readCheckpoint(bytes)).tensors) found[name] = [...(await item.read()).data];
    return found;
  };

  test.each([
    ['stored zip', () => torchZip(state(false), [numbers])],
    ['deflated zip', () => torchZip(state(false), [numbers], { deflate: true })],
    ['zip64', () => torchZip(state(false), [numbers], { zip64: true, comment: 'PK\x05\x06 in a comment' })],
    ['zip with another folder name', () => torchZip(state(false), [numbers], { folder: 'runs/best model/', comment: 'saved' })],
    ['zip without a folder', () => torchZip(state(false), [numbers], { folder: '' })],
    ['legacy', () => torchLegacy(state(true), [numbers])],
  ])('shared storage, any strides, zero strides: %s', async (_, write) => {
    expect(await values(write())).toEqual(expected);
  });

  test('every number type, in both containers', async () => {
    const types = [
      storageOf('a', 'Double', Float64Array.of(0.5, -2), 2),
      storageOf('b', 'Half', Uint16Array.of(0x3c00, 0xc000), 2),
      storageOf('c', 'BFloat16', Uint16Array.of(0x4000, 0xbf80), 2),
      storageOf('d', 'Long', BigInt64Array.of(3n, -4n), 2),
      storageOf('e', 'Int', Int32Array.of(5, -6), 2),
      storageOf('f', 'Short', Int16Array.of(7, -8), 2),
      storageOf('g', 'Char', Int8Array.of(9, -10), 2),
      storageOf('h', 'Byte', Uint8Array.of(11, 255), 2),
      storageOf('i', 'Bool', Uint8Array.of(1, 0), 2),
    ];
    const root = (legacy: boolean) => Object.fromEntries(types.map((storage) => [storage.type, tensor(storage, { shape: [2] }, legacy)]));
    const all = {
      Double: [0.5, -2],
      Half: [1, -2],
      BFloat16: [2, -1],
      Long: [3, -4],
      Int: [5, -6],
      Short: [7, -8],
      Char: [9, -10],
      Byte: [11, 255],
      Bool: [1, 0],
    };
    expect(await values(torchZip(root(false), types))).toEqual(all);
    expect(await values(torchLegacy(root(true), types))).toEqual(all);
  });

  test('a big-endian machine', async () => {
    const swap = (bytes: Uint8Array) => Uint8Array.from(bytes, (_, i) => bytes[(i & ~3) + 3 - (i & 3)] as number);
    const swapped = { ...numbers, bytes: swap(numbers.bytes) };
    const bytes = torchZip(state(false), [swapped], { extra: { byteorder: new TextEncoder().encode('big') } });
    expect(await values(bytes)).toEqual(expected);
  });

  test('a legacy pickle of more than the first megabyte', async () => {
    const bytes = torchLegacy({ note: 'x'.repeat(1_500_000), w: tensor(numbers, { shape: [2] }, true) }, [numbers]);
    expect(await values(bytes)).toEqual({ w: [0, 1] });
  });

  test('legacy windows of storages', async () => {
    const root = { w: tensor(numbers, { shape: [2], offset: 1, view: ['v', 4, 6] }, true), whole: tensor(numbers, { shape: [12] }, true) };
    expect((await values(torchLegacy(root, [numbers]))).w).toEqual([5, 6]);
  });

  test('parameters, tensors with attributes, and old rebuilders', async () => {
    const plain = tensor(numbers, { shape: [2] });
    const [storage, ...rest] = plain.args;
    const root = {
      parameter: call('torch._utils._rebuild_parameter', plain, true, call('collections.OrderedDict')),
      withState: call('torch._utils._rebuild_parameter_with_state', plain, true, null, { note: 1 }),
      v1: call('torch._utils._rebuild_tensor', storage, ...rest.slice(0, 3)),
      v3: call('torch._utils._rebuild_tensor_v3', storage, 0, [2], [1], false, null, torchName('float32'), {}),
      attributes: call('torch._tensor._rebuild_from_type_v2', plain.callee, torchName('Tensor'), plain.args, { note: 1 }),
    };
    expect(Object.values(await values(torchZip(root, [numbers])))).toEqual(Array(5).fill([0, 1]));
  });
});

describe('prefixes of wrapping modules', () => {
  const storage = floats('0', [1]);
  const keysOf = async (...keys: string[]) => {
    const root = Object.fromEntries(keys.map((key) => [key, tensor(storage, { shape: [1] })]));
    return [...(await readCheckpoint(torchZip(root, [storage]))).tensors.keys()];
  };

  test.each([
    [
      ['module.conv1.weight', 'module.fc.bias'],
      ['conv1.weight', 'fc.bias'],
    ],
    [
      ['_orig_mod.module.conv1.weight', '_orig_mod.module.fc.bias'],
      ['conv1.weight', 'fc.bias'],
    ],
    [
      ['module.conv1.weight', 'fc.bias'],
      ['conv1.weight', 'fc.bias'],
    ],
    [
      ['model.conv1.weight', 'model.fc.bias'],
      ['conv1.weight', 'fc.bias'],
    ],
    [
      ['module.model._orig_mod.net.conv1.weight', 'module.model._orig_mod.net.fc.bias'],
      ['conv1.weight', 'fc.bias'],
    ],
    // A part of the network, not a wrapper.
    [
      ['model.conv1.weight', 'fc.bias'],
      ['model.conv1.weight', 'fc.bias'],
    ],
    [
      ['backbone.conv1.weight', 'head.fc.bias'],
      ['backbone.conv1.weight', 'head.fc.bias'],
    ],
    // Counters of averaged models are only dropped with their prefix.
    [['n_averaged', 'module.conv1.weight'], ['conv1.weight']],
    [['steps', 'module.conv1.weight'], ['conv1.weight']],
    [
      ['steps', 'conv1.weight'],
      ['steps', 'conv1.weight'],
    ],
    // Two keys would become the same.
    [
      ['module.conv1.weight', 'conv1.weight'],
      ['module.conv1.weight', 'conv1.weight'],
    ],
  ])('%j: %j', async (keys, bare) => {
    expect(await keysOf(...keys)).toEqual(bare);
  });

  test.each(['module.', 'model.module.', 'model.'])('a key of a million times %s', async (prefix) => {
    const bytes = safetensors({ [prefix.repeat(1_000_000)]: { dtype: 'F32', shape: [1], bytes: storage.bytes } });
    const [key = ''] = (await readCheckpoint(bytes)).tensors.keys();
    expect(key.length).toBeGreaterThan(prefix.length * 900_000);
  });
});

function torchName(name: string) {
  return call(`torch.${name}`).callee;
}
