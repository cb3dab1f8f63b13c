/**
 * A plan on a device: buffers, bind groups and pipelines made once; a run encodes, submits once and reads back, or leaves
 * its outputs on the GPU. Nothing is created per run.
 */

import { ResnetError } from '../errors.ts';
import { product } from '../graph/product.ts';
import type { Dispatch, Precision } from '../kernels/kernel.ts';
import { align } from '../plan/memory.ts';
import type { Operand, Plan, Step, Storage } from '../plan/types.ts';
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
export interface FillInput {
  (target: { encoder: GPUCommandEncoder; buffer: GPUBuffer; byteOffset: number; input: number }): void;
  /** Whether buffers of the caller's take part, which may be gone or mapped by now. */
  foreign?: boolean;
}

/** What follows the network's last dispatch. */
export interface Then {
  /** Recorded in the same pass. */
  inPass?: (pass: GPUComputePassEncoder) => void;
  /** Recorded behind it. */
  behind?: (encoder: GPUCommandEncoder) => void;
  /** As `FillInput.foreign`. */
  foreign?: boolean;
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
  /** All buffers but those for reading back. */
  readonly #owned: GPUBuffer[] = [];
  #overflow: GPUBuffer | undefined;
  #outputBytes = 0;
  /** Where the plan's derived weights are held. */
  #weights: WeightStore | undefined;
  readonly #staging: GPUBuffer[] = [];
  readonly #idle: GPUBuffer[] = [];
  #overflowGroup: GPUBindGroup | undefined;
  /** Whether a run has shown that the device accepts the commands. */
  #proven = false;
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
      words.set(dispatch.uniforms, (i * UNIFORM_SLOT) / 4 + 1);
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
    const { buffer, byteOffset, byteLength } = this.#tensorRange(operand.tensor);
    return { buffer, offset: byteOffset, size: byteLength };
  }

  #tensorRange(tensor: number): { buffer: GPUBuffer; byteOffset: number; byteLength: number } {
    const storage = this.plan.tensors[tensor]?.storage;
    if (!storage) throw new Error(`plan has no tensor ${tensor}`);
    const buffer = this.#pools[storage.pool][storage.index];
    if (!buffer) throw new Error(`plan has no ${storage.pool} buffer ${storage.index}`);
    return { buffer, byteOffset: storage.byteOffset, byteLength: storage.byteLength };
  }

  /** Where the outputs lie after a run, in the plan's order, dense float32: until the next run. */
  get outputs(): { buffer: GPUBuffer; byteOffset: number; byteLength: number; shape: number[] }[] {
    return this.plan.outputs.map(({ tensor, shape }) => ({ ...this.#tensorRange(tensor), byteLength: product(shape) * 4, shape }));
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
    const staging = this.#idle.pop() ?? this.#createStaging();
    try {
      const behind = (encoder: GPUCommandEncoder) => {
        encoder.copyBufferToBuffer(buffer, 0, staging, 0, byteLength);
        if (!this.#overflow) return;
        encoder.copyBufferToBuffer(this.#overflow, 0, staging, byteLength, 4);
        // Only what was read is forgotten: runs that leave their outputs on the GPU are reported by the next one that reads.
        encoder.clearBuffer(this.#overflow);
      };
      await this.submit(fill, { inPass, behind }, schedule);
      await mapForReading(this.#engine.device, staging, byteLength + (this.#overflow ? 4 : 0));
      const bytes = staging.getMappedRange(0, byteLength + (this.#overflow ? 4 : 0));
      const overflow = this.#overflow ? new Uint32Array(bytes, byteLength, 1)[0] : 0;
      if (overflow) this.#throwOverflow(overflow);
      return decode(bytes);
    } finally {
      if (staging.mapState === 'mapped') staging.unmap();
      this.#idle.push(staging);
    }
  }

  /** Submits a run without waiting for it. */
  async submit(fill: FillInput, then: Then, schedule?: Schedule): Promise<void> {
    const { device, memory } = this.#engine;
    const guards: Promise<void>[] = [];
    const submit = (from: number, to: number) => {
      const commands = () => {
        const encoder = device.createCommandEncoder({ label: 'inference' });
        this.record(encoder, fill, then, from, to);
        device.queue.submit([encoder.finish()]);
      };
      // WebGPU tells of invalid commands only afterwards, and leaves what was there: the first run of a plan asks.
      if (this.#proven && !fill.foreign && !then.foreign) commands();
      else guards.push(memory.guard(commands));
    };
    while (this.#slicing) await this.#slicing.catch(() => undefined);
    // Nothing is awaited from here on: of two calls that wait, the second would not see the first.
    if (schedule) {
      this.#slicing = schedule(this.plan, submit).finally(() => {
        this.#slicing = undefined;
      });
      await this.#slicing;
    } else submit(0, this.#steps.length);
    if (guards.length === 0) return;
    await Promise.all(guards);
    this.#proven = true;
  }

  /** A run in slices that is under way: nothing must come between. Settles with it; another may have begun by then. */
  get slicing(): Promise<void> | undefined {
    return this.#slicing?.catch(() => undefined);
  }

  /** Records a run, or the dispatches `from` .. `to` - 1 of it. */
  record(encoder: GPUCommandEncoder, fill: FillInput, then: Then, from = 0, to = this.#steps.length): void {
    this.#assertUsable();
    for (const [input, { tensor }] of from === 0 ? this.plan.inputs.entries() : []) {
      fill({ encoder, ...this.#tensorRange(tensor), input });
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
    const buffer = this.#engine.memory.create('staging', `readback ${this.#staging.length}`, size, USAGE.MAP_READ | USAGE.COPY_DST);
    this.#staging.push(buffer);
    return buffer;
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

  /** Bytes of a tensor or of packed weights as they are on the GPU; for selfTest and debugging. */
  async readOperand(operand: Operand, weights: WeightStore): Promise<ArrayBuffer> {
    const { device, memory } = this.#engine;
    const { buffer, offset = 0, size = buffer.size } = this.#range(operand, weights);
    const staging = memory.create('staging', 'read', align(size, 4), USAGE.MAP_READ | USAGE.COPY_DST);
    try {
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, offset, staging, 0, align(size, 4));
      device.queue.submit([encoder.finish()]);
      await mapForReading(device, staging);
      return staging.getMappedRange().slice(0);
    } finally {
      memory.destroy(staging);
    }
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
    for (const buffer of [...this.#owned, ...this.#staging]) memory.destroy(buffer);
  }
}
