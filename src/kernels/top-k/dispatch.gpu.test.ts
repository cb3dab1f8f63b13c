/** Ranking on a device, compared with a sort of the same numbers. */
import { afterAll, describe, expect, test } from 'vitest';
import { DispatchRunner } from '../../../test/support/dispatch.ts';
import { openNodeDevice } from '../../../test/support/node-gpu.ts';
import { noise } from '../lib/case.ts';
import { topKDispatch, topKWords } from './dispatch.ts';

const device = await openNodeDevice();
const runner = new DispatchRunner(device);
afterAll(() => device.destroy());

interface Row {
  bad: number;
  value: number;
  indices: number[];
  logits: number[];
}

async function rank(rows: Float32Array[], k: number): Promise<Row[]> {
  const classes = rows[0]?.length ?? 0;
  const logits = Float32Array.from(rows.flatMap((row) => [...row]));
  const dispatch = topKDispatch({ rows: rows.length, classes, k });
  const contents = new Map([
    ['logits', logits.buffer],
    ['output', new ArrayBuffer(rows.length * topKWords(k) * 4)],
  ]);
  const { buffers } = await runner.run([{ dispatch, operands: ['logits', 'output'] }], contents, ['output']);
  const view = new DataView(buffers.get('output') ?? new ArrayBuffer(0));
  return rows.map((_, row) => {
    const base = row * topKWords(k) * 4;
    const ranks = Array.from({ length: k }, (_, i) => base + 8 + i * 8);
    return {
      bad: view.getUint32(base, true),
      value: view.getFloat32(base + 4, true),
      indices: ranks.map((at) => view.getUint32(at, true)),
      logits: ranks.map((at) => view.getFloat32(at + 4, true)),
    };
  });
}

function expected(row: Float32Array, k: number): Row {
  const at = (i: number) => row[i] ?? 0;
  const indices = [...row.keys()].sort((a, b) => at(b) - at(a) || a - b).slice(0, k);
  const value = row.reduce((sum, x) => sum + Math.exp(x - at(indices[0] ?? 0)), 0);
  return { bad: 0xffffffff, value, indices, logits: indices.map(at) };
}

const TINY = 1e-40;
const cases: [string, Float32Array[], number][] = [
  ['one class', [Float32Array.of(-3)], 1],
  ['ImageNet', [noise([1000], 1, 10), noise([1000], 2, 10)], 5],
  ['ImageNet-21k, 64 ranks', [noise([21841], 3, 5)], 64],
  ['odd numbers of classes', [1, 255, 256, 257].map((n) => noise([511], n)), 7],
  ['all of them', [noise([130], 4)], 130],
  ['equal logits', [new Float32Array(300).fill(2.5), new Float32Array(300)], 9],
  ['few different logits', [noise([700], 5, 3).map(Math.round)], 50],
  ['both zeros, which are equal', [Float32Array.of(-0, 0, -0, -1, 0)], 5],
  ['denormals', [Float32Array.of(0, -TINY, TINY, 2 * TINY, 0)], 5],
  ['the largest numbers', [Float32Array.of(-3.4e38, 3.4e38, 0, 3.3e38)], 4],
];

describe('top-k', () => {
  test.each(cases)('%s', async (_, rows, k) => {
    const ranked = await rank(rows, k);
    for (const [i, row] of rows.entries()) {
      const { value, ...want } = expected(row, k);
      expect(ranked[i]).toMatchObject(want);
      // Error of the sum. A probability's error is no larger.
      expect(Math.abs((ranked[i]?.value ?? 0) / value - 1)).toBeLessThan(1e-6);
    }
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('names the first %s', async (wrong) => {
    const row = noise([600], 6);
    row[599] = Number.NaN;
    row[300] = wrong;
    const [fine, found] = await rank([noise([600], 7), row], 3);
    expect(fine?.bad).toBe(0xffffffff);
    expect(found).toMatchObject({ bad: 300, value: wrong });
  });
});
