import { describe, expect, it } from 'vitest';
import { readAddress, writeAddress } from './address.ts';
import { cameraProblem, isAbort, problemOf } from './problem.ts';
import { bytes, millions, percent, progressWords } from './words.ts';

describe('numbers', () => {
  it('come with fitting units', () => {
    expect([999, 1_099_231, 2.5e9].map(bytes)).toEqual(['999 B', '1.1 MB', '2.50 GB']);
    expect([855_770, 25_557_032, 4.09e9].map(millions)).toEqual(['0.86 million', '25.6 million', '4.09 billion']);
  });
  it('never claim certainty that is not there', () => {
    expect([1, 0.99996, 0.9994, 0.5, 0.0004, 0].map(percent)).toEqual(['100.0 %', '> 99.9 %', '99.9 %', '50.0 %', '< 0.1 %', '0.0 %']);
  });
});

describe('progressWords', () => {
  it('tells what happens, with bytes where they are known', () => {
    expect(progressWords({ phase: 'download', loaded: 1_400_000, total: 3_500_000 })).toBe('Downloading the checkpoint: 1.4 MB of 3.5 MB');
    expect(progressWords({ phase: 'download', loaded: 1_400_000 })).toBe('Downloading the checkpoint: 1.4 MB');
    expect(progressWords({ phase: 'compile', loaded: 3, total: 9 })).toBe('Compiling kernels: 3 of 9');
  });
});

describe('problemOf', () => {
  it('takes the remedy out of the message', () => {
    const error = Object.assign(new Error('[fc] weight is 10x64. Pass arch.'), { code: 'checkpoint-keys', hint: 'Pass arch.' });
    expect(problemOf(error)).toMatchObject({ code: 'checkpoint-keys', what: '[fc] weight is 10x64.', remedy: 'Pass arch.' });
  });
  it('keeps long lists to the details', () => {
    const error = Object.assign(new Error(`${'a line\n'.repeat(200)} Hint.`), { code: 'checkpoint-keys', hint: 'Hint.' });
    expect(problemOf(error).what.split('\n')).toHaveLength(7);
    expect(problemOf(error).details.split('\n').length).toBeGreaterThan(200);
  });
  it('has something to say about anything that is thrown', () => {
    expect(problemOf(new TypeError('x is not a function')).what).toBe('x is not a function');
    expect(problemOf('plain text').what).toBe('plain text');
  });
  it('knows an abort, and why a camera fails', () => {
    expect(isAbort(new DOMException('', 'AbortError'))).toBe(true);
    expect(isAbort(new Error('AbortError'))).toBe(false);
    expect(cameraProblem(new DOMException('', 'NotFoundError')).what).toBe('No camera was found.');
  });
});

describe('the address', () => {
  it('carries a network, and nothing for the page as it opens', () => {
    const address = { arch: 'resnet18', weights: 'hf:timm/resnet18.a1_in1k', precision: 'f16' as const };
    expect(readAddress(writeAddress(address))).toEqual(address);
    expect(writeAddress({})).toBe('');
    expect(writeAddress({ arch: 'resnet18' })).toBe('');
    expect(readAddress('?arch=&weights=%20')).toEqual({});
  });
});
