import { describe, expect, it } from 'vitest';
import { channelMap } from './kernel.ts';
import { type ConvPack, groupRange, packedBytes, packWeights } from './pack.ts';

const base: ConvPack = {
  kind: 'conv',
  weight: 'w',
  outChannels: 4,
  inChannels: 4,
  kernel: [1, 1],
  groups: 1,
  inSlices: [4],
  outSlices: [4],
};

function reader(tensors: Record<string, number[]>) {
  return async (key: string) => Float32Array.from(tensors[key] ?? []);
}

async function pack(recipe: ConvPack, tensors: Record<string, number[]>): Promise<number[]> {
  return [...new Float32Array(await packWeights(recipe, 'f32', reader(tensors)))];
}

describe('packWeights of a convolution', () => {
  it('puts biases first, then a column of output channels for each input channel', async () => {
    const w = Array.from({ length: 16 }, (_, i) => i);
    const packed = await pack({ ...base, bias: 'b' }, { w, b: [100, 101, 102, 103] });
    expect(packed).toEqual([100, 101, 102, 103, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15]);
  });

  it('folds a norm in float64, negative scales and a bias included', async () => {
    const norm = { channels: 1, weight: 'g', bias: 'h', mean: 'm', variance: 'v', eps: 1e-5 };
    const recipe = { ...base, outChannels: 1, inChannels: 1, inSlices: [1], outSlices: [1], bias: 'b', norm };
    const packed = await pack(recipe, { w: [2], b: [0.5], g: [-3], h: [0.25], m: [0.125], v: [4] });
    const scale = -3 / Math.sqrt(4 + 1e-5);
    expect(packed[0]).toBe(Math.fround(0.25 - 0.125 * scale + 0.5 * scale));
    expect(packed[4]).toBe(Math.fround(2 * scale));
  });

  it('refuses a bias or statistics of too few channels, which would count as zeros', async () => {
    const w = Array.from({ length: 16 }, (_, i) => i);
    const refused = { code: 'shape', layer: 'b' };
    await expect(pack({ ...base, bias: 'b' }, { w, b: [1, 2, 3] })).rejects.toThrow(expect.objectContaining(refused));
    const norm = { channels: 4, mean: 'b', eps: 0 };
    await expect(pack({ ...base, norm }, { w, b: [1, 2, 3] })).rejects.toThrow(expect.objectContaining(refused));
  });

  it('leaves zeros where a slice is padded to a group', async () => {
    const packed = await pack({ ...base, inChannels: 4, inSlices: [2, 2] }, { w: Array.from({ length: 16 }, (_, i) => i + 1) });
    const columns = packed.slice(4);
    expect(columns).toHaveLength(32);
    expect(columns.slice(8, 16)).toEqual(new Array(8).fill(0));
    expect(columns.slice(16, 20)).toEqual([3, 7, 11, 15]);
  });

  it('writes depthwise weights as diagonal blocks', async () => {
    const packed = await pack({ ...base, groups: 4 }, { w: [1, 2, 3, 4] });
    expect(packed.slice(4)).toEqual([1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 4]);
  });

  it('standardises weights as ConvWS and ConvAWS do', async () => {
    const small = { ...base, outChannels: 1, outSlices: [1], inChannels: 2, inSlices: [2] };
    const ws = await pack({ ...small, standardize: { kind: 'ws', eps: 1e-5 } }, { w: [1, 3] });
    expect(ws[4]).toBeCloseTo(-1 / (Math.SQRT2 + 1e-5), 6);
    expect(ws[8]).toBeCloseTo(1 / (Math.SQRT2 + 1e-5), 6);
    const aws = await pack({ ...small, standardize: { kind: 'aws', eps: 1e-5, gamma: 'g', beta: 'b' } }, { w: [1, 3], g: [2], b: [10] });
    expect(aws[4]).toBeCloseTo(10 - 2 / Math.sqrt(2 + 1e-5), 5);
  });

  it('takes half the bytes in f16, biases apart, and refuses what f16 cannot hold', async () => {
    expect(packedBytes(base, 'f32')).toBe(16 + 64);
    expect(packedBytes(base, 'f16')).toBe(16 + 32);
    await expect(packWeights(base, 'f16', reader({ w: [1e6, ...new Array(15).fill(0)] }))).rejects.toMatchObject({
      code: 'f16-overflow',
      layer: 'w',
    });
  });
});

describe('groupRange', () => {
  it.each([
    { groups: 32, inChannels: 128, outChannels: 128, count: 1, starts: [0, 1, 2] },
    { groups: 32, inChannels: 256, outChannels: 256, count: 2, starts: [0, 0, 2] },
    { groups: 3, inChannels: 15, outChannels: 21, count: 3, starts: [0, 0, 1] },
    { groups: 6, inChannels: 6, outChannels: 18, count: 1, starts: [0, 0, 0] },
    { groups: 1, inChannels: 10, outChannels: 8, count: 3, starts: [0, 0, 0] },
  ])('of $groups groups, $inChannels to $outChannels channels', ({ groups, inChannels, outChannels, count, starts }) => {
    const range = groupRange('conv', { groups, inChannels, outChannels, inSlices: [inChannels], outSlices: [outChannels] });
    expect(range.count).toBe(count);
    expect([0, 1, 2].map((o) => range.start(o))).toEqual(starts);
  });

  it('covers the input channels of every output channel', () => {
    for (const [groups, groupIn, groupOut] of [
      [5, 3, 7],
      [4, 6, 2],
      [7, 1, 1],
      [2, 9, 5],
      [10, 26, 26],
    ] as const) {
      const inGroups = Math.ceil((groups * groupIn) / 4);
      const [inChannels, outChannels] = [groups * groupIn, groups * groupOut];
      const range = groupRange('conv', { groups, inChannels, outChannels, inSlices: [inChannels], outSlices: [outChannels] });
      for (let o = 0; o < groups * groupOut; o++) {
        const start = range.start(o >> 2);
        const group = Math.floor(o / groupOut);
        expect(start * 4).toBeLessThanOrEqual(group * groupIn);
        expect((start + range.count) * 4).toBeGreaterThanOrEqual((group + 1) * groupIn);
        expect(start + range.count).toBeLessThanOrEqual(inGroups);
      }
    }
  });

  it('goes by the channels that a group holds where slices leave gaps', () => {
    for (const [groups, groupIn, slices] of [
      [3, 2, [6, 6, 6]],
      [3, 6, [6, 6, 6]],
      [5, 2, [10, 10, 10, 10, 10]],
      [6, 2, [5, 5, 5, 5, 5, 5]],
      [2, 3, [3, 3, 3, 3]],
    ] as const) {
      const outChannels = slices.reduce((sum, slice) => sum + slice, 0);
      const [inChannels, groupOut] = [groups * groupIn, outChannels / groups];
      const range = groupRange('conv', { groups, inChannels, outChannels, inSlices: [inChannels], outSlices: slices });
      channelMap(slices).forEach((at, o) => {
        const start = range.start(at >> 2);
        const group = Math.floor(o / groupOut);
        expect(start * 4).toBeLessThanOrEqual(group * groupIn);
        expect((start + range.count) * 4).toBeGreaterThanOrEqual((group + 1) * groupIn);
        expect(start + range.count).toBeLessThanOrEqual(Math.ceil(inChannels / 4));
      });
    }
  });

  it('refuses slices that no kernel can tell apart', () => {
    const conv = { groups: 2, inChannels: 8, outChannels: 12, inSlices: [8], outSlices: [12] };
    const refused = { code: 'unsupported', layer: 'conv' };
    expect(() => groupRange('conv', { ...conv, outSlices: [5, 7] })).toThrow(expect.objectContaining(refused));
    expect(() => groupRange('conv', { ...conv, inSlices: [6, 2] })).toThrow(expect.objectContaining(refused));
    expect(groupRange('conv', { ...conv, outSlices: [4, 8], inSlices: [4, 4] }).count).toBe(2);
  });
});

describe('packWeights of a grouped convolution', () => {
  it('writes each channel to its place among slices of odd widths', async () => {
    const w = Array.from({ length: 18 }, (_, i) => i + 1);
    const sliced = { ...base, outChannels: 18, inChannels: 3, groups: 3, inSlices: [3], outSlices: [6, 6, 6] };
    const columns = (await pack(sliced, { w })).slice(6 * 4);
    // 6 groups of 4 output channels. The second of each pair is half empty. Split k only reads input channel k.
    for (let k = 0; k < 3; k++) {
      const column = (group: number, i: number) => columns.slice((group * 4 + i) * 4, (group * 4 + i + 1) * 4);
      expect(column(2 * k, k)).toEqual([1, 2, 3, 4].map((i) => 6 * k + i));
      expect(column(2 * k + 1, k)).toEqual([6 * k + 5, 6 * k + 6, 0, 0]);
    }
    expect(columns.filter((value) => value !== 0)).toHaveLength(18);
  });
});
