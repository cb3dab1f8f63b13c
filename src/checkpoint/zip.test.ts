import { describe, expect, test } from 'vitest';
import { floats, tensor, torchZip } from '../../test/support/torch-writer.ts';
import { type ZipOptions, zip } from '../../test/support/zip-writer.ts';
import { sourceOf } from './byte-source.ts';
import { readZip } from './zip.ts';

const files = { 'a/one': Uint8Array.of(1, 2, 3), 'a/empty': new Uint8Array(), 'a/long': new Uint8Array(100_000).map((_, i) => i % 251) };
const codeOf = (promise: Promise<unknown>) => promise.then(String, (error) => error.code);
const open = (bytes: Uint8Array) => readZip(sourceOf(bytes, 'x.zip'));

describe('readZip', () => {
  test.each<[string, ZipOptions]>([
    ['stored', {}],
    ['deflated', { deflate: true }],
    ['zip64', { zip64: true }],
    [
      'zip64, deflated, aligned, with a comment',
      { zip64: true, deflate: true, align: 64, comment: 'a comment of PK\x05\x06 and more than 22 bytes' },
    ],
  ])('%s entries, whole and in part', async (_, options) => {
    const entries = await open(zip(files, options));
    expect([...entries.keys()]).toEqual(Object.keys(files));
    for (const [name, content] of Object.entries(files)) {
      const entry = entries.get(name);
      expect(entry?.size).toBe(content.length);
      expect(Buffer.compare((await entry?.read(0, content.length)) ?? new Uint8Array(1), content)).toBe(0);
    }
    expect(await entries.get('a/long')?.read(500, 503)).toEqual(files['a/long'].subarray(500, 503));
  });

  test('an archive that ends early has lost its directory', async () => {
    const whole = zip(files);
    for (const size of [30, 5000, whole.length - 1]) expect(await codeOf(open(whole.subarray(0, size)))).toBe('checkpoint-truncated');
  });

  /** The archive with one field overwritten, in the last directory entry or in the end record. */
  function damaged(signature: number, offset: number, value: number, options?: ZipOptions): Uint8Array {
    const bytes = zip(files, options);
    const view = new DataView(bytes.buffer);
    let at = bytes.length - 22;
    while (view.getUint32(at, true) !== signature) at--;
    view.setUint32(at + offset, value, true);
    return bytes;
  }
  const CENTRAL = 0x02014b50;
  const END = 0x06054b50;

  test.each([
    ['a directory past the end', damaged(END, 16, 0x7fffffff)],
    ['a directory of 4 GB', damaged(END, 12, 0xfffffffe)],
    ['a directory with fewer entries than it says', damaged(END, 10, 0x0000ffff)],
    ['a zip64 directory elsewhere', damaged(0x07064b50, 8, 0, { zip64: true })],
    ['a name as long as can be', damaged(CENTRAL, 28, 0xffff)],
  ])('refuses %s', async (_, bytes) => {
    expect(await codeOf(open(bytes))).toBe('checkpoint-format');
  });

  test.each([
    ['a wrong local header', damaged(CENTRAL, 42, 5), 'checkpoint-format'],
    ['an entry past the end', damaged(CENTRAL, 42, 0x7fffffff), 'checkpoint-truncated'],
    ['an unknown method', damaged(CENTRAL, 10, 12), 'checkpoint-format'],
    ['encryption', damaged(CENTRAL, 8, 1), 'checkpoint-format'],
    ['more inflated than announced', damaged(CENTRAL, 24, 99_999, { deflate: true }), 'checkpoint-format'],
    ['less inflated than announced', damaged(CENTRAL, 24, 100_001, { deflate: true }), 'checkpoint-format'],
    ['a deflated stream that ends early', damaged(CENTRAL, 20, 100, { deflate: true }), 'checkpoint-format'],
  ])('refuses to read %s', async (_, bytes, code) => {
    const entry = (await open(bytes)).get('a/long');
    expect(await codeOf(entry?.read(0, entry.size) ?? Promise.resolve())).toBe(code);
  });

  test('inflates no further than somebody reads', async () => {
    const long = new Uint8Array(4_000_000).map((_, i) => (i * i) % 251);
    const bytes = zip({ long }, { deflate: true });
    // Later entries are broken, and nobody notices.
    bytes.fill(0xff, bytes.length - 2000, bytes.length - 200);
    const entry = (await open(bytes)).get('long');
    expect(await entry?.read(1000, 1010)).toEqual(long.subarray(1000, 1010));
    const both = await Promise.all([entry?.read(70_000, 70_010), entry?.read(10, 20)]);
    expect(both).toEqual([long.subarray(70_000, 70_010), long.subarray(10, 20)]);
    expect(await codeOf(entry?.read(0, long.length) ?? Promise.resolve())).toBe('checkpoint-format');
  });

  test('refuses what is made to fill the memory, before it inflates', async () => {
    const bomb = zip({ zeros: new Uint8Array(40_000_000) }, { deflate: true });
    expect(bomb.length).toBeLessThan(50_000);
    await expect((await open(bomb)).get('zeros')?.read(0, 10)).rejects.toThrow(/zeros is packed by method 8, 40000000 bytes in \d{5}\./);
    const small = zip({ zeros: new Uint8Array(1_000_000) }, { deflate: true });
    expect((await (await open(small)).get('zeros')?.read(0, 1_000_000))?.length).toBe(1_000_000);
  });

  test('makes no room for 4 GB that cannot be in some hundred bytes', async () => {
    const entry = (await open(damaged(CENTRAL, 24, 0xfffffff0, { deflate: true }))).get('a/long');
    await expect(entry?.read(0, 10)).rejects.toThrow(/a\/long is packed by method 8, 4294967280 bytes in \d{3,4}\./);
  });

  test('refuses to read past an entry, and two entries of one name', async () => {
    expect(await codeOf((await open(zip(files))).get('a/one')?.read(0, 4) ?? Promise.resolve())).toBe('checkpoint-truncated');
    const bytes = zip({ ab: Uint8Array.of(1), ac: Uint8Array.of(2) });
    const text = String.fromCharCode(...bytes).replaceAll('ac', 'ab');
    expect(await codeOf(open(Uint8Array.from(text, (char) => char.charCodeAt(0))))).toBe('checkpoint-format');
  });

  test('many views of one deflated storage inflate it once', async () => {
    const storage = floats('0', new Float32Array(1000));
    const bytes = torchZip({ a: tensor(storage, { shape: [10] }) }, [storage], { deflate: true });
    let reads = 0;
    const source = sourceOf(bytes);
    const entries = await readZip({
      ...source,
      read: (start, end) => {
        reads++;
        return source.read(start, end);
      },
    });
    const entry = entries.get('archive/data/0');
    for (let i = 0; i < 5; i++) await entry?.read(4 * i, 4 * i + 4);
    // Two for the directory, one for a local header, one for the content.
    expect(reads).toBe(4);
  });
});
