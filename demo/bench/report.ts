/** The results of a benchmark: plain data for the page, JSON and Markdown. */
import type { AdapterDescription } from '../../src/gpu/device-profile.ts';
import type { Alive, Calls, Spent } from './calls.ts';
import type { BenchConfig } from './config.ts';
import type { GpuSpan } from './gpu-span.ts';
import type { Peaks } from './peaks/peaks.ts';
import type { Adapter } from './peaks/worker.ts';
import type { LayerCost, MemoryMap } from './prepare/describe.ts';
import type { Layer, SelfTest } from './runners/runner.ts';
import { RUNTIMES, type RuntimeId } from './runtimes.ts';
import { type Deviation, type Summary, summarize } from './statistics.ts';

export const SCHEMA = 'resnet-webgpu-bench/1';

export interface Environment {
  /** ISO 8601. */
  date: string;
  library: string;
  /** Commit of the repository, if the build knew it. */
  commit: string;
  browser: string;
  userAgent: string;
  cores: number;
  /** Whether wasm may use threads, and clocks tick in microseconds. */
  crossOriginIsolated: boolean;
  adapter?: Adapter;
  adapterError?: string;
}

export interface Download {
  /** The runtime's own scripts, wasm and shaders. */
  files: { url: string; bytes: number; gzip: number }[];
  gzip: number;
  bytes: number;
}

/** One runtime with one network and batch. Unless stated otherwise, times are milliseconds of wall time. */
export interface RuntimeResult {
  id: RuntimeId;
  status: 'ok' | 'failed' | 'cancelled';
  error?: string;
  version?: string;
  threads?: number;
  adapter?: AdapterDescription;
  download?: Download;
  /** Bytes of the network in the runtime's format. */
  modelBytes?: number;
  importMs?: number;
  loadMs?: number;
  firstMs?: number;
  /** Included in import, load and first inference. */
  spent?: Spent;
  loadCalls?: Calls;
  /** From input on the CPU to logits on the CPU, one inference after the other. */
  warm: number[];
  /** Of the same, the time until the last submit without waiting for the GPU: the cost on the page's thread. Absent in reports of earlier versions. */
  cpu?: number[];
  /** Of the same, the time of the GPU alone. */
  gpu: GpuSpan[];
  stream?: { frames: number; inFlight: number; framesPerSecond: number };
  /** For one warm inference. */
  calls?: Calls;
  alive?: Alive;
  deviation?: Deviation;
}

/** One network at one batch size. */
export interface Table {
  model: string;
  batch: number;
  /** [n, c, h, w] */
  shape: number[];
  weights: string;
  reference: string;
  parameters: number;
  /** Multiply-adds of the whole batch. */
  macs: number;
  error?: string;
  /** Other errors. */
  note?: string;
  runtimes: RuntimeResult[];
  /** Only this library's. */
  layers?: { layers: (Layer & Pick<LayerCost, 'bytes'>)[]; estimated: boolean };
  memory?: MemoryMap;
  /** Only this library's. */
  selfTest?: SelfTest;
}

export interface Report {
  schema: typeof SCHEMA;
  config: BenchConfig;
  environment: Environment;
  peaks?: Peaks;
  tables: Table[];
}

export const warmOf = (result: RuntimeResult): Summary | undefined => summarize(result.warm);
export const cpuOf = (result: RuntimeResult): number | undefined => summarize(result.cpu ?? [])?.median;
export const gpuOf = (result: RuntimeResult): Summary | undefined => summarize(result.gpu.map(({ span }) => span));

/** Load and first result, with the model in memory. Excludes the import, which is mostly download. */
export function firstResultOf({ loadMs, firstMs }: RuntimeResult): number | undefined {
  return loadMs === undefined || firstMs === undefined ? undefined : loadMs + firstMs;
}

export interface Ratio {
  /** The best other runtime. */
  peer: RuntimeId;
  /** How many times as long as this library it takes: above 1, this library is faster. */
  ratio: number;
}

/** Compares the best WebGPU runtime of the same precision with this library. */
export function bestPeer(table: Table, value: (result: RuntimeResult) => number | undefined, ours: RuntimeId = 'ours'): Ratio | undefined {
  const own = table.runtimes.find(({ id, status }) => id === ours && status === 'ok');
  const base = own && value(own);
  if (!base) return undefined;
  let best: Ratio | undefined;
  for (const result of table.runtimes) {
    const { family, runsOn, precision } = RUNTIMES[result.id];
    if (family === 'ours' || runsOn !== 'webgpu' || precision !== RUNTIMES[ours].precision || result.status !== 'ok') continue;
    const time = value(result);
    if (time !== undefined && Number.isFinite(time) && (!best || time / base < best.ratio)) best = { peer: result.id, ratio: time / base };
  }
  return best;
}

/** On a slow software adapter, the ranking says nothing about GPUs. */
export const mayRank = ({ environment }: Report): boolean => environment.adapter !== undefined && !environment.adapter.software;

export function isReport(value: unknown): value is Report {
  if (typeof value !== 'object' || value === null) return false;
  const { schema, tables, config, environment } = value as Partial<Report>;
  const isTable = (table: Partial<Table> | null) =>
    typeof table?.model === 'string' && Array.isArray(table.shape) && Array.isArray(table.runtimes);
  const isKnown = ({ runtimes }: Table) =>
    runtimes.every(({ id, warm, gpu }) => id in RUNTIMES && Array.isArray(warm) && Array.isArray(gpu));
  return (
    schema === SCHEMA &&
    typeof config === 'object' &&
    config !== null &&
    typeof environment === 'object' &&
    environment !== null &&
    Array.isArray(tables) &&
    tables.every((table) => isTable(table) && isKnown(table))
  );
}
