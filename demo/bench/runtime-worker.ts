/**
 * The worker of one runtime. It only sees its own WebGPU objects, and ending it frees all of them. WebGPU is wrapped with counters before
 * the runtime is imported.
 */

import type { Tuning } from '../../src/api/tuning-types.ts';
import { type AdapterDescription, describeAdapter } from '../../src/gpu/device-profile.ts';
import { type Alive, around, CallMeter, type Calls, countCalls, difference, type GpuClasses, type Spent } from './calls.ts';
import { type GpuSpan, SpanTimer } from './gpu-span.ts';
import { serve } from './rpc.ts';
import { RUNNERS } from './runners/index.ts';
import type { Input, ModelFile, Runner } from './runners/runner.ts';
import type { RuntimeId } from './runtimes.ts';

export interface Opened {
  version: string;
  importMs: number;
}

export interface Loaded {
  loadMs: number;
  firstMs: number;
  /** Included in the time above. */
  spent: Spent;
  calls: Calls;
  alive: Alive;
  logits: Float32Array<ArrayBuffer>;
  threads?: number;
  /** What the runtime requested and got. Absent if it uses no GPU. */
  adapter?: AdapterDescription;
  /** Files that the runtime fetched. */
  files: string[];
}

export interface Inferred {
  ms: number;
  /** Of that, the time until the last submit without waiting for the GPU. Absent if nothing was submitted. */
  cpuMs?: number;
  calls: Calls;
  alive: Alive;
  gpu?: GpuSpan;
  logits: Float32Array<ArrayBuffer>;
}

export interface Streamed {
  frames: number;
  inFlight: number;
  framesPerSecond: number;
}

const classes = globalThis as GpuClasses & { GPU?: { prototype: object }; GPUAdapter?: { prototype: object } };
const meter = new CallMeter();
countCalls(classes, meter);
const timer = new SpanTimer(classes, meter);

let adapter: AdapterDescription | undefined;
const gpuErrors: string[] = [];
// All runtimes get the same adapter and features. With two GPUs, they would ask for different ones.
around(
  classes.GPU,
  'requestAdapter',
  (original) =>
    function (...args) {
      const [options] = args as unknown as [GPURequestAdapterOptions | undefined];
      return original.apply(this, [{ ...options, powerPreference: 'high-performance' }] as never[]);
    },
);
around(
  classes.GPUAdapter,
  'requestDevice',
  (original) =>
    async function (...args) {
      const self = this as GPUAdapter;
      const [descriptor] = args as unknown as [GPUDeviceDescriptor | undefined];
      const features = new Set(descriptor?.requiredFeatures ?? []);
      if (self.features.has('timestamp-query')) features.add('timestamp-query');
      const device = (await original.apply(this, [{ ...descriptor, requiredFeatures: [...features] }] as never[])) as GPUDevice;
      adapter = describeAdapter(self.info);
      device.addEventListener('uncapturederror', ({ error }) => gpuErrors.push(error.message));
      return device;
    },
);

let runner: Runner | undefined;

function opened(): Runner {
  if (!runner) throw new Error('No runtime was opened.');
  return runner;
}

/** After an invalid command, WebGPU continues with zeros. A benchmark must not. */
function failOnGpuErrors(): void {
  const [first] = gpuErrors;
  if (first !== undefined) throw new Error(`WebGPU reported ${gpuErrors.length} errors, the first: ${first}`);
}

/** To the microsecond, the finest resolution of clocks in browsers. */
const since = (start: number, end = performance.now()) => Math.round((end - start) * 1000) / 1000;

/** A copy, because the runtime may reuse its own. */
const copy = (logits: Float32Array) => Float32Array.from(logits);

const handlers = {
  async open(id: RuntimeId): Promise<Opened> {
    const start = performance.now();
    runner = await RUNNERS[id]();
    return { version: runner.version, importMs: since(start) };
  },

  async load({ file, input, tuning }: { file: ModelFile; input: Input; tuning?: Tuning }): Promise<Loaded> {
    const start = performance.now();
    await opened().load(file, input, tuning);
    const ready = performance.now();
    const logits = await opened().infer();
    const end = performance.now();
    failOnGpuErrors();
    const files = performance.getEntriesByType('resource').map(({ name }) => name);
    return {
      loadMs: since(start, ready),
      firstMs: since(ready, end),
      spent: meter.spent,
      calls: meter.calls,
      alive: meter.alive,
      logits: copy(logits),
      threads: opened().threads,
      adapter,
      files: [...new Set(files)],
    };
  },

  async infer({ timestamps }: { timestamps: boolean }): Promise<Inferred> {
    const before = meter.calls;
    let logits = new Float32Array();
    let ms = 0;
    let cpuMs: number | undefined;
    const work = async () => {
      const start = performance.now();
      logits = copy(await opened().infer());
      ms = since(start);
      cpuMs = meter.untilSubmitted(start);
    };
    let gpu: GpuSpan | undefined;
    if (timestamps) gpu = await timer.time(work);
    else await work();
    failOnGpuErrors();
    return { ms, cpuMs, calls: difference(meter.calls, before), alive: meter.alive, gpu, logits };
  },

  /** As many frames in flight as possible, as with a camera. */
  async stream({ frames }: { frames: number }): Promise<Streamed> {
    const { maxInFlight } = opened();
    let next = 0;
    const lane = async () => {
      while (next++ < frames) await opened().infer();
    };
    const start = performance.now();
    await Promise.all(Array.from({ length: maxInFlight }, lane));
    const seconds = (performance.now() - start) / 1000;
    failOnGpuErrors();
    return { frames, inFlight: maxInFlight, framesPerSecond: frames / seconds };
  },

  async selfTest() {
    return opened().selfTest?.();
  },

  async layers() {
    return opened().layers?.();
  },
};

export type RuntimeHandlers = typeof handlers;

serve(self as unknown as Parameters<typeof serve>[0], handlers);
