/**
 * A network on a GPU: device, weights, and the executables of the input sizes in use. Recovers from a lost device.
 *
 * Holds no raw tensors: after a loss the checkpoint is opened again.
 */
import { ResnetError, throwIfAborted } from './errors.ts';
import { type Engine, openEngine } from './gpu/device.ts';
import { Executable, type FillInput } from './gpu/executable.ts';
import { WeightStore } from './gpu/weights.ts';
import type { Graph } from './graph/types.ts';
import type { Precision } from './kernels/kernel.ts';
import type { ReadTensor } from './kernels/pack.ts';
import { type MakePlanOptions, makePlan } from './plan/plan.ts';
import type { Plan, PlannedWeights } from './plan/types.ts';
import type { Progress } from './types.ts';

/** Executables kept; each holds the activations of one input size and set of outputs. */
const MAX_EXECUTABLES = 4;

export interface SessionOptions {
  device?: GPUDevice;
  powerPreference?: GPUPowerPreference;
  precision: Precision;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

/** Expands the network for an input shape. */
export type BuildGraph = (shape: readonly number[]) => Graph;

/** Reads the network's tensors by canonical key; made anew from the source after a device loss. */
export type OpenTensors = () => Promise<ReadTensor>;

export class Session {
  readonly precision: Precision;
  #build: BuildGraph = () => {
    throw new ResnetError('usage', 'The model is not loaded yet.', { hint: 'Wait for loadModel.' });
  };
  readonly #options: SessionOptions;
  #openTensors: OpenTensors | undefined;
  #engine: Engine;
  #weights: WeightStore;
  #executables = new Map<string, Promise<Executable>>();
  readonly #graphs = new Map<string, Graph>();
  readonly #batchLimits = new Map<string, number>();
  #lost: GPUDeviceLostInfo | undefined;
  #recovery: Promise<void> | undefined;
  #firstPlan: Plan | undefined;
  #disposed = false;

  private constructor(engine: Engine, options: SessionOptions) {
    this.precision = options.precision;
    this.#options = options;
    this.#engine = engine;
    this.#weights = new WeightStore(engine);
    this.#watch(engine);
  }

  /** Opens the device; the network comes with `load`. */
  static async open(options: SessionOptions): Promise<Session> {
    return new Session(await openEngine(options), options);
  }

  get engine(): Engine {
    return this.#engine;
  }

  get weights(): WeightStore {
    return this.#weights;
  }

  /** The engine, after recovering from a loss if need be. */
  async ready(): Promise<Engine> {
    this.#assertUsable();
    if (this.#lost) await this.#recover();
    return this.#engine;
  }

  /** Reads the network's tensors from their source again. */
  async openTensors(): Promise<ReadTensor> {
    this.#assertUsable();
    if (!this.#openTensors) throw new ResnetError('usage', 'The model is not loaded yet.', { hint: 'Wait for loadModel.' });
    return this.#openTensors();
  }

  /** The plan that was made first, for the expected input size. */
  get firstPlan(): Plan | undefined {
    return this.#firstPlan;
  }

  /**
   * Compiles what a network will probably need while its checkpoint is still on its way; `load` says what it needs
   * indeed. Failures are left to `load`, too.
   */
  precompile(graph: Graph, outputs: readonly string[]): void {
    const { pipelines } = this.#engine;
    for (const { dispatch } of this.#plan(graph, outputs).steps) pipelines.get(dispatch).catch(() => undefined);
  }

  /**
   * Prepares for one input size and uploads the weights.
   * @param openTensors called once now, and again after a device loss
   */
  async load(build: BuildGraph, shape: readonly number[], outputs: readonly string[], openTensors: OpenTensors): Promise<void> {
    this.#build = build;
    this.#openTensors = openTensors;
    this.#firstPlan = this.#plan(this.graph(shape), outputs);
    const engine = this.#engine;
    try {
      await this.#prepare(this.#firstPlan);
    } catch (error) {
      if (error instanceof ResnetError && error.code !== 'shader') throw error;
      if (!(await this.#isLost(engine))) throw error;
    }
    throwIfAborted(this.#options.signal);
    if (this.#lost) await this.#recover();
  }

  /** Compiles the plan while the weights of every output are on their way, so that a later call can ask for any. */
  async #prepare(plan: Plan): Promise<void> {
    const graph = this.graph(plan.inputs[0]?.shape ?? []);
    const names = plan.outputs.map(({ name }) => name);
    const { weights } = this.#plan(graph, [...new Set([...graph.outputs.map(({ node }) => node), ...names])]);
    await this.#weights.allocate(weights);
    const executable = this.#executable(plan.inputs[0]?.shape ?? [], names, plan);
    executable.catch(() => undefined);
    await this.#uploadAll(weights);
    await executable;
  }

  async #uploadAll(weights: readonly PlannedWeights[]): Promise<void> {
    const { signal, onProgress } = this.#options;
    const read = await this.openTensors();
    const report = (loaded: number, total: number) => onProgress?.({ phase: 'upload', loaded, total });
    await this.#weights.upload(weights, this.precision, read, { signal, onProgress: report });
  }

  #plan(graph: Graph, outputs: readonly string[], more: Partial<MakePlanOptions> = {}): Plan {
    const { profile, device } = this.#engine;
    return makePlan(graph, { precision: this.precision, profile, outputs, maxBufferBytes: device.limits.maxBufferSize, ...more });
  }

  /** Graph of the network for an input shape. */
  graph(shape: readonly number[]): Graph {
    return remember(this.#graphs, shape.join('x'), () => this.#build(shape));
  }

  /**
   * The largest batch up to `shape[0]` whose tensors the device can bind and whose run stays clear of the watchdog
   * that resets a GPU after a few seconds.
   */
  batchLimit(shape: readonly number[], outputs: readonly string[]): number {
    return remember(this.#batchLimits, `${shape.join('x')} ${outputs.join()}`, () => this.#findBatchLimit(shape, outputs));
  }

  #findBatchLimit(shape: readonly number[], outputs: readonly string[]): number {
    const { device, profile } = this.#engine;
    const maxMacs = profile.name === 'software' ? 25e9 : profile.name === 'mobile' ? 50e9 : 200e9;
    const wanted = shape[0] ?? 1;
    for (let n = wanted; ; n = Math.ceil(n / 2)) {
      const graph = this.#build([n, ...shape.slice(1)]);
      const plan = this.#plan(graph, outputs);
      const largest = Math.max(0, ...plan.tensors.map(({ storage }) => storage.byteLength));
      const borders = plan.tensors.filter(({ storage }) => storage.pool !== 'arena');
      const buffer = Math.max(0, ...borders.map(({ storage }) => storage.byteOffset + storage.byteLength));
      const fits = largest <= device.limits.maxStorageBufferBindingSize && buffer <= device.limits.maxBufferSize;
      if (fits && (graph.macs <= maxMacs || n === 1)) return n;
      if (n === 1) {
        const tensor = plan.tensors.find(({ storage }) => storage.byteLength === largest);
        throw new ResnetError(
          'device-limits',
          `needs ${largest} bytes for one tensor, this device binds ${device.limits.maxStorageBufferBindingSize}.`,
          {
            layer: tensor?.name,
            hint: "Use a smaller image, precision: 'f16', or a device made with deviceDescriptor(adapter).",
          },
        );
      }
    }
  }

  /**
   * Runs one batch. A lost device of ours is replaced and the run repeated once.
   * @param prepare gets the engine of the attempt and gives what fills the input.
   */
  async run(
    shape: readonly number[],
    outputs: readonly string[],
    prepare: (engine: Engine) => FillInput | Promise<FillInput>,
    signal?: AbortSignal,
  ): Promise<Float32Array[]> {
    for (let losses = 0; ; ) {
      const engine = await this.ready();
      try {
        const executable = await this.#executable(shape, outputs);
        return await executable.run(await prepare(engine), signal);
      } catch (error) {
        this.#assertUsable();
        if (error instanceof ResnetError && error.code === 'disposed') continue; // evicted between look-up and run
        if (error instanceof ResnetError && error.code !== 'out-of-memory') throw error;
        if (!(await this.#isLost(engine))) throw error;
        if (losses++ > 0) throw this.#lossError();
      }
    }
  }

  /** Runs `use` on an executable that keeps every step's output; for selfTest and profile. */
  async inspect<T>(shape: readonly number[], outputs: readonly string[], use: (executable: Executable) => Promise<T>): Promise<T> {
    const engine = await this.ready();
    const plan = this.#plan(this.graph(shape), outputs, { keepAll: true });
    const executable = await Executable.create(engine, plan, this.#weights);
    try {
      return await use(executable);
    } finally {
      executable.dispose();
    }
  }

  #executable(shape: readonly number[], outputs: readonly string[], plan?: Plan): Promise<Executable> {
    const key = `${shape.join('x')} ${outputs.join()}`;
    const known = this.#executables.get(key);
    if (known) {
      // The map keeps insertion order, so that the first key is the one unused for longest.
      this.#executables.delete(key);
      this.#executables.set(key, known);
      return known;
    }
    const { onProgress } = this.#options;
    const report = plan && ((loaded: number, total: number) => onProgress?.({ phase: 'compile', loaded, total }));
    const made = Executable.create(this.#engine, plan ?? this.#plan(this.graph(shape), outputs), this.#weights, report);
    this.#executables.set(key, made);
    made.then(
      () => this.#evict(),
      () => this.#executables.delete(key),
    );
    return made;
  }

  #evict(): void {
    for (const [key, made] of this.#executables) {
      if (this.#executables.size <= MAX_EXECUTABLES) return;
      this.#executables.delete(key);
      made.then((executable) => executable.retire()).catch(() => undefined);
    }
  }

  #watch(engine: Engine): void {
    // A caller's device outlives its models, and its promise keeps what its handlers hold: 100 MB of weights each.
    const session = new WeakRef(this);
    engine.device.lost.then((info) => {
      const watching = session.deref();
      if (watching?.engine === engine) watching.#lost = info;
    });
  }

  /** Whether that engine's device is gone, be it replaced already or not. */
  async #isLost(engine: Engine): Promise<boolean> {
    // The loss may be reported just after the call that it broke.
    await Promise.race([engine.device.lost, new Promise((resolve) => setTimeout(resolve, 100))]);
    return engine !== this.#engine || this.#lost !== undefined;
  }

  #lossError(): ResnetError {
    return new ResnetError('device-lost', `The GPU device was lost: ${this.#lost?.message || this.#lost?.reason || 'no reason given'}.`, {
      hint: this.#engine.owned ? 'Load the model again.' : 'Make a new device and load the model on it.',
    });
  }

  #recover(): Promise<void> {
    this.#recovery ??= this.#rebuild().finally(() => {
      this.#recovery = undefined;
    });
    return this.#recovery;
  }

  async #rebuild(): Promise<void> {
    const plan = this.#firstPlan;
    if (!this.#engine.owned || !plan) throw this.#lossError();
    const stale = [...this.#executables.values()];
    this.#executables = new Map();
    for (const made of stale) made.then((executable) => executable.dispose()).catch(() => undefined);
    this.#engine.memory.destroyAll();
    const engine = await openEngine(this.#options);
    this.#engine = engine;
    this.#weights = new WeightStore(engine);
    this.#lost = undefined;
    this.#watch(engine);
    // Another GPU may want other tiles.
    this.#firstPlan = this.#plan(
      this.graph(plan.inputs[0]?.shape ?? []),
      plan.outputs.map(({ name }) => name),
    );
    await this.#prepare(this.#firstPlan);
  }

  #assertUsable(): void {
    if (this.#disposed) throw new ResnetError('disposed', 'The model was disposed.', { hint: 'Load it again.' });
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const made of this.#executables.values()) made.then((executable) => executable.dispose()).catch(() => undefined);
    this.#executables.clear();
    this.#weights.dispose();
    this.#engine.memory.destroyAll();
    if (this.#engine.owned) this.#engine.device.destroy();
  }
}

/** Answers kept of pure functions that a run asks for; a few, since sizes in use are few. */
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
