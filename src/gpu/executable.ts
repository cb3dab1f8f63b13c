/**
 * A plan on a device: buffers, bind groups and pipelines made once; a run encodes, submits once and reads back.
 * Nothing is created per run.
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
export type FillInput = (target: { encoder: GPUCommandEncoder; buffer: GPUBuffer; byteOffset: number; input: number }) => void;

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
  readonly #staging: GPUBuffer[] = [];
  readonly #idle: GPUBuffer[] = [];
  #overflowGroup: GPUBindGroup | undefined;
  /** Whether a run has shown that the device accepts the commands. */
  #proven = false;
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
    const create = (label: string, bytes: number, usage: number) => {
      const buffer = memory.create('activations', label, bytes, usage);
      this.#owned.push(buffer);
      return buffer;
    };
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

  /** Runs the network: fills the inputs, submits once, gives the outputs in the plan's order, dense float32. */
  async run(fill: FillInput): Promise<Float32Array[]> {
    this.#assertUsable();
    const staging = this.#idle.pop() ?? this.#createStaging();
    try {
      const submit = () => {
        const encoder = this.#engine.device.createCommandEncoder({ label: 'inference' });
        this.plan.inputs.forEach(({ tensor }, input) => {
          const { buffer, byteOffset } = this.#tensorRange(tensor);
          fill({ encoder, buffer, byteOffset, input });
        });
        this.#encode(encoder, staging);
        this.#engine.device.queue.submit([encoder.finish()]);
      };
      // WebGPU tells of invalid commands only afterwards, and leaves zeros: the first run of a plan asks.
      if (this.#proven) submit();
      else await this.#engine.memory.guard(submit);
      this.#proven = true;
      await mapForReading(this.#engine.device, staging);
      const bytes = staging.getMappedRange();
      const outputs = this.plan.outputs.map(({ tensor, shape }) => {
        const { byteOffset } = this.#tensorRange(tensor);
        return new Float32Array(bytes, byteOffset, product(shape)).slice();
      });
      const overflow = this.#overflow ? new Uint32Array(bytes, this.#outputBytes, 1)[0] : 0;
      staging.unmap();
      if (overflow) this.#throwOverflow(overflow);
      return outputs;
    } catch (error) {
      if (staging.mapState === 'mapped') staging.unmap();
      throw error;
    } finally {
      this.#idle.push(staging);
    }
  }

  /** Readbacks are reused; there are as many as runs were ever under way at once. */
  #createStaging(): GPUBuffer {
    const size = this.#outputBytes + (this.#overflow ? 4 : 0);
    const buffer = this.#engine.memory.create('staging', `readback ${this.#staging.length}`, size, USAGE.MAP_READ | USAGE.COPY_DST);
    this.#staging.push(buffer);
    return buffer;
  }

  #encode(encoder: GPUCommandEncoder, staging: GPUBuffer): void {
    if (this.#overflow) encoder.clearBuffer(this.#overflow);
    const pass = encoder.beginComputePass({ label: 'network' });
    this.encodeSteps(pass, 0, this.#steps.length);
    pass.end();
    const [outputs] = this.#pools.output;
    if (outputs) encoder.copyBufferToBuffer(outputs, 0, staging, 0, this.#outputBytes);
    if (this.#overflow) encoder.copyBufferToBuffer(this.#overflow, 0, staging, this.#outputBytes, 4);
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
    const { memory } = this.#engine;
    for (const buffer of [...this.#owned, ...this.#staging]) memory.destroy(buffer);
  }
}
