/** Runs single dispatches on a device, for tests and benchmarks of kernels, in Node and in browsers. */

import { PipelineCache } from '../../src/gpu/pipelines.ts';
import { mapForReading } from '../../src/gpu/readback.ts';
import type { CaseStep } from '../../src/kernels/lib/case.ts';

const USAGE = { MAP_READ: 1, COPY_SRC: 4, COPY_DST: 8, UNIFORM: 64, STORAGE: 128 };

export interface DispatchResult {
  /** Contents of the requested buffers afterwards. */
  buffers: Map<string, ArrayBuffer>;
  /** The overflow word: 0 if no value exceeded f16. */
  overflow: number;
}

export class DispatchRunner {
  readonly device: GPUDevice;
  readonly pipelines: PipelineCache;
  /** Buffers made and not destroyed. */
  live = 0;

  constructor(device: GPUDevice, pipelines = new PipelineCache(device)) {
    this.device = device;
    this.pipelines = pipelines;
  }

  /**
   * Runs the steps in order, in one pass and one submit, and returns the contents of the buffers named in `read`. Throws the first error of any
   * error scope.
   */
  async run(steps: CaseStep[], contents: ReadonlyMap<string, ArrayBuffer>, read: string[]): Promise<DispatchResult> {
    const { device } = this;
    const pipelines = await Promise.all(steps.map(({ dispatch }) => this.pipelines.get(dispatch)));
    const made: GPUBuffer[] = [];
    const create = (label: string, size: number, usage: number): GPUBuffer => {
      const buffer = device.createBuffer({ label, size: Math.max(16, Math.ceil(size / 16) * 16), usage });
      made.push(buffer);
      this.live++;
      return buffer;
    };
    for (const filter of ['validation', 'out-of-memory', 'internal'] as const) device.pushErrorScope(filter);
    try {
      const buffers = new Map<string, GPUBuffer>();
      for (const [name, bytes] of contents) {
        const buffer = create(name, bytes.byteLength, USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST);
        device.queue.writeBuffer(buffer, 0, bytes);
        buffers.set(name, buffer);
      }
      const buffer = (name: string): GPUBuffer => {
        const found = buffers.get(name);
        if (!found) throw new Error(`no buffer ${name}`);
        return found;
      };
      const overflow = create('overflow', 16, USAGE.STORAGE | USAGE.COPY_SRC);

      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      steps.forEach(({ dispatch, operands }, index) => {
        const pipeline = pipelines[index];
        if (!pipeline) return;
        const words = Uint32Array.from([index, ...Object.values(dispatch.uniforms)]);
        const uniforms = create('uniforms', words.byteLength, USAGE.UNIFORM | USAGE.COPY_DST);
        device.queue.writeBuffer(uniforms, 0, words);
        const entries = [uniforms, ...operands.map(buffer)].map((resource, binding) => ({ binding, resource: { buffer: resource } }));
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, device.createBindGroup({ layout: this.pipelines.layout(dispatch.bindings), entries }));
        if (dispatch.precision === 'f16') {
          const entry = { binding: 0, resource: { buffer: overflow } };
          pass.setBindGroup(1, device.createBindGroup({ layout: this.pipelines.overflowLayout, entries: [entry] }));
        }
        pass.dispatchWorkgroups(...dispatch.workgroups);
      });
      pass.end();

      const staged = [overflow, ...read.map(buffer)].map((from) => {
        const to = create('staging', from.size, USAGE.MAP_READ | USAGE.COPY_DST);
        encoder.copyBufferToBuffer(from, 0, to, 0, from.size);
        return to;
      });
      device.queue.submit([encoder.finish()]);
      await Promise.all(staged.map((to) => mapForReading(device, to)));
      const [words, ...results] = staged.map((to) => to.getMappedRange().slice(0));
      return {
        buffers: new Map(read.map((name, i) => [name, (results[i] ?? new ArrayBuffer(0)).slice(0, contents.get(name)?.byteLength)])),
        overflow: new Uint32Array(words ?? new ArrayBuffer(4))[0] ?? 0,
      };
    } finally {
      for (const buffer of made) {
        buffer.destroy();
        this.live--;
      }
      const errors = await Promise.all([device.popErrorScope(), device.popErrorScope(), device.popErrorScope()]);
      const error = errors.find((scope) => scope !== null);
      // biome-ignore lint/correctness/noUnsafeFinally: a GPU error is the cause of whatever else was thrown.
      if (error) throw new Error(`${steps.map(({ dispatch }) => dispatch.kernel).join(', ')}: ${error.message}`);
    }
  }
}
