import { describe, expect, it } from 'vitest';
import { exampleReport, exampleResult, exampleTable } from './example-report.ts';
import { packReport, parseReport, slim, unpackReport } from './link.ts';
import { inOrder, toMarkdown, toText } from './markdown.ts';
import { bestPeer, firstResultOf, gpuOf, isReport, mayRank, warmOf } from './report.ts';
import { costsSummary, timesSummary } from './summary.ts';

const warm = (result: Parameters<typeof warmOf>[0]) => warmOf(result)?.median;

describe('bestPeer', () => {
  it('is the fastest other runtime on WebGPU', () => {
    expect(bestPeer(exampleTable(), warm)).toEqual({ peer: 'tfjs-webgpu', ratio: 8 });
    expect(bestPeer(exampleTable(), firstResultOf)).toEqual({ peer: 'ort-webgpu', ratio: 1000 / 150 });
  });

  it('does not count who failed, nor itself', () => {
    const [ours, ort, tfjs] = exampleTable().runtimes;
    if (!ours || !ort || !tfjs) throw new Error('the example has three');
    const failed = { ...tfjs, status: 'failed' as const };
    expect(bestPeer(exampleTable({ runtimes: [ours, ort, failed] }), warm)?.peer).toBe('ort-webgpu');
    expect(bestPeer(exampleTable({ runtimes: [ours, exampleResult('ours-f16', { warm: [1] })] }), warm)).toBeUndefined();
    expect(bestPeer(exampleTable({ runtimes: [{ ...ours, status: 'failed' }, ort] }), warm)).toBeUndefined();
  });
});

describe('a report', () => {
  it('ranks on hardware, never on a software adapter', () => {
    const order = (software: boolean) => inOrder(exampleTable(), mayRank(exampleReport(software))).map(({ id }) => id);
    expect(order(false)).toEqual(['ort-wasm', 'ours', 'tfjs-webgpu', 'ort-webgpu']);
    expect(order(true)).toEqual(['ours', 'ort-webgpu', 'tfjs-webgpu', 'ort-wasm']);
    expect(toMarkdown(exampleReport(true))).toContain('Nothing is ranked');
    expect(toMarkdown(exampleReport(false))).not.toContain('Nothing is ranked');
  });

  it('in Markdown', () => {
    expect(toMarkdown(exampleReport())).toMatchSnapshot();
  });

  it('in the tables of the documentation', () => {
    expect(timesSummary(exampleReport())).toMatchSnapshot();
    const failed = exampleResult('ort-webgpu', { status: 'failed', error: 'no' });
    expect(costsSummary(exampleReport(false, [exampleTable({ batch: 8, runtimes: [exampleResult('ours'), failed] })]))).toMatchSnapshot();
  });

  it('in a terminal', () => {
    const broken = exampleTable({
      runtimes: [exampleResult('ours'), exampleResult('ort-webgpu', { status: 'failed', error: 'no | way\nout', warm: [], gpu: [] })],
    });
    const text = toText(exampleReport(true, [broken, exampleTable({ error: 'no such network', runtimes: [] })]));
    expect(text).toMatchSnapshot();
    expect(toMarkdown(exampleReport(true, [broken]))).toContain('onnxruntime-web WebGPU failed: no \\| way out');
  });

  it('summarises what it holds', () => {
    expect(warmOf(exampleResult('ours'))).toEqual({ n: 3, median: 11, p10: 10.2, p90: 11.8 });
    expect(gpuOf(exampleResult('ours'))?.median).toBe(8);
    expect(firstResultOf(exampleResult('ours', { firstMs: undefined }))).toBeUndefined();
  });
});

describe('JSON and links', () => {
  it('come back as they were, but for what links leave out', async () => {
    const report = exampleReport();
    expect(parseReport(JSON.stringify(report))).toEqual(report);
    const link = await packReport(report);
    expect(link).toMatch(/^report=[\w-]+$/);
    expect(await unpackReport(`#${link}`)).toEqual(slim(report));
    expect(await unpackReport(`#models=resnet18&${link}`)).toEqual(slim(report));
    expect(toMarkdown(slim(report))).toBe(toMarkdown(report));
  });

  it('are short', async () => {
    const layers = Array.from({ length: 56 }, (_, i) => ({
      name: `layer${i}.conv`,
      kernel: 'conv',
      variant: '4x16',
      macs: i,
      us: i / 3,
      bytes: i,
    }));
    const warm = Array.from({ length: 30 }, (_, i) => 10 + i / 7);
    const table = exampleTable({
      layers: { estimated: false, layers },
      runtimes: exampleTable().runtimes.map((result) => ({ ...result, warm })),
    });
    expect((await packReport(exampleReport(false, [table]))).length).toBeLessThan(4000);
  });

  it('that are something else are refused', async () => {
    expect(await unpackReport('#models=resnet18')).toBeUndefined();
    await expect(unpackReport('#report=AAAA')).rejects.toThrow();
    for (const wrong of [
      null,
      3,
      {},
      { schema: 'other' },
      { ...exampleReport(), tables: [{}] },
      { ...exampleReport(), config: undefined },
    ]) {
      expect(isReport(wrong)).toBe(false);
    }
    const unknown = exampleTable({ runtimes: [{ ...exampleResult('ours'), id: 'caffe' as 'ours' }] });
    expect(isReport(exampleReport(false, [unknown]))).toBe(false);
    expect(() => parseReport('{}')).toThrow('not a report');
  });
});
