import { describe, expect, it } from 'vitest';
import { cellText, gpuName, type Report, titleOf, toMarkdown } from './report.ts';
import { type Ending, power, type Result, verdictOf, worst } from './results.ts';

const checks = [
  { id: 'plain', title: 'Plain ResNets', concerns: 'No network runs correctly here' },
  { id: 'slices', title: 'Res2Net', concerns: 'Res2Net does not work here' },
];
const complete: Ending = { kind: 'complete' };
const layer = (error: number, pass = true) => ({ name: 'conv1', kernel: 'conv/direct', error, pass });

function result(check: string, precision: 'f32' | 'f16', error: number, pass = true): Result {
  return { check, precision, state: pass ? 'right' : 'wrong', compared: [layer(1e-8), layer(error, pass)] };
}

const right = [result('plain', 'f32', 2e-7), result('slices', 'f32', 3e-7), result('plain', 'f16', 4e-4), result('slices', 'f16', 5e-4)];
interface Options {
  ending?: Ending;
  software?: boolean;
  partial?: boolean;
}

const words = (results: Result[], { ending = complete, software = false, partial = false }: Options = {}) => {
  const { word, sentence } = verdictOf(results, { checks, ending, software, partial });
  return `${word} ${sentence}`;
};
const but = (...changed: Result[]) =>
  right.map((one) => changed.find(({ check, precision }) => check === one.check && precision === one.precision) ?? one);

describe('the verdict', () => {
  it.each([
    ['all is right', right, {}],
    ['all is right on a processor', right, { software: true }],
    ['a part is right', right.slice(0, 1), { partial: true }],
    ['plain networks are wrong', but(result('plain', 'f32', 0.3, false)), {}],
    ['others are wrong', but(result('slices', 'f32', 0.3, false)), {}],
    ['f16 is wrong', but(result('plain', 'f16', 0.3, false)), {}],
    ['a check cannot run', but({ check: 'slices', precision: 'f32', state: 'failed', compared: [] }), {}],
    ['the GPU was lost', right, { ending: { kind: 'lost', during: 'Res2Net in f16', why: 'hung' } as const }],
    ['it was cancelled', right, { ending: { kind: 'cancelled' } as const }],
  ])('where %s', (_, results, options) => {
    expect(words(results, options)).toMatchSnapshot();
  });

  it('takes NaN for the worst error', () => {
    expect(worst({ compared: [layer(0.1), layer(Number.NaN), layer(0.2)] })?.error).toBeNaN();
    expect(worst({ compared: [layer(0.1), layer(0.3), layer(0.2)] })?.error).toBe(0.3);
  });

  it('writes powers of ten as people do', () => {
    expect([0, 3.24e-7, 0.5, Number.NaN, Number.POSITIVE_INFINITY].map(power)).toEqual([
      '0',
      '3.2e-7',
      '5.0e-1',
      'not a number',
      'not a number',
    ]);
  });
});

describe('the report', () => {
  const gpu = {
    vendor: 'nvidia',
    architecture: 'ampere',
    device: '',
    description: '',
    software: false,
    features: ['shader-f16', 'timestamp-query'],
    limits: { maxBufferSize: 4096 },
  };
  const results = but(result('slices', 'f32', 0.3, false), {
    check: 'slices',
    precision: 'f16',
    state: 'failed',
    compared: [],
    failure: { what: 'a | b', remedy: 'c' },
  });
  const verdict = verdictOf(results, { checks, ending: complete, software: false });
  const report: Report = { version: '1.0.0', date: '2026-01-02', userAgent: 'Browser/1', gpu, verdict, checks, results, ending: complete };

  it('says all that an issue needs', () => {
    expect(toMarkdown(report)).toMatchSnapshot();
    expect(titleOf(report)).toBe('Doctor: In part (nvidia ampere)');
  });

  it('does not call a processor a GPU, where the browser names neither', () => {
    const unnamed = { ...gpu, vendor: '', architecture: '' };
    expect(gpuName(unnamed)).toBe('A GPU that the browser does not name');
    expect(gpuName({ ...unnamed, software: true })).toBe('A processor that plays GPU');
  });

  it('says why nothing could be checked', () => {
    const { gpu: _, ...none } = report;
    const text = toMarkdown({ ...none, why: 'No driver.', results: [] });
    expect(text).toContain('- adapter: none. No driver.');
    expect(text).not.toContain('| check |');
  });

  it('fits an address though every layer is wrong', () => {
    const compared = Array.from({ length: 200 }, () => layer(1, false));
    const all = right.map((one): Result => ({ ...one, state: 'wrong', compared }));
    const text = toMarkdown({ ...report, results: all });
    expect(text).toContain('and 788 more');
    expect(text.length).toBeLessThan(2500);
  });

  it('names what was not checked', () => {
    expect(cellText({ check: 'plain', precision: 'f32', state: 'left-out', compared: [] })).toBe('not checked');
    expect(cellText(undefined)).toBe('not checked');
  });
});
