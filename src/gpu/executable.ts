/**
 * A plan on a device: buffers, bind groups and pipelines made once; a run encodes, submits once and reads back, or leaves
 * its outputs on the GPU. Nothing is created per run.
 */

import { product } from '../graph/shape.ts';
import type { Dispatch, Precision } from '../kernels/lib/kernel.ts';
import type { Operand, Step } from '../kernels/lib/step.ts';
import { align } from '../plan/memory.ts';
import type { Plan, Storage } from '../plan/types.ts';
import { ResnetError } from '../util/errors.ts';
import { USAGE } from './constants.ts';
import type { Engine } from './device.ts';
import { mapForReading } from './readback.ts';
import type { WeightStore } from './weights.ts';

/** Bytes between the uniforms of two steps: minUniformBufferOffsetAlignment of every device. */
const UNIFORM_SLOT = 256;

interface EncodedStep {
  pipeline: GPUComputePipeline;
  bindGroup: GPUBindGroup;
  workgroups: Dispatch['workgroups'];
}

/** Writes the input into its buffer: from the CPU, or by commands recorded before the network's. */
export type FillInput = (target: { encoder: GPUCommandEncoder; buffer: GPUBuffer; byteOffset: number; input: number }) => void;

/** What follows the network's last dispatch. */
export interface Then {
  /** Recorded in the same pass. */
  inPass?: (pass: GPUComputePassEncoder) => void;
  /** Recorded behind it. */
  behind?: (encoder: GPUCommandEncoder) => void;
  /** Called when all is submitted, and not yet known to be accepted. */
  submitted?: () => void;
}

/** Submits all steps of a plan in slices, in order: `submit(from, to)` is for the dispatches `from` .. `to` - 1. */
export type Schedule = (plan: Plan, submit: (from: number, to: number) => void) => Promise<void>;

/** Bytes to read back, and what computes them if the network does not. */
export interface Readback extends Pick<Then, 'inPass'> {
  buffer: GPUBuffer;
  /** At most those of the outputs. */
  byteLength: number;
}

export class Executable {
  readonly plan: Plan;
  readonly #engine: Engine;
  #steps: EncodedStep[] = [];
  /** Buffers by where the plan's tensors lie. */
  readonly #pools: Record<Storage['pool'], GPUBuffer[]> = { input: [], output: [], arena: [] };
  /** All buffers. */
  readonly #owned: GPUBuffer[] = [];
  #overflow: GPUBuffer | undefined;
  #outputBytes = 0;
  /** Where the plan's derived weights are held. */
  #weights: WeightStore | undefined;
  readonly #idle: GPUBuffer[] = [];
  #overflowGroup: GPUBindGroup | undefined;
  /** A run in slices, which share the memory with nobody: until its last one is submitted. */
  #slicing: Promise<void> | undefined;
  #disposed = false;

  private constructor(engine: Engine, plan: Plan) {
    this.plan = plan;
    this.#engine = engine;
  }

  /** Starts compiling; the weights need not be uploaded yet, only allocated. */
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
    // A failure below must not leave rejections that nobody handles.
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

  /** Makes the buffers and the bind groups of all steps. */
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
    return plan.steps.map((step, i) => this.#bind(step, i, uniforms, weights));
  }

  /** Frees the buffer with this executable. */
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

  /** Where a tensor of the plan lies. */
  tensorRange(tensor: number): { buffer: GPUBuffer; byteOffset: number; byteLength: number } {
    const storage = this.plan.tensors[tensor]?.storage;
    if (!storage) throw new Error(`plan has no tensor ${tensor}`);
    const buffer = this.#pools[storage.pool][storage.index];
    if (!buffer) throw new Error(`plan has no ${storage.pool} buffer ${storage.index}`);
    return { buffer, byteOffset: storage.byteOffset, byteLength: storage.byteLength };
  }

  /** Where the outputs lie after a run, in the plan's order, dense float32: until the next run. */
  get outputs(): { buffer: GPUBuffer; byteOffset: number; byteLength: number; shape: number[] }[] {
    return this.plan.outputs.map(({ tensor, shape }) => ({ ...this.tensorRange(tensor), byteLength: product(shape) * 4, shape }));
  }

  /** Runs the network: fills the inputs, submits once unless a schedule says otherwise, gives the outputs in the plan's order, dense float32. */
  run(fill: FillInput, schedule?: Schedule): Promise<Float32Array[]> {
    const { outputs } = this;
    const buffer = this.#pools.output[0] as GPUBuffer;
    return this.read(
      fill,
      { buffer, byteLength: this.#outputBytes },
      (bytes) => outputs.map(({ byteOffset, shape }) => new Float32Array(bytes, byteOffset, product(shape)).slice()),
      schedule,
    );
  }

  /** Runs the network and decodes what is read back; the bytes are gone when `decode` returns. */
  async read<T>(
    fill: FillInput,
    { buffer, byteLength, inPass }: Readback,
    decode: (bytes: ArrayBuffer) => T,
    schedule?: Schedule,
  ): Promise<T> {
    this.#assertUsable();
    let staging = this.#idle.pop();
    let mapped: Promise<unknown> | undefined;
    const size = byteLength + (this.#overflow ? 4 : 0);
    const behind = (encoder: GPUCommandEncoder) => {
      // Made here, where it is known afterwards whether there was memory for it.
      staging ??= this.#createStaging();
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, byteLength);
      if (!this.#overflow) return;
      encoder.copyBufferToBuffer(this.#overflow, 0, staging, byteLength, 4);
      // Only what was read is forgotten: runs that leave their outputs on the GPU are reported by the next one that reads.
      encoder.clearBuffer(this.#overflow);
    };
    // Asked for at once, so that it costs no time to hear first whether the commands were accepted.
    const submitted = () => {
      mapped = staging && mapForReading(this.#engine.device, staging, size);
      mapped?.catch(() => undefined);
    };
    try {
      await this.submit(fill, { inPass, behind, submitted }, schedule);
      await mapped;
    } catch (error) {
      // One that is not mapped may be pending, or an error itself.
      if (staging) this.#engine.memory.destroy(staging);
      throw error;
    }
    const filled = staging as GPUBuffer;
    try {
      const bytes = filled.getMappedRange(0, size);
      const overflow = this.#overflow ? new Uint32Array(bytes, byteLength, 1)[0] : 0;
      if (overflow) this.#throwOverflow(overflow);
      return decode(bytes);
    } finally {
      filled.unmap();
      this.#idle.push(filled);
    }
  }

  /** Submits a run without waiting for it. */
  async submit(fill: FillInput, then: Then, schedule?: Schedule): Promise<void> {
    const { device, memory } = this.#engine;
    const guards: Promise<void>[] = [];
    // WebGPU tells only afterwards of commands that it refuses or has no memory for, and leaves there the results of the run
    // before. Two error scopes take 10 µs a run in Chromium, 4 in Firefox, and no round trip.
    const submit = (from: number, to: number) => {
      const commands = () => {
        const encoder = device.createCommandEncoder({ label: 'inference' });
        this.record(encoder, fill, then, from, to);
        device.queue.submit([encoder.finish()]);
        if (to === this.#steps.length) then.submitted?.();
      };
      const guard = memory.guard(commands);
      guard.catch(() => undefined);
      guards.push(guard);
    };
    while (this.#slicing) await this.#slicing.catch(() => undefined);
    // Nothing is awaited from here on: of two calls that wait, the second would not see the first.
    if (schedule) {
      this.#slicing = schedule(this.plan, submit).finally(() => {
        this.#slicing = undefined;
      });
      await this.#slicing;
    } else submit(0, this.#steps.length);
    await Promise.all(guards);
  }

  /** A run in slices that is under way: nothing must come between. Settles with it; another may have begun by then. */
  get slicing(): Promise<void> | undefined {
    return this.#slicing?.catch(() => undefined);
  }

  /** Records a run, or the dispatches `from` .. `to` - 1 of it. */
  record(encoder: GPUCommandEncoder, fill: FillInput, then: Then, from = 0, to = this.#steps.length): void {
    this.#assertUsable();
    for (const [input, { tensor }] of from === 0 ? this.plan.inputs.entries() : []) {
      fill({ encoder, ...this.tensorRange(tensor), input });
    }
    const isLast = to === this.#steps.length;
    const pass = encoder.beginComputePass({ label: 'network' });
    this.encodeSteps(pass, from, to);
    if (isLast) then.inPass?.(pass);
    pass.end();
    if (isLast) then.behind?.(encoder);
  }

  /** Readbacks are reused; there are as many as runs were ever under way at once. */
  #createStaging(): GPUBuffer {
    const size = this.#outputBytes + (this.#overflow ? 4 : 0);
    return this.own(this.#engine.memory.create('staging', 'readback', size, USAGE.MAP_READ | USAGE.COPY_DST));
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
    throw new ResnetError('f16-overflow', `a value is beyond the 65504 of f16.`, {
      layer: step?.layer ?? 'unknown',
      hint: "Load the model with precision: 'f32'.",
    });
  }

  #assertUsable(): void {
    if (this.#disposed) {
      throw new ResnetError('disposed', 'The model was disposed.', { hint: 'Load it again.' });
    }
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#weights?.release(this.plan);
    const { memory } = this.#engine;
    for (const buffer of this.#owned) memory.destroy(buffer);
  }
}
