/** A report for tests, with round numbers. */
import { CallMeter } from './calls.ts';
import { DEFAULTS } from './config.ts';
import { type Report, type RuntimeResult, SCHEMA, type Table } from './report.ts';

export function exampleResult(id: RuntimeResult['id'], more: Partial<RuntimeResult> = {}): RuntimeResult {
  return {
    id,
    status: 'ok',
    version: '1.2.3',
    download: { files: [{ url: `${id}.js`, bytes: 4096, gzip: 1024 }], gzip: 1024, bytes: 4096 },
    modelBytes: 2 ** 20,
    importMs: 10,
    loadMs: 100,
    firstMs: 50,
    spent: { compile: 60, upload: 5 },
    loadCalls: { ...new CallMeter().calls, pipelines: 7, shaderBytes: 2048 },
    warm: [10, 12, 11],
    cpu: [0.5, 0.4, 0.6],
    gpu: [{ span: 8, busy: 7, passes: 1 }],
    stream: { frames: 4, inFlight: 2, framesPerSecond: 120 },
    calls: { ...new CallMeter().calls, dispatches: 25, passes: 1, submits: 1, writes: 1, writeBytes: 12_288 },
    alive: { buffers: 8, bytes: 1_310_720, peakBytes: 1_310_720 },
    deviation: { relative: 1.5e-7, absolute: 2e-7, sameTop: true },
    ...more,
  };
}

export function exampleTable(more: Partial<Table> = {}): Table {
  return {
    model: 'resnet18',
    batch: 1,
    shape: [1, 3, 224, 224],
    weights: 'random, seed 1',
    reference: 'PyTorch',
    parameters: 11_689_512,
    macs: 1_814_073_344,
    runtimes: [
      exampleResult('ours'),
      exampleResult('ort-webgpu', { warm: [110, 100, 120], firstMs: 900 }),
      exampleResult('tfjs-webgpu', { warm: [88], loadMs: 1400 }),
      exampleResult('ort-wasm', { warm: [1], calls: undefined }),
    ],
    layers: { estimated: false, layers: [{ name: 'conv1', kernel: 'conv', variant: '4x16', macs: 1000, us: 10, bytes: 400 }] },
    ...more,
  };
}

export function exampleReport(software = false, tables: Table[] = [exampleTable()]): Report {
  return {
    schema: SCHEMA,
    config: { ...DEFAULTS },
    environment: {
      date: '2026-11-23T12:34:56.000Z',
      library: '0.1.0',
      commit: 'abc1234',
      browser: 'Chrome 156 on Linux',
      userAgent: 'test',
      cores: 8,
      crossOriginIsolated: true,
      adapter: {
        vendor: 'acme',
        architecture: 'gpu-1',
        description: '',
        software,
        features: ['timestamp-query'],
        limits: { maxBufferSize: 1 },
      },
    },
    peaks: { gflops: 1000, gigabytesPerSecond: 100 },
    tables,
  };
}
