/** Runs a benchmark: makes the networks, opens each runtime in a separate worker, and measures them alternately. */

import type { Tuning } from '../../src/api/tuning-types.ts';
import type { AdapterDescription } from '../../src/gpu/device-profile.ts';
import type { BenchConfig } from './config.ts';
import { weigh } from './download.ts';
import type { PeakHandlers } from './peaks/worker.ts';
import { withTraffic } from './prepare/describe.ts';
import type { Prepared, PrepareHandlers } from './prepare/worker.ts';
import { type Environment, type Report, type RuntimeResult, SCHEMA, type Table, warmOf } from './report.ts';
import { Remote } from './rpc.ts';
import type { RuntimeHandlers } from './runtime-worker.ts';
import { RUNTIMES, type RuntimeId } from './runtimes.ts';
import { carriesTimestamps, extraGpuRuns, moreWarmups, rotated, streamFrames, TimeBox } from './schedule.ts';
import { deviation } from './statistics.ts';

export interface BenchEvents {
  /** What is being done, in words, and the progress from 0 to 1. */
  onStep(text: string, done: number): void;
  /** Called when there is something new. The report is always complete enough to be shown. */
  onChange(report: Report): void;
}

/** The tuning table for this library's run, if there is one for this adapter. */
export type TuningOf = (adapter: AdapterDescription, precision: 'f32' | 'f16') => Promise<Tuning | undefined>;

/** One runtime while it is measured. */
interface Contestant {
  result: RuntimeResult;
  remote: Remote<RuntimeHandlers>;
  box: TimeBox;
}

export function preparer(): Remote<PrepareHandlers> {
  return new Remote(new Worker(new URL('./prepare/worker.ts', import.meta.url), { type: 'module' }));
}

export function peakMeter(): Remote<PeakHandlers> {
  return new Remote(new Worker(new URL('./peaks/worker.ts', import.meta.url), { type: 'module' }));
}

function runtimeWorker(): Remote<RuntimeHandlers> {
  return new Remote(new Worker(new URL('./runtime-worker.ts', import.meta.url), { type: 'module' }));
}

export class Bench {
  readonly report: Report;
  readonly #config: BenchConfig;
  readonly #events: BenchEvents;
  readonly #signal: AbortSignal;
  readonly #tuningOf: TuningOf;
  readonly #open = new Set<Remote<never>>();
  #stepsDone = 0;

  constructor(
    config: BenchConfig,
    environment: Environment,
    events: BenchEvents,
    signal: AbortSignal,
    tuningOf: TuningOf = async () => undefined,
  ) {
    this.report = { schema: SCHEMA, config, environment, tables: [] };
    this.#config = config;
    this.#events = events;
    this.#signal = signal;
    this.#tuningOf = tuningOf;
  }

  /** Measures everything. After an abort, the report has the results so far, and no worker is left. */
  async run(): Promise<Report> {
    const abort = () => {
      for (const remote of this.#open) remote.terminate();
    };
    this.#signal.addEventListener('abort', abort);
    try {
      await this.#peaks();
      for (const model of this.#config.models) {
        for (const batch of this.#config.batches) {
          this.#signal.throwIfAborted();
          await this.#table(model, batch);
        }
      }
    } finally {
      this.#signal.removeEventListener('abort', abort);
      abort();
    }
    return this.report;
  }

  #keep<R extends { terminate(reason?: Error): void }>(remote: R): R {
    this.#open.add(remote as unknown as Remote<never>);
    return remote;
  }

  #end(remote: { terminate(reason?: Error): void }): void {
    remote.terminate();
    this.#open.delete(remote as unknown as Remote<never>);
  }

  #step(text: string): void {
    const { models, batches, runtimes, rounds } = this.#config;
    // Load, warm-up, gpu, stream and weighing count as one round each.
    const all = 1 + models.length * batches.length * (1 + runtimes.length * (rounds + 4));
    this.#events.onStep(text, Math.min(1, this.#stepsDone / all));
  }

  #changed(): void {
    this.#events.onChange(this.report);
  }

  async #peaks(): Promise<void> {
    this.#step('Looking at the adapter');
    const meter = this.#keep(peakMeter());
    try {
      this.report.environment.adapter = await meter.call('adapter', undefined);
      this.#changed();
      if (this.#config.peaks) {
        this.#step('Measuring what the adapter can do at best');
        this.report.peaks = await meter.call('measure', undefined);
      }
    } catch (error) {
      this.#signal.throwIfAborted();
      this.report.environment.adapterError = messageOf(error);
    }
    this.#end(meter);
    this.#stepsDone++;
    this.#changed();
  }

  async #table(model: string, batch: number): Promise<void> {
    const { weights, seed, size, runtimes } = this.#config;
    const table: Table = { model, batch, shape: [], weights, reference: '', parameters: 0, macs: 0, runtimes: [] };
    this.report.tables.push(table);
    const maker = this.#keep(preparer());
    const contestants: Contestant[] = [];
    try {
      this.#step(`${model}: making the network`);
      const prepared = await maker.call('prepare', { model, weights, seed, batch, size });
      const { input, reference, parameters, macs } = prepared;
      Object.assign(table, { shape: input.shape, weights: prepared.weights, reference, parameters, macs });
      this.#stepsDone++;
      for (const id of runtimes) {
        const contestant = await this.#load(table, id, maker, prepared);
        if (contestant) contestants.push(contestant);
      }
      await this.#measure(table, contestants, prepared);
      await this.#lookInside(table, contestants, prepared, maker);
    } catch (error) {
      // Failures of single runtimes were noted with them. This one concerns all, or was asked for.
      for (const result of table.runtimes) if (this.#signal.aborted && result.warm.length === 0) result.status = 'cancelled';
      this.#signal.throwIfAborted();
      table.error = messageOf(error);
    } finally {
      for (const { remote } of contestants) this.#end(remote);
      this.#end(maker);
      this.#changed();
    }
  }

  /** Opens a runtime, up to its first result. */
  async #load(table: Table, id: RuntimeId, maker: Remote<PrepareHandlers>, prepared: Prepared): Promise<Contestant | undefined> {
    const runtime = RUNTIMES[id];
    this.#step(`${table.model}: loading into ${runtime.name}`);
    const result: RuntimeResult = { id, status: 'ok', warm: [], gpu: [] };
    table.runtimes.push(result);
    const remote = this.#keep(runtimeWorker());
    const contestant: Contestant = { result, remote, box: new TimeBox(this.#config.seconds) };
    const isOk = await this.#guard(contestant, async () => {
      Object.assign(result, await remote.call('open', id));
      const { file, bytes } = await maker.call('file', runtime.format);
      result.modelBytes = bytes;
      const { adapter: device } = this.report.environment;
      const tuning = runtime.family === 'ours' && device ? await this.#tuningOf(device, runtime.precision) : undefined;
      if (tuning) result.version += ', tuned';
      const loaded = await remote.call('load', { file, input: prepared.input, tuning });
      const { loadMs, firstMs, spent, threads, adapter, calls, alive, logits, files } = loaded;
      const rows = table.shape[0] ?? 1;
      Object.assign(result, { loadMs, firstMs, spent, adapter, alive, deviation: deviation(logits, prepared.logits, rows) });
      failOnWrongNumbers(result);
      if (runtime.runsOn === 'wasm') result.threads = threads;
      else result.loadCalls = calls;
      // The development server serves hundreds of unbundled modules. Nobody would download them in this form.
      if (!import.meta.hot) result.download = await weigh(files);
    });
    this.#stepsDone++;
    this.#changed();
    return isOk ? contestant : undefined;
  }

  /** Runs a step of one runtime. If it fails, that is this runtime's result, and the others continue. */
  async #guard({ result, remote }: Contestant, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.#signal.throwIfAborted();
      result.status = 'failed';
      result.error = messageOf(error);
      this.#end(remote);
      return false;
    }
  }

  async #measure(table: Table, contestants: readonly Contestant[], prepared: Prepared): Promise<void> {
    const { rounds, warmups } = this.#config;
    const going = () => contestants.filter(({ result }) => result.status === 'ok');
    for (const contestant of going()) {
      this.#step(`${table.model}: warming up ${RUNTIMES[contestant.result.id].name}`);
      await this.#guard(contestant, async () => {
        let spent = contestant.result.firstMs ?? 0;
        for (let done = 0; moreWarmups(done, warmups, spent); done++) {
          spent += (await contestant.remote.call('infer', { timestamps: false })).ms;
        }
      });
      this.#stepsDone++;
    }
    for (let round = 0; round < rounds; round++) {
      for (const contestant of rotated(going(), round)) {
        await this.#round(table, contestant, prepared, round);
        this.#stepsDone++;
      }
      this.#changed();
    }
    for (const contestant of going()) await this.#beyondRounds(table, contestant);
  }

  async #round(table: Table, contestant: Contestant, prepared: Prepared, round: number): Promise<void> {
    const { rounds } = this.#config;
    const { result, remote, box } = contestant;
    const expected = result.warm.at(-1) ?? result.firstMs ?? 0;
    if (result.warm.length > 0 && !box.fits(expected)) return;
    this.#step(`${table.model}: ${RUNTIMES[result.id].name}, round ${round + 1} of ${rounds}`);
    await this.#guard(contestant, async () => {
      const isLast = round === rounds - 1 || !box.fits(2 * expected);
      const inferred = await remote.call('infer', { timestamps: carriesTimestamps(isLast, expected) });
      box.spend(inferred.ms);
      result.warm.push(inferred.ms);
      if (inferred.cpuMs !== undefined) result.cpu = [...(result.cpu ?? []), inferred.cpuMs];
      result.calls = RUNTIMES[result.id].runsOn === 'webgpu' ? inferred.calls : undefined;
      result.alive = inferred.alive;
      if (inferred.gpu) result.gpu.push(inferred.gpu);
      // A runtime that is right the first time and wrong later counts as wrong.
      const found = deviation(inferred.logits, prepared.logits, table.shape[0] ?? 1);
      if (!(found.relative <= (result.deviation?.relative ?? 0))) result.deviation = found;
      failOnWrongNumbers(result);
    });
  }

  /** GPU time and throughput, in separate inferences, as far as time allows. */
  async #beyondRounds(table: Table, contestant: Contestant): Promise<void> {
    const { result, remote, box } = contestant;
    const name = RUNTIMES[result.id].name;
    const median = warmOf(result)?.median ?? 0;
    await this.#guard(contestant, async () => {
      this.#step(`${table.model}: GPU time of ${name}`);
      const runs = RUNTIMES[result.id].runsOn === 'webgpu' ? extraGpuRuns(this.#config.rounds, median) : 0;
      for (let run = 0; run < runs && box.fits(median); run++) {
        const { gpu, ms } = await remote.call('infer', { timestamps: true });
        box.spend(ms);
        if (!gpu) break;
        result.gpu.push(gpu);
      }
      this.#stepsDone++;
      this.#step(`${table.model}: throughput of ${name}`);
      const frames = streamFrames(median);
      if (box.fits(frames * median)) result.stream = await remote.call('stream', { frames });
      this.#stepsDone++;
    });
    this.#changed();
  }

  /** Layers and memory of this library. */
  async #lookInside(table: Table, contestants: readonly Contestant[], prepared: Prepared, maker: Remote<PrepareHandlers>): Promise<void> {
    const ours = contestants.find(({ result }) => RUNTIMES[result.id].family === 'ours' && result.status === 'ok');
    if (!ours || !this.#config.layers) return;
    this.#step(`${table.model}: timing each layer`);
    try {
      const profile = await ours.remote.call('layers', undefined as never);
      if (profile) table.layers = { ...profile, layers: withTraffic(profile.layers, prepared.layers) };
    } catch (error) {
      // Earlier results stay.
      this.#signal.throwIfAborted();
      table.note = `The layers of resnet-webgpu could not be timed: ${messageOf(error)}`;
    }
    this.#step(`${table.model}: comparing each layer with plain JavaScript`);
    try {
      table.selfTest = await ours.remote.call('selfTest', undefined as never);
    } catch (error) {
      this.#signal.throwIfAborted();
      table.note = `The layers of resnet-webgpu could not be compared: ${messageOf(error)}`;
    }
    const { adapter } = this.report.environment;
    const { precision } = RUNTIMES[ours.result.id];
    if (adapter) table.memory = await maker.call('memory', { adapter, precision });
    this.#changed();
  }
}

/** Relative L2 error of the logits above which a runtime counts as wrong. */
const WRONG = { f32: 1e-3, f16: 3e-2 };

/** The speed of wrong results is of no interest. */
function failOnWrongNumbers({ id, deviation: found }: RuntimeResult): void {
  const error = found?.relative ?? 0;
  if (!(error <= WRONG[RUNTIMES[id].precision]))
    throw new Error(`wrong numbers: the logits are off by ${error.toPrecision(2)} (relative L2)`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
