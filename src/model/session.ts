/**
 * A network on a GPU. It lets two calls run at once, says how large a batch may be, and replaces a lost device.
 *
 * It holds no tensors: after a loss the checkpoint is opened again.
 */

import type { CallOptions, Progress } from '../api/types.ts';
import type { Verified } from '../api/verify-types.ts';
import { type Engine, type EngineOptions, isLost } from '../gpu/device.ts';
import { type DeviceResources, disposeResources, openResources } from '../gpu/device-resources.ts';
import { Executable, type TailFor } from '../gpu/executable.ts';
import type { InputWriter } from '../gpu/input-writer.ts';
import type { Schedule } from '../gpu/schedule.ts';
import { MAX_IN_FLIGHT, Turns } from '../gpu/turns.ts';
import type { WeightStore } from '../gpu/weight-store.ts';
import type { Graph } from '../graph/types.ts';
import type { PlanOn } from '../kernels/avoid.ts';
import { coreOps } from '../kernels/families.ts';
import type { TunedVariant } from '../kernels/lib/context.ts';
import type { DeviceProfile, Precision } from '../kernels/lib/kernel.ts';
import type { ReadTensor } from '../kernels/lib/pack.ts';
import * as lazy from '../lazy.ts';
import { batchLimit } from '../plan/batch.ts';
import { type MakePlanOptions, makePlan, planBytes } from '../plan/plan.ts';
import type { Plan } from '../plan/types.ts';
import { disposed, ResnetError, throwIfAborted } from '../util/errors.ts';
import type { PreparedNetwork } from './prepared-network.ts';
import type { BoundTensors } from './tensors.ts';

export interface SessionOptions {
  device?: GPUDevice;
  powerPreference?: GPUPowerPreference;
  precision: Precision;
  /** Whether runs are sliced by default. */
  background?: boolean;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
  tuned?: TunedVariant;
  refine?: EngineOptions['refine'];
  memoryBudget?: number;
}

/** Uses an executable on the engine that it is for. */
export type Call<T> = (executable: Executable, engine: Engine, schedule?: Schedule) => Promise<T>;

/** A run. Nothing in it depends on a device, so it can be repeated on another. */
export interface RunRequest<T> {
  shape: readonly number[];
  outputs: readonly string[];
  input: InputWriter;
  /** Commands after the network, and the results. */
  tail: TailFor<T>;
}

/** The tail that gives all outputs, dense float32. */
export const outputsTail: TailFor<Float32Array[]> = ({ allOutputs }) => allOutputs;

/** What the session was loaded with, except `BoundTensors.read`, which keeps the checkpoint in memory. */
type Loaded = Pick<PreparedNetwork, 'arch' | 'shape' | 'outputs'> & Pick<BoundTensors, 'reopenTensors'>;

export class Session {
  readonly precision: Precision;
  /** Called and cleared when the next call has a result or fails with `f16-overflow`. Tuning and verification wait for that (model/load.ts). */
  afterResult: (() => void) | undefined;
  readonly #options: SessionOptions;
  readonly #graphs = new Map<string, Graph>();
  readonly #batchLimits = new Map<string, number>();
  /** Turns of calls. A measurement takes all of them (tuning/measure.ts). */
  readonly turns = new Turns(MAX_IN_FLIGHT);
  #network: Loaded | undefined;
  /** What the planner needs for the network, whatever the input size. Known before the rest of the network. */
  ops = coreOps;
  /** The current device, and what is on it. after-loss.ts replaces it. */
  resources: DeviceResources;
  #recovery: Promise<void> | undefined;
  isDisposed = false;
  /** Calls that use the GPU now, including measurements. */
  underWay = 0;
  /** What inspect/verify found, and texts about wrong kernels that nothing can replace. */
  verified: Verified | undefined;
  hopeless: readonly string[] = [];

  private constructor(resources: DeviceResources, options: SessionOptions) {
    this.precision = options.precision;
    this.#options = options;
    this.resources = resources;
  }

  /** Opens the device; the network comes with `load`. */
  static async create(options: SessionOptions): Promise<Session> {
    return new Session(await openResources(options), options);
  }

  get engine(): Engine {
    return this.resources.engine;
  }

  get weights(): WeightStore {
    return this.resources.weights;
  }

  /** Input shape that the session was loaded for, [n, c, h, w]. */
  get shape(): readonly number[] {
    return this.#loaded().shape;
  }

  /** Nodes whose values a run gives unless asked otherwise. */
  get outputs(): readonly string[] {
    return this.#loaded().outputs;
  }

  /** The engine. Recovers from a loss if necessary. */
  async ready(): Promise<Engine> {
    this.assertUsable();
    // A device that is being replaced cannot be used yet, although part of the weights may be there.
    if (this.engine.loss || this.#recovery) await this.#recover();
    this.assertUsable();
    return this.engine;
  }

  /** Reads the network's tensors from their source again. */
  async reopenTensors(): Promise<ReadTensor> {
    this.assertUsable();
    return this.#loaded().reopenTensors();
  }

  /**
   * Compiles what a network will probably need, while its checkpoint is still downloading. `load` makes the final plan, and reports
   * the errors.
   */
  async precompile({ graph, outputs, ops }: PreparedNetwork): Promise<void> {
    this.ops = ops;
    const { steps, derived } = this.plan(graph, outputs);
    for (const { dispatch } of [...steps, ...derived]) this.engine.pipelines.get(dispatch).catch(() => undefined);
  }

  /** Prepares for one input size and uploads the weights. */
  async load({ arch, shape, graph, outputs, ops }: PreparedNetwork, { read, reopenTensors }: BoundTensors): Promise<void> {
    this.ops = ops;
    this.#network = { arch, shape, outputs, reopenTensors };
    // `upload` and every later run find it here.
    remember(this.#graphs, shape.join('x'), () => graph);
    const { resources } = this;
    try {
      await this.upload(resources, read);
    } catch (error) {
      // If the device was lost, `ready` below uploads to another one.
      await throwUnlessLost(error, resources);
    }
    throwIfAborted(this.#options.signal);
    await this.ready();
  }

  /**
   * Puts the network on a device, for `load` and again after a loss (after-loss.ts): uploads the weights and compiles the kernels at the
   * same time. Two plans: `whole` has the weights of every output, so that later calls can ask for any of them; the executable is made
   * for `outputs` only.
   */
  async upload(resources: DeviceResources, read: ReadTensor): Promise<void> {
    const { weights, executables } = resources;
    const { shape, outputs } = this.#loaded();
    const { signal, onProgress } = this.#options;
    const graph = this.graph(shape);
    const whole = this.plan(graph, [...new Set([...graph.outputs.map(({ node }) => node), ...outputs])]);
    await weights.allocate(whole.weights);
    const onCompiled = (loaded: number, total: number) => onProgress?.({ phase: 'compile', loaded, total });
    const compiling = executables.hold(planKey(shape, outputs), () => this.executable(resources, graph, outputs, { onCompiled }));
    try {
      const onUploaded = (loaded: number, total: number) => onProgress?.({ phase: 'upload', loaded, total });
      await weights.upload(whole.weights, this.precision, read, { signal, onProgress: onUploaded });
      await compiling.executable;
    } finally {
      compiling.release();
    }
  }

  /** The executable for these outputs. If the driver refuses a kernel, the plan is made again without it. */
  async executable(
    { engine, weights }: DeviceResources,
    graph: Graph,
    outputs: readonly string[],
    { onCompiled, ...more }: Partial<MakePlanOptions> & { onCompiled?: (done: number, total: number) => void } = {},
  ): Promise<Executable> {
    for (;;) {
      try {
        return await Executable.create(engine, this.plan(graph, outputs, more), weights, onCompiled);
      } catch (error) {
        if (!engine.pipelines.refused.has(error as object)) throw error;
        if (!(await (await lazy.refusedKernels()).avoidRefused(engine, error))) throw error;
      }
    }
  }

  /** The plan of a graph on this device. */
  plan(graph: Graph, outputs: readonly string[], more: Partial<MakePlanOptions> = {}): Plan {
    return makePlan(graph, { ...this.#planOptions(outputs), profile: this.profileFor(graph, outputs), ...more });
  }

  /** The device's profile. It is lean if the running plan would exceed the memory budget. */
  profileFor(graph: Graph, outputs: readonly string[]): DeviceProfile {
    const { profile } = this.engine;
    const { memoryBudget } = this.#options;
    const lean = memoryBudget !== undefined && planBytes(makePlan(graph, this.#planOptions(outputs))) > memoryBudget;
    return lean ? { ...profile, lean } : profile;
  }

  #planOptions(outputs: readonly string[]): MakePlanOptions {
    const { profile, device } = this.engine;
    const { tuned } = this.#options;
    return { ops: this.ops, precision: this.precision, profile, tuned, outputs, maxBufferBytes: device.limits.maxBufferSize };
  }

  /** Graph of the network for an input shape. */
  graph(shape: readonly number[]): Graph {
    return remember(this.#graphs, shape.join('x'), () => this.#loaded().arch.build(shape));
  }

  /** Dispatches from the input tensor to these nodes, and the additional passes of split sums and Winograd. */
  countDispatches(shape: readonly number[], outputs: readonly string[]): { dispatches: number; auxiliary: number } {
    const { steps } = this.plan(this.graph(shape), outputs);
    const auxiliary = steps.filter((step) => step.auxiliary).length;
    return { dispatches: steps.length - auxiliary, auxiliary };
  }

  /** Later runs are planned again, because kernels were excluded. */
  replan(): void {
    this.resources.executables.forget();
  }

  /** Warnings about kernels that fail on this device: what replaces them, or that nothing does. */
  replaced(): string[] {
    const { pipelines, profile } = this.engine;
    const keys = [planKey(this.shape, this.outputs), ...this.resources.executables.keys];
    const planOn: PlanOn = (profile, shape, outputs) => this.plan(this.graph(shape), outputs, { profile });
    return [...(pipelines.avoided?.replaced(profile, keys, planOn) ?? []), ...this.hopeless];
  }

  /** The largest batch up to `shape[0]` that goes in one submit. */
  batchLimit(shape: readonly number[], outputs: readonly string[]): number {
    return remember(this.#batchLimits, planKey(shape, outputs), () =>
      batchLimit(shape[0] ?? 1, this.engine.profile, this.engine.device.limits, (n) => {
        const graph = this.graph([n, ...shape.slice(1)]);
        return { graph, plan: this.plan(graph, outputs) };
      }),
    );
  }

  /** Runs one batch when its turn comes. If the library's own device is lost, it is replaced and the batch runs once more. */
  run<T>({ shape, outputs, input, tail }: RunRequest<T>, options?: CallOptions): Promise<T> {
    return this.withExecutable(
      shape,
      outputs,
      async (executable, engine, schedule) => executable.run(input, await tail(executable, engine), schedule),
      options,
    );
  }

  /**
   * Runs `call` with the executable for an input shape and outputs, when its turn comes. If it is aborted before that, it never
   * starts. If the library's own device is lost, it is replaced, and `call` runs once more.
   */
  async withExecutable<T>(
    shape: readonly number[],
    outputs: readonly string[],
    call: Call<T>,
    { signal, background }: CallOptions = {},
  ): Promise<T> {
    await this.turns.enter(signal);
    let result: T;
    try {
      const slices = (background ?? this.#options.background) ? (await lazy.background()).schedule : undefined;
      result = await this.attempt(async (resources) => {
        const { engine, executables } = resources;
        const held = executables.hold(planKey(shape, outputs), () => this.executable(resources, this.graph(shape), outputs));
        try {
          return await call(await held.executable, engine, engine.schedule ?? slices?.(engine));
        } catch (error) {
          held.failed(error);
          throw error;
        } finally {
          held.release();
        }
      });
    } catch (error) {
      // A wrong kernel may be the cause, and only the check that waits for this would find it.
      if ((error as Partial<ResnetError>).code === 'f16-overflow') this.#announce();
      throw error;
    } finally {
      this.turns.leave();
    }
    this.#announce();
    return result;
  }

  #announce(): void {
    const { afterResult } = this;
    this.afterResult = undefined;
    afterResult?.();
  }

  /** Runs `call` with the current device. If the library's own device is lost, it is replaced, and `call` runs once more. */
  async attempt<T>(call: (resources: DeviceResources) => Promise<T>): Promise<T> {
    for (let losses = 0; ; losses++) {
      await this.ready();
      const { resources } = this;
      this.underWay++;
      try {
        return await call(resources);
      } catch (error) {
        this.assertUsable();
        await throwUnlessLost(error, resources);
        if (losses > 0) throw (await lazy.afterLoss()).lossOf(this);
      } finally {
        this.underWay--;
      }
    }
  }

  #recover(): Promise<void> {
    this.#recovery ??= lazy
      .afterLoss()
      .then(({ replaceDevice }) => replaceDevice(this, this.#options))
      .finally(() => {
        this.#recovery = undefined;
      });
    return this.#recovery;
  }

  #loaded(): Loaded {
    if (!this.#network) throw new ResnetError('usage', 'The model is not loaded yet.', { hint: 'Wait for loadModel.' });
    return this.#network;
  }

  assertUsable(): void {
    if (this.isDisposed) throw disposed();
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    disposeResources(this.resources);
  }
}

/** Errors of the library that the loss of the device may have caused. */
const BROKEN_BY_LOSS = /^(out-of-memory|shader|disposed|device-lost)$/;

async function throwUnlessLost(error: unknown, { engine }: DeviceResources): Promise<void> {
  if ((error instanceof ResnetError && !BROKEN_BY_LOSS.test(error.code)) || !(await isLost(engine))) throw error;
}

function planKey(shape: readonly number[], outputs: readonly string[]): string {
  return `${shape.join('x')} ${outputs.join()}`;
}

/** How many results of a pure function are kept. Few input sizes are in use at a time. */
const MAX_REMEMBERED = 8;

function remember<T>(answers: Map<string, T>, key: string, compute: () => T): T {
  const known = answers.get(key);
  if (known !== undefined) return known;
  const answer = compute();
  answers.set(key, answer);
  const [oldest] = answers.keys();
  if (answers.size > MAX_REMEMBERED && oldest !== undefined) answers.delete(oldest);
  return answer;
}
