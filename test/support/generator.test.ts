import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generate, nameHash } from './generator.ts';

interface Vector {
  name: string;
  seed: number;
  count: number;
  scale: number;
  offset: number;
  name_hash: number;
  first: number[];
  last: number;
  bit_sum: number;
}

const { vectors } = JSON.parse(readFileSync(new URL('../goldens/generator.json', import.meta.url), 'utf8')) as { vectors: Vector[] };

describe('generate', () => {
  it.each(vectors)('makes $name as the reference does', ({ name, seed, count, scale, offset, name_hash, first, last, bit_sum }) => {
    const data = generate(name, count, seed, scale, offset);
    expect(nameHash(name)).toBe(name_hash);
    expect([...data.subarray(0, first.length)]).toEqual(first);
    expect(data[count - 1]).toBe(last);
    const bits = new Uint32Array(data.buffer);
    expect(bits.reduce((sum, word) => (sum + word) >>> 0, 0)).toBe(bit_sum);
  });
});
