import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { concat, PersistentId, pickle } from '../../test/support/pickle-writer.ts';
import { safetensors } from '../../test/support/safetensors-writer.ts';
import { call, floats, name, tensor, torchLegacy, torchZip } from '../../test/support/torch-writer.ts';
import { ResnetError } from '../util/errors.ts';
import { readCheckpoint } from './read.ts';

/** Tests that spoil the bytes of files try 8,000 in every run. A long run, in which other tests try 300,000, tries 20 times as many. */
const MORE = Number(process.env.FUZZ_RUNS ?? 3000) > 3000 ? 20 : 1;
vi.setConfig({ testTimeout: 60_000 * MORE });

/**
 * Reads everything. Any bytes must give a result or a ResnetError. The tensors of a result may not exceed the file, except for
 * expanded ones of at most 2^20 elements each.
 */
async function survive(bytes: Uint8Array): Promise<void> {
  try {
    const { tensors } = await readCheckpoint(bytes);
    for (const tensor of tensors.values()) {
      const { data, shape } = await tensor.read();
      expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
      expect(data.length).toBeLessThanOrEqual(Math.max(bytes.length * 1032, 2 ** 20));
    }
  } catch (error) {
    if (!(error instanceof ResnetError)) throw error;
    expect(error.message).toMatch(/^\[/);
  }
}

const golden = (name: string) => Uint8Array.from(readFileSync(new URL(`../../test/goldens/formats/${name}`, import.meta.url)));
const storages = [floats('0', [1, 2, 3, 4, 5, 6]), floats('1', [7, 8])];
const [first, second] = storages as [ReturnType<typeof floats>, ReturnType<typeof floats>];
const root = (legacy: boolean) => ({
  epoch: 3,
  state_dict: {
    a: tensor(first, { shape: [2, 3] }, legacy),
    b: tensor(second, { shape: [2], offset: 0 }, legacy),
    c: tensor(first, { shape: [2], stride: [3] }, legacy),
  },
  other: call('foreign.Thing', 1),
});
const FILES: Record<string, Uint8Array> = {
  safetensors: safetensors({
    a: { dtype: 'F32', shape: [2, 3], bytes: first.bytes },
    b: { dtype: 'F16', shape: [4], bytes: second.bytes },
  }),
  zip: torchZip(root(false), storages),
  'deflated zip64': torchZip(root(false), storages, { deflate: true, zip64: true }),
  legacy: torchLegacy(root(true), storages),
  'golden zip': golden('foreign_objects/weights.pth'),
  'golden legacy': golden('foreign_objects/weights.legacy.pth'),
};

describe.each(Object.entries(FILES))('%s', (title, file) => {
  const numRuns = (title.startsWith('golden') ? 60 : 250) * MORE;

  test('every truncation is an error', async () => {
    const size = fc.nat({ max: file.length - 1 });
    await fc.assert(
      fc.asyncProperty(size, async (length) => {
        await expect(readCheckpoint(file.subarray(0, length))).rejects.toBeInstanceOf(ResnetError);
      }),
      { numRuns },
    );
  });

  test('overwritten bytes', async () => {
    // The first and last bytes contain the structure of all formats.
    const place = fc.oneof(
      fc.nat({ max: file.length - 1 }),
      fc.nat({ max: Math.min(600, file.length - 1) }),
      fc.integer({ min: Math.max(0, file.length - 400), max: file.length - 1 }),
    );
    const value = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat({ max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(place, value), { minLength: 1, maxLength: 8 }), async (edits) => {
        const bytes = file.slice();
        for (const [at, byte] of edits) bytes[at] = byte;
        await survive(bytes);
      }),
      { numRuns },
    );
  });

  test('removed and doubled spans', async () => {
    const at = fc.nat({ max: file.length - 1 });
    await fc.assert(
      fc.asyncProperty(at, at, async (a, b) => {
        await survive(concat(file.subarray(0, a), file.subarray(b)));
      }),
      { numRuns },
    );
  });
});

describe('made up', () => {
  test('random bytes after every known beginning', async () => {
    const starts = [
      '',
      'PK\x03\x04',
      'PK\x05\x06',
      '\x80\x02',
      '\x80\x04\x95',
      '{',
      '<',
      '\x89HDF',
      '\x08\x07\x12',
      'version https://git-lfs',
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }), async (start, rest) => {
        await survive(concat(Buffer.from(start, 'latin1'), rest));
      }),
      { numRuns: 500 * MORE },
    );
  });

  test('safetensors headers of any JSON', async () => {
    const size = fc.oneof(fc.nat(20), fc.constantFrom(-1, 0.5, 2 ** 31, 2 ** 53, 1e300), fc.jsonValue());
    const entry = fc.record(
      {
        dtype: fc.oneof(fc.constantFrom('F32', 'F16', 'BOOL', 'I64', 'F8_E5M2', '__proto__', 'toString'), fc.jsonValue()),
        shape: fc.array(size, { maxLength: 3 }),
        data_offsets: fc.array(size, { maxLength: 3 }),
      },
      { requiredKeys: [] },
    );
    const header = fc.dictionary(fc.constantFrom('a', 'b', '__metadata__', '__proto__', 'constructor'), fc.oneof(entry, fc.jsonValue()));
    await fc.assert(
      fc.asyncProperty(header, fc.uint8Array({ maxLength: 40 }), async (json, data) => {
        await survive(safetensors.raw(JSON.stringify(json), data));
      }),
      { numRuns: 500 * MORE },
    );
  });

  test('pickles of random instructions', async () => {
    const torch = (name: string) => Buffer.from(`c${name}\n`);
    const small = fc.nat({ max: 8 });
    const instruction: fc.Arbitrary<Uint8Array> = fc.oneof(
      // Opcodes without arguments.
      fc.constantFrom(...'().012NQRbadeostul]}').map((opcode) => Buffer.from(opcode)),
      fc
        .constantFrom(0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x94, 0x97, 0x98)
        .map((opcode) => Uint8Array.of(opcode)),
      // Opcodes with one byte of argument: numbers, memo, short texts and integers.
      fc.tuple(fc.constantFrom(0x4b, 0x71, 0x68, 0x82), small).map((pair) => Uint8Array.from(pair)),
      fc
        .tuple(fc.constantFrom(0x55, 0x8c, 0x43, 0x8a), fc.uint8Array({ maxLength: 9 }))
        .map(([opcode, bytes]) => concat(Uint8Array.of(opcode, bytes.length), bytes)),
      // Opcodes with a length, which may be anything.
      fc
        .tuple(fc.constantFrom(0x58, 0x42, 0x8b, 0x54, 0x4a, 0x72, 0x6a), fc.uint8Array({ minLength: 4, maxLength: 8 }))
        .map(([opcode, bytes]) => concat(Uint8Array.of(opcode), bytes)),
      fc
        .constantFrom('storage', '0', 'cpu', 'state_dict', '__proto__', 'module')
        .map((text) => concat(Uint8Array.of(0x8c, text.length), Buffer.from(text))),
      fc
        .constantFrom(
          'torch\nFloatStorage',
          'torch._utils\n_rebuild_tensor_v2',
          'torch._utils\n_rebuild_parameter',
          'torch._tensor\n_rebuild_from_type_v2',
          'torch\nSize',
          'collections\nOrderedDict',
          '__builtin__\ngetattr',
          'foreign\nThing',
        )
        .map(torch),
      // A well-formed tensor helps random programs to get further.
      fc
        .tuple(small, small, small)
        .map(([offset, size, stride]) =>
          Buffer.from(
            `ctorch._utils\n_rebuild_tensor_v2\n((\x8c\x07storagectorch\nFloatStorage\n\x8c\x010\x8c\x03cpuK\x06tQK${String.fromCharCode(offset)}(K${String.fromCharCode(size)}t(K${String.fromCharCode(stride)}ttR`,
            'latin1',
          ),
        ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(instruction, { maxLength: 40 }), async (program) => {
        const pickled = concat(Uint8Array.of(0x80, 2, 0x7d), ...program, Uint8Array.of(0x2e));
        await survive(torchZip(null, storages, { extra: { 'data.pkl': pickled } }));
      }),
      { numRuns: 1500 * MORE },
    );
  });

  test('pickles of random objects, some bytes overwritten', async () => {
    const number = fc.oneof(fc.nat({ max: 4 }), fc.constantFrom(-1, 0.5, 2 ** 31, 2 ** 53, 2 ** 62));
    const sizes = fc.array(number, { maxLength: 4 });
    const storage = fc
      .tuple(fc.constantFrom('Float', 'Half', 'Untyped', 'Odd'), fc.constantFrom('0', '1', '2'), number)
      .map(([type, key, elements]) => new PersistentId(['storage', name(`torch.${type}Storage`), key, 'cpu', elements]));
    const weight = fc
      .tuple(fc.oneof({ weight: 4, arbitrary: storage }, { weight: 1, arbitrary: number }), number, sizes, sizes)
      .map(([from, offset, shape, stride]) =>
        call('torch._utils._rebuild_tensor_v2', from, offset, shape, stride.slice(0, shape.length), false, null),
      );
    const good = fc.constantFrom(...Object.values(root(false).state_dict));
    const { object } = fc.letrec<{ object: unknown; dict: unknown; called: unknown }>((tie) => ({
      object: fc.oneof(
        { maxDepth: 4 },
        number,
        fc.string({ maxLength: 5 }),
        fc.constant(null),
        weight,
        good,
        tie('dict'),
        tie('called'),
        fc.array(tie('object'), { maxLength: 3 }),
      ),
      dict: fc
        .array(fc.tuple(fc.constantFrom('state_dict', 'model', 'ema', 'a', 'b', '__proto__', 7), tie('object')), { maxLength: 4 })
        .map((pairs) => new Map(pairs)),
      called: fc
        .tuple(
          fc.constantFrom(
            'collections.OrderedDict',
            'torch.Size',
            '__builtin__.getattr',
            'torch._utils._rebuild_parameter',
            'torch._tensor._rebuild_from_type_v2',
            'foreign.Thing',
          ),
          fc.array(tie('object'), { maxLength: 3 }),
        )
        .map(([callee, args]) => call(callee, ...args)),
    }));
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 2 });
    const outcomes: Record<string, number> = {};
    await fc.assert(
      fc.asyncProperty(object, good, edits, async (other, tensor, changes) => {
        const pickled = pickle(
          new Map<unknown, unknown>([
            ['other', other],
            ['w', tensor],
          ]),
        );
        for (const [at, byte] of changes) pickled[at % pickled.length] = byte;
        const bytes = torchZip(null, storages, { extra: { 'data.pkl': pickled } });
        await survive(bytes);
        const outcome = await readCheckpoint(bytes).then(
          () => 'read',
          ({ code }) => code,
        );
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      }),
      { numRuns: 1000 * MORE },
    );
    // Both outcomes must be frequent. Otherwise this would only test the first line of a reader.
    expect(outcomes.read).toBeGreaterThan(100);
    expect(outcomes['checkpoint-format']).toBeGreaterThan(100);
  });
});
