import { describe, expect, it } from 'vitest';
import type { ConvAttributes } from '../../graph/types.ts';
import type { ConvParams } from '../lib/conv-params.ts';
import { curve } from '../lib/curves.ts';
import { type DeviceProfile, denseView } from '../lib/kernel.ts';
import { processorKernels } from '../processor.ts';
import { withF16Arithmetic } from './f16-arithmetic.ts';
import { contenders, finalists, namedVariant } from './named.ts';
import { chooseVariant, convCandidates, convCost } from './select.ts';
import { parseVariant, variantName } from './variant.ts';

function layer(
  kernel: number,
  stride: number,
  inChannels: number,
  outChannels: number,
  size: number,
  more: Partial<ConvAttributes> = {},
): ConvParams {
  const padding = Math.floor(kernel / 2);
  return {
    layer: 'conv',
    attributes: {
      outChannels,
      kernel: [kernel, kernel],
      stride: [stride, stride],
      padding: [padding, padding, padding, padding],
      dilation: [1, 1],
      groups: 1,
      bias: true,
      ...more,
    },
    input: denseView(1, inChannels, size * stride, size * stride),
    output: denseView(1, outChannels, size, size),
    inChannels,
    epilogue: { activation: 'relu' },
  };
}

const amd: DeviceProfile = { name: 'amd', computeUnits: 60 };
const intel: DeviceProfile = { name: 'intel', computeUnits: 6 };
/** Chooses like a plan with a tuning table. */
const byName = (params: ConvParams, profile: DeviceProfile, name: string) =>
  namedVariant(params, name, profile) ?? chooseVariant(params, profile);
const names: readonly DeviceProfile['name'][] = ['software', 'amd', 'intel', 'nvidia', 'apple', 'mobile', 'unknown'];

describe('variants', () => {
  it('of a processor are no obstacle to a GPU that gets its tuning table', () => {
    const params = layer(3, 1, 64, 64, 56);
    expect(byName(params, amd, 'serial-7x32-4')).toEqual(chooseVariant(params, amd));
    const processor: DeviceProfile = { name: 'software', computeUnits: 2, processor: processorKernels(false) };
    expect(variantName(byName(params, processor, 'serial-7x16-4'))).toBe('serial-7x16-4');
    expect(variantName(byName(params, processor, 'tiled-8x4-16'))).toBe('tiled-8x4-16');
  });

  it('are read as they are written', () => {
    for (const name of names) {
      const variants = convCandidates(layer(3, 1, 256, 256, 14), { name });
      expect(variants.length).toBeGreaterThan(0);
      for (const variant of variants) expect(parseVariant(variantName(variant))).toEqual(variant);
    }
    expect(parseVariant('tiled-8x4')).toBeUndefined();
  });

  it('in f16 are for models that use it, and layers that show an overflow', () => {
    const params = layer(1, 1, 256, 256, 28);
    const inF16 = { ...intel, f16Arithmetic: withF16Arithmetic, f16ByName: true };
    expect(variantName(byName(params, inF16, 'f16 direct-1x16-16-64'))).toBe('f16 direct-1x16-16-64');
    expect(variantName(byName(params, inF16, 'direct-1x16-16-64'))).toBe('direct-1x16-16-64');
    expect(byName(params, intel, 'f16 direct-1x16-16-64')).toEqual(chooseVariant(params, intel));
    const hidden: ConvParams = { ...params, epilogue: curve('sigmoid', {}) };
    expect(variantName(byName(hidden, inF16, 'f16 direct-1x16-16-64'))).toBe('direct-1x16-16-64');
    // With 25 groups of channels, no step is even.
    expect(variantName(byName(layer(1, 1, 100, 64, 28), inF16, 'f16 direct-1x16-16-64'))).toBe('direct-1x16-4-64');
    expect(parseVariant('f16 tiled-8x4-16')).toBeUndefined();
    expect(() => byName(params, inF16, 'f16 winograd2 direct-8x8-4-64')).toThrow('cannot compute');
  });

  it('in f16 are chosen without a table if that pays, otherwise only by name', () => {
    const params = layer(1, 1, 256, 256, 28);
    expect(variantName(chooseVariant(params, { ...amd, f16Arithmetic: withF16Arithmetic }))).toMatch(/^f16 direct/);
    expect(variantName(chooseVariant(params, { ...amd, f16Arithmetic: withF16Arithmetic, f16ByName: true }))).toMatch(/^direct/);
  });

  it('worth timing are those of the class, and conv.wgsl in both arithmetics', () => {
    const params = layer(3, 1, 256, 256, 14);
    for (const name of names) {
      const own = convCandidates(params, { name });
      expect(contenders(params, { name })).toMatchObject({ own, f16: [] });
      const { f16 } = contenders(params, { name, f16Arithmetic: withF16Arithmetic, f16ByName: name !== 'amd' });
      expect(f16.length, name).toBeGreaterThan(0);
      for (const variant of f16) expect(parseVariant(variantName(variant))).toEqual(variant);
      const profile = { name, computeUnits: 20 };
      const few = finalists(params, profile);
      expect(few, name).toContain(variantName(chooseVariant(params, profile)));
      expect(few.join()).not.toContain('f16');
      expect(few.length).toBeLessThanOrEqual(4);
      const more = finalists(params, { ...profile, f16Arithmetic: withF16Arithmetic });
      expect(more.filter((one) => one.startsWith('f16 direct')).length, name).toBeGreaterThan(0);
      expect(more.length).toBeLessThanOrEqual(6);
      expect(new Set(more).size).toBe(more.length);
    }
  });

  it('suit the layer', () => {
    const kinds = (params: ConvParams) => convCandidates(params, amd).map(variantName).join();
    expect(kinds(layer(3, 1, 64, 64, 56))).toContain('winograd4');
    expect(kinds(layer(3, 2, 64, 64, 28))).not.toContain('winograd');
    expect(kinds(layer(1, 1, 64, 64, 28))).not.toContain('winograd');
    expect(kinds(layer(3, 1, 64, 64, 28, { dilation: [2, 2], padding: [2, 2, 2, 2] }))).not.toContain('winograd');
    // 16 groups of channels are too few for 16 parts of 4 groups each.
    expect(kinds(layer(1, 1, 64, 64, 28))).not.toContain('/16');
    // A step must divide the input channels.
    expect(kinds(layer(1, 1, 24, 64, 28))).toContain('direct-1x16-12-64');
  });

  it('that cannot compute a layer are refused by name, too', () => {
    const grouped = layer(3, 1, 64, 64, 14, { groups: 4 });
    const wide = { ...layer(3, 1, 64, 64, 14), input: denseView(1, 64, 1, 40000), output: denseView(1, 64, 1, 40000) };
    expect(() => byName(layer(3, 1, 64, 64, 14), amd, 'winograd4 tiled-8x4-16/2')).toThrow('cannot compute');
    expect(() => byName(grouped, amd, 'direct-1x32-4-64')).toThrow('cannot compute');
    expect(byName(grouped, amd, 'direct-1x16-4-64').groups).toBe(4);
    expect(() => byName(wide, amd, 'tiled-8x4-16')).toThrow('cannot compute');
  });

  it('hand on no more than any device binds', () => {
    expect(
      convCandidates(layer(3, 1, 64, 64, 1024), amd)
        .map(variantName)
        .join(),
    ).not.toMatch(/winograd|\//);
  });

  it('keep no second form of weights where memory is short, whatever a table says', () => {
    const params = layer(3, 1, 64, 64, 56);
    expect(
      convCandidates(params, { ...intel, lean: true })
        .map(variantName)
        .join(),
    ).not.toContain('winograd');
    expect(byName(params, intel, 'winograd2 tiled-8x4-16').winograd).toBe(2);
    expect(byName(params, { ...intel, lean: true }, 'winograd2 tiled-8x4-16').winograd).toBeUndefined();
  });
});

describe('the choice', () => {
  it('is the cheapest candidate', () => {
    for (const name of names) {
      const profile = { name, computeUnits: 20 };
      const params = layer(3, 2, 128, 256, 14);
      const costs = convCandidates(params, profile).map((variant) => convCost(params, variant, profile));
      expect(convCost(params, chooseVariant(params, profile), profile)).toBe(Math.min(...costs));
    }
  });

  it('splits sums where a large GPU would idle, and not on a small one', () => {
    const late = layer(3, 2, 256, 512, 7);
    expect(chooseVariant(late, amd).split).toBeGreaterThan(2);
    expect(chooseVariant(late, { ...amd, computeUnits: 8 }).split).toBe(1);
    expect(chooseVariant(layer(1, 1, 64, 256, 56), amd).split).toBe(1);
  });

  it('is Winograd for large maps on integrated GPUs, and never for 7x7', () => {
    expect(chooseVariant(layer(3, 1, 64, 64, 56), intel).winograd).toBe(4);
    expect(chooseVariant(layer(3, 1, 512, 512, 7), intel).winograd).toBeUndefined();
  });

  it('is direct if f16 arithmetic is as fast as fewer products', () => {
    const params = layer(3, 1, 128, 128, 28);
    const deck: DeviceProfile = { ...amd, computeUnits: 8 };
    expect(chooseVariant(params, deck).winograd).toBeDefined();
    expect(chooseVariant(params, { ...deck, f16Arithmetic: withF16Arithmetic }).winograd).toBeUndefined();
  });

  it('refuses a variant that cannot compute the layer', () => {
    expect(() => byName(layer(1, 1, 64, 64, 28), intel, 'winograd4 tiled-8x4-16')).toThrowErrorMatchingInlineSnapshot(
      `[ResnetError: [conv] The variant 'winograd4 tiled-8x4-16' cannot compute this convolution. Pass a tuning table that tune() made for this model, or none.]`,
    );
  });
});
