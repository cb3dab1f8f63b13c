import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { align, type Block, BUFFER_ALIGNMENT, placeBlocks } from './memory.ts';

const MAX = 2 ** 30;

/** Blocks with symmetric conflicts among blocks that are alive at the same time. */
const blocksArbitrary = fc
  .array(fc.record({ bytes: fc.integer({ min: 4, max: 100_000 }), first: fc.nat(40), length: fc.nat(10), conflict: fc.nat(1000) }), {
    minLength: 1,
    maxLength: 60,
  })
  .map((drafts): Block[] => {
    const apart = drafts.map(() => new Set<number>());
    drafts.forEach(({ conflict }, i) => {
      const j = conflict % drafts.length;
      if (i === j || conflict % 3 !== 0) return;
      apart[i]?.add(j);
      apart[j]?.add(i);
    });
    return drafts.map(({ bytes, first, length }, i) => ({ bytes, first, last: first + length, apart: apart[i] ?? new Set() }));
  });

describe('placeBlocks', () => {
  it('never overlaps blocks that are alive together, keeps conflicting ones in other buffers, aligns and bounds', () => {
    fc.assert(
      fc.property(blocksArbitrary, (blocks) => {
        const { placements, buffers } = placeBlocks(blocks, MAX);
        blocks.forEach((a, i) => {
          const pa = placements[i];
          if (!pa) throw new Error('block without a place');
          expect(pa.byteOffset % BUFFER_ALIGNMENT).toBe(0);
          expect(pa.byteOffset + a.bytes).toBeLessThanOrEqual(buffers[pa.buffer] ?? 0);
          blocks.slice(0, i).forEach((b, j) => {
            const pb = placements[j];
            if (!pb || pa.buffer !== pb.buffer) return;
            expect(a.apart.has(j)).toBe(false);
            const together = a.first <= b.last && b.first <= a.last;
            const overlap = pa.byteOffset < pb.byteOffset + b.bytes && pb.byteOffset < pa.byteOffset + a.bytes;
            expect(together && overlap).toBe(false);
          });
        });
      }),
    );
  });

  it('needs little more than what is alive at once in a chain', () => {
    const chain: Block[] = Array.from({ length: 50 }, (_, i) => ({ bytes: 1024, first: i, last: i + 1, apart: new Set([i - 1, i + 1]) }));
    const { buffers } = placeBlocks(chain, MAX);
    expect(buffers).toEqual([1024, 1024]);
  });

  it('opens another buffer where one would exceed the largest', () => {
    const both: Block[] = [0, 1].map(() => ({ bytes: 700, first: 0, last: 1, apart: new Set<number>() }));
    expect(placeBlocks(both, 1000).buffers).toEqual([align(700), align(700)]);
    expect(placeBlocks(both, 2000).buffers).toHaveLength(1);
  });
});
