import { describe, expect, test } from 'vitest';
import type { Tuning } from '../api/tuning-types.ts';
import { convCandidates } from '../kernels/conv/select.ts';
import { parseVariant, variantName } from '../kernels/conv/variant.ts';
import type { ConvParams } from '../kernels/lib/conv-params.ts';
import { type DeviceProfile, denseView } from '../kernels/lib/kernel.ts';
import { ResnetError } from '../util/errors.ts';
import { convKey, tunedVariants } from './tuning-table.ts';
import { pickWinners } from './winners.ts';

const contest = (times: Record<string, number[]>, usual = 'a') => ({
  shape: 's',
  layers: 2,
  default: usual,
  times: new Map(Object.entries(times)),
});

describe('pickWinners', () => {
  test('takes the fastest by its shortest time', () => {
    expect(pickWinners([contest({ a: [100, 120], b: [300, 80], c: [90, 90] })])).toEqual([
      { shape: 's', layers: 2, default: 'a', winner: 'b', defaultUs: 100, winnerUs: 80 },
    ]);
  });

  test('keeps the default within 3 %, whatever the order', () => {
    expect(pickWinners([contest({ b: [97.5], a: [100] })])[0]).toMatchObject({ winner: 'a', winnerUs: 100 });
    expect(pickWinners([contest({ b: [96.9], a: [100] })])[0]).toMatchObject({ winner: 'b', winnerUs: 96.9 });
  });

  test('takes the first of two equals, and no time that the clock could not tell from nothing', () => {
    expect(pickWinners([contest({ a: [100], c: [50], b: [50], d: [0] })])[0]?.winner).toBe('c');
  });

  test('says nothing of a shape whose default was not timed', () => {
    expect(pickWinners([contest({ b: [1] }), contest({ a: [0], b: [1] })])).toEqual([]);
  });
});

const params: ConvParams = {
  layer: 'layer1.0.conv2',
  attributes: { outChannels: 64, kernel: [3, 3], stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1, bias: false },
  inChannels: 64,
  input: denseView(1, 64, 14, 14),
  output: denseView(1, 64, 14, 14),
  epilogue: { activation: 'relu' },
};

describe('a tuning table', () => {
  test('answers by shape, and only for the shapes that it has', () => {
    expect(convKey(params)).toBe('3x3/1x1 64>64 14x14');
    const tuned = tunedVariants({ variants: { '3x3/1x1 64>64 14x14': 'tiled-4x4-32/2', '1x1/1x1 8>8 1x1': 'direct-2x16-16-64' } });
    const profile: DeviceProfile = { name: 'unknown', computeUnits: 16 };
    expect(tuned(params, profile)).toEqual(parseVariant('tiled-4x4-32/2'));
    expect(tuned({ ...params, inChannels: 32 }, profile)).toBeUndefined();
  });

  test('may have any variant that a device may get', () => {
    const names: DeviceProfile['name'][] = ['software', 'amd', 'intel', 'nvidia', 'apple', 'mobile', 'unknown'];
    for (const name of names) {
      for (const candidate of convCandidates(params, { name })) {
        const variants = { [convKey(params)]: variantName(candidate) };
        expect(tunedVariants({ variants })(params, { name, computeUnits: 16 })).toEqual(candidate);
      }
    }
  });

  test.each<[unknown, string]>([
    [null, '[tuning] has no table of variants.'],
    ['fast', '[tuning] has no table of variants.'],
    [{}, '[tuning] has no table of variants.'],
    [{ variants: [] }, '[tuning] has no table of variants.'],
    [{ variants: { k: 3 } }, '[tuning: k] 3 is not a variant.'],
    [{ variants: { k: 'tiled' } }, '[tuning: k] "tiled" is not a variant.'],
    [{ variants: { k: 'winograd3 tiled-8x4-16' } }, '"winograd3 tiled-8x4-16" is not a variant.'],
    // Written as a variant, but no 64 threads could share its tiles out.
    [{ variants: { k: 'tiled-3x4-16' } }, '"tiled-3x4-16" is not a variant.'],
    [{ variants: { k: 'tiled-8x4-1024' } }, '"tiled-8x4-1024" is not a variant.'],
    [{ variants: { k: 'direct-1x16-16-7' } }, '"direct-1x16-16-7" is not a variant.'],
    [{ variants: { k: 'direct-1x6-16-64' } }, '"direct-1x6-16-64" is not a variant.'],
    [{ variants: { k: 'direct-1x16-16-64/0' } }, '"direct-1x16-16-64/0" is not a variant.'],
  ])('is refused: %j', (tuning, message) => {
    const load = () => tunedVariants(tuning as Tuning);
    expect(load).toThrow(ResnetError);
    expect(load).toThrow(message);
  });
});
