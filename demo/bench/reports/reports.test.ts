import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Report, RuntimeResult, Table } from '../report.ts';
import { gpusTable } from './gpus.ts';
import { faultsOf } from './plausible.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const files = readdirSync('reports').filter((name) => name.endsWith('.json'));
const read = (name: string): Report => JSON.parse(readFileSync(`reports/${name}`, 'utf8'));
const [example = ''] = files;

/** A real report, and forged variants of it. */
function forged(change: (report: Report, table: Table, ours: RuntimeResult) => unknown): string[] {
  const report = read(example);
  const [table] = report.tables;
  const ours = table?.runtimes.find(({ id }) => id === 'ours');
  if (!table || !ours) throw new Error('The example has no table of ours.');
  change(report, table, ours);
  return faultsOf(report, Date.now(), version);
}

function peer(table: Table): RuntimeResult {
  const found = table.runtimes.find(({ id }) => id === 'litert-webgpu');
  if (!found) throw new Error('The example has no LiteRT.js.');
  return found;
}

describe('published reports', () => {
  it.each(files)('%s can be published', (name) => {
    expect(faultsOf(read(name), Date.now(), version)).toEqual([]);
  });

  it('are what docs/gpus.md shows: npm run reports -- docs', () => {
    const docs = readFileSync('docs/gpus.md', 'utf8');
    expect(docs).toContain(`<!-- reports -->\n\n${gpusTable(files.map(read))}\n\n<!-- /reports -->`);
  });
});

describe('a forged report is refused', () => {
  it.each<[what: string, change: Parameters<typeof forged>[0], why: RegExp]>([
    ['with times above the roofline', (_, { runtimes }) => runtimes.forEach(faster(1000)), /above the roofline/],
    ['with faster times of ours alone', (_, __, ours) => faster(6)(ours, { gpu: false }), /do not go with|of GPU time|The GPU took/],
    ['with slower times of a peer', (_, table) => faster(1 / 8)(peer(table), { gpu: false }), /accounted for|do not go with/],
    ['with a peak that lifts the roofline', ({ peaks }) => Object.assign(peaks ?? {}, { gflops: 1e6 }), /peak of/],
    ['of another network under this name', (_, table) => Object.assign(table, { model: 'resnet50' }), /multiply-adds/],
    [
      'that calls a program a GPU',
      ({ environment }) => environment.adapter && Object.assign(environment.adapter, { software: false }),
      /software/,
    ],
    [
      'of another adapter than the runtimes had',
      ({ environment }) =>
        environment.adapter && Object.assign(environment.adapter, { vendor: 'nvidia', architecture: 'lovelace', description: '' }),
      /ran on/,
    ],
    [
      'of a software adapter, in all places called a GPU',
      ({ environment }, { runtimes }) => {
        const gpu = { vendor: 'nvidia', architecture: 'lovelace', description: '', software: false };
        for (const { adapter } of [environment, ...runtimes]) if (adapter) Object.assign(adapter, gpu);
      },
      /for software adapters/,
    ],
    [
      'with faster times of ours, all of them but those of the layers',
      (_, __, ours) => {
        faster(10)(ours);
        ours.firstMs = (ours.firstMs ?? 0) / 10;
        if (ours.stream) ours.stream.framesPerSecond *= 10;
      },
      /layers take/,
    ],
    ['with a peer that had no WebGPU yet', (_, table) => Object.assign(peer(table), { version: '1.4.0' }), /is older than/],
    ['with a failed self test', (_, { selfTest }) => Object.assign(selfTest ?? {}, { pass: false, firstBad: 'conv1' }), /self test failed/],
    ['without a self test', (_, table) => delete table.selfTest, /no self test/],
    [
      'of a version that does not exist',
      ({ environment }) => Object.assign(environment, { library: '99.0.0' }),
      /newer than|not the library/,
    ],
    [
      'of another browser than its user agent',
      ({ environment }) => Object.assign(environment, { browser: 'Safari 26 on macOS' }),
      /user agent/,
    ],
    ['from the future', ({ environment }) => Object.assign(environment, { date: '2046-01-01T00:00:00.000Z' }), /future/],
    ['with wrong logits', (_, __, ours) => Object.assign(ours.deviation ?? {}, { relative: 0.5 }), /error of/],
    ['with logits that are right to the last bit', (_, __, ours) => Object.assign(ours.deviation ?? {}, { relative: 0 }), /error of/],
    ['that dispatched nothing', (_, __, { calls }) => Object.assign(calls ?? {}, { dispatches: 0 }), /dispatched nothing/],
    ['with a number that is none', (_, __, ours) => Object.assign(ours, { loadMs: Number.NaN }), /loadMs is not a number/],
    ['with something beside', (report) => Object.assign(report, { remark: 'trust me' }), /remark is nothing that a report has/],
    ['without peaks', (report) => delete report.peaks, /peaks is missing/],
    ['with more times than rounds', (_, __, ours) => ours.warm.push(...ours.warm, ...ours.warm), /rounds/],
    ['with layers of another network', (_, { layers }) => layers?.layers.pop(), /layers/],
  ])('%s', (_, change, why) => {
    expect(forged(change).join('\n')).toMatch(why);
  });

  it('that is no report at all', () => {
    for (const value of [null, 3, [], {}, 'report']) expect(faultsOf(value, Date.now(), version)).not.toEqual([]);
  });
});

/** Divides times, as a forger would. */
function faster(by: number) {
  return (result: RuntimeResult, options: { gpu: boolean } | number = 0) => {
    const gpu = typeof options === 'number' || options.gpu;
    result.warm = result.warm.map((ms) => ms / by);
    if (gpu) result.gpu = result.gpu.map(({ span, busy, passes }) => ({ span: span / by, busy: busy / by, passes }));
  };
}
