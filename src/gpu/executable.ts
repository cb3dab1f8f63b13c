/**
 * A plan on a device. Buffers, bind groups and pipelines are made once. A run encodes, submits once and reads back, or leaves
 * its outputs on the GPU. A run creates nothing.
 */

import { product } from '../graph/shape.ts';
import type { Dispatch, Precision } from '../kernels/lib/kernel.ts';
import type { Operand, Step } from '../kernels/lib/step.ts';
import { align } from '../plan/memory.ts';
import type { Plan, Storage } from '../plan/types.ts';
import { disposed, ResnetError } from '../util/errors.ts';
import { USAGE } from './constants.ts';
import type { Engine } from './device.ts';
import type { InputWriter } from './input-writer.ts';
import type { Schedule, Submitted } from './schedule.ts';
import { Readback, type Reading, Staging } from './staging.ts';
import type { WeightStore } from './weight-store.ts';

/** Distance in bytes between the uniforms of two steps: minUniformBufferOffsetAlignment, which every device supports. */
const UNIFORM_SLOT = 256;

interface EncodedStep {
  pipeline: GPUComputePipeline;
  bindGroup: GPUBindGroup;
  workgroups: Dispatch['workgroups'];
}

/** Commands after the network's last dispatch. */
export interface Tail<T = undefined> {
  /** Recorded in the same pass. */
  inPass?: (pass: GPUComputePassEncoder) => void;
  /** Recorded after that pass. */
  afterNetwork?: (encoder: GPUCommandEncoder) => void;
  /** Without it, outputs stay on the GPU, and a run resolves as soon as it is submitted. */
  reading?: Reading<T>;
}

/** Makes the tail of a run, on whatever device the run is. */
export type TailFor<T> = (executable: Executable, engine: Engine) => Tail<T> | Promise<Tail<T>>;

export class Executable {
  readonly plan: Plan;
  readonly #engine: Engine;
  #steps: EncodedStep[] = [];
  /** Buffers, by the pool of the plan's tensors. */
  readonly #pools: Record<Storage['pool'], GPUBuffer[]> = { input: [], output: [], arena: [] };
  /** All buffers. */
  readonly #owned: GPUBuffer[] = [];
  #overflow: GPUBuffer | undefined;
  #outputBytes = 0;
  /** Holds the plan's derived weights. */
  #weights: WeightStore | undefined;
  #staging: Staging | undefined;
  #overflowGroup: GPUBindGroup | undefined;
  /** A run in slices that is not yet submitted completely. No other run may use the memory until then. */
  #slicing: Promise<void> | undefined;
  #disposed = false;

  private constructor(engine: Engine, plan: Plan) {
    this.plan = plan;
    this.#engine = engine;
  }

  /** Starts compiling. Weights must be allocated, but need not be uploaded yet. */
  static async create(
    engine: Engine,
    plan: Plan,
    weights: WeightStore,
    onCompiled?: (done: number, total: number) => void,
  ): Promise<Executable> {
    let compiled = 0;
    const pipelines = plan.steps.map(async ({ dispatch }) => {
      const pipeline = await engine.pipelines.get(dispatch);
      onCompiled?.(++compiled, plan.steps.length);
      return pipeline;
    });
    // A failure below must not leave unhandled rejections.
    for (const pipeline of pipelines) pipeline.catch(() => undefined);
    const executable = new Executable(engine, plan);
    try {
      await weights.hold(plan);
      executable.#weights = weights;
      const bindGroups = await engine.memory.guard(() => executable.#allocate(weights));
      const ready = await Promise.all(pipelines);
      executable.#steps = plan.steps.flatMap((step, i) => {
        const [pipeline, bindGroup] = [ready[i], bindGroups[i]];
        return pipeline && bindGroup ? [{ pipeline, bindGroup, workgroups: step.dispatch.workgroups }] : [];
      });
      return executable;
    } catch (error) {
      executable.dispose();
      engine.pipelines.forgetLayouts();
      throw error;
    }
  }

  get precision(): Precision {
    return this.plan.precision;
  }

  /** Makes the buffers, and the bind groups of all steps. */
  #allocate(weights: WeightStore): GPUBindGroup[] {
    const { memory } = this.#engine;
    const { plan } = this;
    const poolBytes = (pool: 'input' | 'output') =>
      Math.max(16, ...plan.tensors.map(({ storage }) => (storage.pool === pool ? align(storage.byteOffset + storage.byteLength) : 0)));
    const create = (label: string, bytes: number, usage: number) => this.own(memory.create('activations', label, bytes, usage));
    this.#outputBytes = poolBytes('output');
    this.#pools.input.push(create('input', poolBytes('input'), USAGE.STORAGE | USAGE.COPY_DST | USAGE.COPY_SRC));
    this.#pools.output.push(create('output', this.#outputBytes, USAGE.STORAGE | USAGE.COPY_SRC));
    for (const [i, bytes] of plan.arena.entries()) this.#pools.arena.push(create(`arena ${i}`, bytes, USAGE.STORAGE | USAGE.COPY_SRC));
    const uniforms = create('uniforms', Math.max(1, plan.steps.length) * UNIFORM_SLOT, USAGE.UNIFORM | USAGE.COPY_DST);
    this.#writeUniforms(uniforms);
    if (plan.precision === 'f16') {
      this.#overflow = create('overflow', 4, USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST);
      this.#overflowGroup = this.#bindOverflow(this.#overflow);
    }
    this.#staging = new Staging(this.#engine, this.#outputBytes, this.#overflow);
    return plan.steps.map((step, i) => this.#bind(step, i, uniforms, weights));
  }

  /** Frees the buffer together with this executable. */
  own(buffer: GPUBuffer): GPUBuffer {
    this.#owned.push(buffer);
    return buffer;
  }

  #writeUniforms(buffer: GPUBuffer): void {
    const words = new Uint32Array(buffer.size / 4);
    this.plan.steps.forEach(({ dispatch }, i) => {
      words[(i * UNIFORM_SLOT) / 4] = i;
      words.set(Object.values(dispatch.uniforms), (i * UNIFORM_SLOT) / 4 + 1);
    });
    this.#engine.device.queue.writeBuffer(buffer, 0, words);
  }

  #bind(step: Step, index: number, uniforms: GPUBuffer, weights: WeightStore): GPUBindGroup {
    return this.#engine.device.createBindGroup({
      label: step.layer,
      layout: this.#engine.pipelines.layout(step.dispatch.bindings),
      entries: [
        { binding: 0, resource: { buffer: uniforms, offset: index * UNIFORM_SLOT, size: UNIFORM_SLOT } },
        ...step.operands.map((operand, i) => ({ binding: i + 1, resource: this.#range(operand, weights) })),
      ],
    });
  }

  #bindOverflow(buffer: GPUBuffer): GPUBindGroup {
    return this.#engine.device.createBindGroup({
      label: 'overflow',
      layout: this.#engine.pipelines.overflowLayout,
      entries: [{ binding: 0, resource: { buffer } }],
    });
  }

  #range(operand: Operand, weights: WeightStore): GPUBufferBinding {
    if (operand.kind === 'weights') return weights.get(this.plan.weights[operand.weights]?.key ?? '');
    if (operand.kind === 'derived') return weights.get(this.plan.derived[operand.derived]?.key ?? '');
    const { buffer, byteOffset, byteLength } = this.tensorRange(operand.tensor);
    return { buffer, offset: byteOffset, size: byteLength };
  }

  /** Where a tensor of the plan is. */
  tensorRange(tensor: number): { buffer: GPUBuffer; byteOffset: number; byteLength: number } {
    const storage = this.plan.tensors[tensor]?.storage;
    if (!storage) throw new Error(`plan has no tensor ${tensor}`);
    const buffer = this.#pools[storage.pool][storage.index];
    if (!buffer) throw new Error(`plan has no ${storage.pool} buffer ${storage.index}`);
    return { buffer, byteOffset: storage.byteOffset, byteLength: storage.byteLength };
  }

  /** Where the outputs are after a run, in the plan's order, dense float32. Valid until the next run. */
  get outputs(): { buffer: GPUBuffer; byteOffset: number; byteLength: number; shape: number[] }[] {
    return this.plan.outputs.map(({ tensor, shape }) => ({ ...this.tensorRange(tensor), byteLength: product(shape) * 4, shape }));
  }

  /** Reads all outputs, in the plan's order, dense float32. */
  get allOutputs(): { reading: Reading<Float32Array[]> } {
    const { outputs } = this;
    const decode = (bytes: ArrayBuffer) =>
      outputs.map(({ byteOffset, shape }) => new Float32Array(bytes, byteOffset, product(shape)).slice());
    return { reading: { buffer: this.#pools.output[0] as GPUBuffer, byteLength: this.#outputBytes, decode } };
  }

  /** Runs the network: writes its inputs, submits (once, unless there is a schedule), and returns what is read back. */
  async run<T>(input: InputWriter, tail: Tail<T>, schedule?: Schedule): Promise<T> {
    this.#assertUsable();
    const { device, memory } = this.#engine;
    const readback = tail.reading && new Readback(this.#staging as Staging, tail.reading);
    const accepted: Promise<void>[] = [];
    let last: Submitted | undefined;
    // WebGPU only reports later that it refused commands or had no memory for them. The output then still holds the results of the
    // previous run. Two error scopes take 10 µs for each run in Chromium, 4 in Firefox, and no round trip.
    const submit = (from: number, to: number) => {
      const isLast = to === this.#steps.length;
      const guard = memory.guard(() => {
        const encoder = device.createCommandEncoder({ label: 'inference' });
        this.record(encoder, input, tail, from, to);
        if (isLast) readback?.record(encoder);
        device.queue.submit([encoder.finish()]);
        if (isLast) readback?.map();
      });
      guard.catch(() => undefined);
      accepted.push(guard);
      last = this.#engine.submitted = { steps: this.plan.steps, from, to, input, tail };
    };
    try {
      if (input.prepare) await input.prepare(this.#engine);
      while (this.#slicing) await this.#slicing.catch(() => undefined);
      // Nothing may be awaited between this check and `#sliced`. Otherwise a second waiting call could start as well.
      if (schedule) await this.#sliced(schedule(this.plan, submit));
      else submit(0, this.#steps.length);
      await Promise.all(accepted);
      const result = await readback?.read((word) => this.#throwOverflow(word));
      if (readback && this.#engine.submitted === last) this.#engine.submitted = undefined;
      return result as T;
    } catch (error) {
      readback?.drop();
      input.drop?.();
      throw error;
    }
  }

  #sliced(run: Promise<void>): Promise<void> {
    this.#slicing = run.finally(() => {
      this.#slicing = undefined;
    });
    return this.#slicing;
  }

  /** A run in slices that is not yet submitted completely. Nothing may run in between. Another one may have started when this settles. */
  get slicing(): Promise<void> | undefined {
    return this.#slicing?.catch(() => undefined);
  }

  /** Records a run, or only its dispatches `from` .. `to` - 1. */
  record(encoder: GPUCommandEncoder, writer: InputWriter, tail: Omit<Tail, 'reading'>, from = 0, to = this.#steps.length): void {
    this.#assertUsable();
    const { device } = this.#engine;
    for (const [input, { tensor }] of from === 0 ? this.plan.inputs.entries() : [])
      writer.write({ device, encoder, ...this.tensorRange(tensor), input });
    const isLast = to === this.#steps.length;
    const pass = encoder.beginComputePass({ label: 'network' });
    this.encodeSteps(pass, from, to);
    if (isLast) tail.inPass?.(pass);
    pass.end();
    if (isLast) tail.afterNetwork?.(encoder);
  }

  /** Records dispatches `from` .. `to` - 1. */
  encodeSteps(pass: GPUComputePassEncoder, from: number, to: number): void {
    if (this.#overflowGroup) pass.setBindGroup(1, this.#overflowGroup);
    let current: GPUComputePipeline | undefined;
    for (let i = from; i < to; i++) {
      const step = this.#steps[i];
      if (!step) continue;
      if (step.pipeline !== current) {
        pass.setPipeline(step.pipeline);
        current = step.pipeline;
      }
      pass.setBindGroup(0, step.bindGroup);
      pass.dispatchWorkgroups(...step.workgroups);
    }
  }

  #throwOverflow(word: number): never {
    const step = this.plan.steps[0xffffffff - word];
    this.#engine.submitted = undefined;
    throw new ResnetError('f16-overflow', `a value is beyond the 65504 of f16.`, {
      layer: step?.layer ?? 'unknown',
      hint: "Load the model with precision: 'f32'.",
    });
  }

  #assertUsable(): void {
    if (this.#disposed) {
      throw disposed();
    }
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#weights?.release(this.plan);
    const { memory } = this.#engine;
    for (const buffer of this.#owned) memory.destroy(buffer);
    this.#staging?.dispose();
  }
}
