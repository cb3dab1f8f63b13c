import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BenchConfig, DEFAULTS, formatConfig, parseConfig } from './config.ts';
import { RUNTIME_IDS } from './runtimes.ts';

const config: fc.Arbitrary<BenchConfig> = fc.record({
  models: fc.uniqueArray(fc.stringMatching(/^[a-z0-9_.-]+$/), { minLength: 1, maxLength: 4 }),
  runtimes: fc.uniqueArray(fc.constantFrom(...RUNTIME_IDS), { minLength: 1 }),
  batches: fc.uniqueArray(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 3 }),
  weights: fc.oneof(fc.constantFrom('golden', 'random'), fc.webUrl({ withQueryParameters: true, withFragments: true })),
  seed: fc.nat(0xffffffff),
  size: fc.option(fc.integer({ min: 8, max: 2048 }), { nil: undefined }),
  rounds: fc.integer({ min: 1, max: 1000 }),
  warmups: fc.integer({ min: 0, max: 1000 }),
  seconds: fc.integer({ min: 1, max: 3600 }),
  peaks: fc.boolean(),
  layers: fc.boolean(),
  run: fc.boolean(),
});

describe('a link', () => {
  it('brings back what it was made of', () => {
    fc.assert(
      fc.property(config, (one) => {
        expect(parseConfig(`#${formatConfig(one)}`)).toEqual(one);
      }),
    );
  });

  it('is empty for the defaults, and reads well otherwise', () => {
    expect(formatConfig(DEFAULTS)).toBe('');
    expect(formatConfig({ ...DEFAULTS, models: ['resnet18', 'resnet50'], batches: [1, 8], run: true })).toBe(
      'models=resnet18,resnet50&batches=1,8&run=1',
    );
  });

  it('that makes no sense gives the defaults', () => {
    expect(parseConfig('')).toEqual(DEFAULTS);
    expect(parseConfig('#rounds=0&seconds=-3&batches=x,0,1.5&runtimes=caffe&seed=1e99&size=3&models=,')).toEqual(DEFAULTS);
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseConfig(text).models.length).toBeGreaterThan(0);
      }),
    );
  });

  it('keeps what makes sense beside what does not', () => {
    expect(parseConfig('#runtimes=caffe,ours&batches=8,nine')).toEqual({ ...DEFAULTS, runtimes: ['ours'], batches: [8] });
  });
});
