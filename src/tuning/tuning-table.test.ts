import { describe, expect, test } from 'vitest';
import type { Tuning } from '../api/tuning-types.ts';
import { Avoided } from '../kernels/avoid.ts';
import { withF16Arithmetic } from '../kernels/conv/f16-arithmetic.ts';
import { chooseVariant, convCandidates } from '../kernels/conv/select.ts';
import { parseVariant, variantName } from '../kernels/conv/variant.ts';
import type { ConvParams } from '../kernels/lib/conv-params.ts';
import { type DeviceProfile, type Dispatch, denseView } from '../kernels/lib/kernel.ts';
import { ResnetError } from '../util/errors.ts';
import { convKey, tunedVariants, withHalves } from './tuning-table.ts';
import { pickWinners, reject } from './winners.ts';

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

describe('what computes something else', () => {
  test('is out, and the next best wins', () => {
    const of = contest({ a: [100], 'f16 b': [50], c: [80] });
    reject(of, 'f16 b');
    expect(of.default).toBe('a');
    expect(pickWinners([of])[0]?.winner).toBe('c');
  });

  test('is out as a default, too, for its own tiles in float32', () => {
    const of = contest({ 'f16 a': [50], 'f16 b': [90], a: [100], c: [99] }, 'f16 a');
    reject(of, 'f16 a');
    expect(pickWinners([of])[0]).toMatchObject({ default: 'a', winner: 'f16 b' });
    reject(of, 'f16 b');
    expect(pickWinners([of])[0]).toMatchObject({ default: 'a', winner: 'a' });
  });

  test('is out for the fastest in float32 where its tiles have no time, and for those tiles where nothing has', () => {
    const of = contest({ 'f16 a': [50], 'f16 b': [60], c: [99], d: [98], e: [0] }, 'f16 a');
    reject(of, 'f16 a');
    expect(of.default).toBe('d');
    const alone = contest({ 'f16 a': [50], a: [] }, 'f16 a');
    reject(alone, 'f16 a');
    expect(alone.default).toBe('a');
    expect(pickWinners([alone])).toEqual([]);
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

  test('does not bring back f16 arithmetic that was excluded', async () => {
    const device = { features: new Set(['shader-f16']) } as unknown as GPUDevice;
    const variants = { [convKey(params)]: 'f16 direct-1x16-16-64' };
    const amd: DeviceProfile = { name: 'amd', computeUnits: 16, f16Arithmetic: withF16Arithmetic };
    const nvidia: DeviceProfile = { name: 'nvidia', computeUnits: 16 };
    const wrong = { kernel: 'conv', variant: 'f16 direct-1x16-16-64', constants: { F16_MATH: true } } as unknown as Dispatch;
    const other = { kernel: 'conv-tiled', variant: 'tiled-8x4-16', constants: {} } as unknown as Dispatch;
    for (const profile of [amd, nvidia]) {
      const avoided = new Avoided();
      avoided.add(other, 'refused');
      // Another error does not remove any.
      const before = await withHalves(avoided.adapt(profile), 'f16', device);
      expect(tunedVariants({ variants })(params, before)).toMatchObject({ f16: true });
      avoided.add(wrong, 'off');
      const after = await withHalves(avoided.adapt(profile), 'f16', device);
      expect(after.f16Arithmetic).toBeUndefined();
      expect(tunedVariants({ variants })(params, after)).toBeUndefined();
      expect(chooseVariant(params, after).f16 ?? false).toBe(false);
    }
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
    // It has the form of a variant, but its tiles cannot be divided among 64 threads.
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
