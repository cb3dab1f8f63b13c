import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Segments } from './segments.ts';

const MIB = 2 ** 20;
const all = new Uint8Array(9 * MIB + 5).map((_, i) => (i * 31 + (i >> 8)) & 255);
const pattern = (size: number) => all.slice(0, size);
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

describe('Segments', () => {
  test('any chunks, any announced length, any range', async () => {
    const file = pattern(9 * MIB + 5);
    const sizes = fc.array(fc.integer({ min: 0, max: 3 * MIB }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.constantFrom(0, 100, 5 * MIB, file.length, 2 ** 60),
        fc.nat(),
        fc.nat(),
        async (chunks, expected, a, b) => {
          const bytes = new Segments('x', expected);
          for (const size of chunks) bytes.append(file.subarray(bytes.size, Math.min(file.length, bytes.size + size)));
          const [start = 0, end = 0] = [a % (bytes.size + 1), b % (bytes.size + 1)].sort((p, q) => p - q);
          expect(same(await bytes.read(start, end), file.subarray(start, end))).toBe(true);
        },
      ),
      { numRuns: 20 },
    );
  });

  test('the announced length is one buffer: every range of it is a view', async () => {
    const bytes = new Segments('x', 6 * MIB);
    bytes.append(pattern(6 * MIB));
    expect((await bytes.read(0, 6 * MIB)).buffer).toBe((await bytes.read(5 * MIB, 5 * MIB + 1)).buffer);
  });

  test.each([2 ** 32, 2 ** 60])('a length of %d is not reserved', (length) => {
    const before = process.memoryUsage().arrayBuffers;
    const bytes = new Segments('x', length);
    bytes.append(Uint8Array.of(1));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * MIB);
  });

  test('as a stream, and again after clear', async () => {
    const bytes = new Segments('x', 100);
    bytes.append(pattern(5 * MIB));
    bytes.clear();
    expect(bytes.size).toBe(0);
    bytes.append(pattern(9 * MIB));
    const streamed = new Uint8Array(await new Response(bytes.stream()).arrayBuffer());
    expect(same(streamed, pattern(9 * MIB))).toBe(true);
  });

  test('past the end is a truncated file', async () => {
    const bytes = new Segments('x.pth');
    bytes.append(pattern(10));
    await expect(bytes.read(5, 11)).rejects.toMatchObject({ code: 'checkpoint-truncated', layer: 'x.pth' });
  });
});
