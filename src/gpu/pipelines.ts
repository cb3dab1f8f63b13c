/** Compiles the shaders of a device. Each text is compiled once, and all run in parallel. */

import type { Avoided } from '../kernels/avoid.ts';
import type { Dispatch } from '../kernels/lib/kernel.ts';
import { shaderText } from '../kernels/lib/shaders.ts';
import * as lazy from '../lazy.ts';
import { STAGE_COMPUTE } from './constants.ts';

export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  #overflowLayout: GPUBindGroupLayout | undefined;
  /** Kernels that this device cannot run, known after a failure (refused.ts). */
  avoided: Avoided | undefined;
  /** The dispatches that errors of `get` are about. */
  readonly refused = new WeakMap<object, Dispatch>();
  /** Dispatches that are being compiled, or were when the device was lost. */
  readonly compiling = new Set<Dispatch>();
  /** Makes compilations wait for each other. Set after a device was lost while compiling (model/after-loss.ts). */
  gate: ((compile: () => Promise<GPUComputePipeline>) => Promise<GPUComputePipeline>) | undefined;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  get size(): number {
    return this.#pipelines.size;
  }

  /** Resolves when nothing is being compiled that was asked for until now. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#pipelines.values());
  }

  /** Layout of group 0: the uniforms, then the storage buffers. Known before the pipeline is compiled. */
  layout(bindings: Dispatch['bindings']): GPUBindGroupLayout {
    const key = bindings.join();
    let layout = this.#layouts.get(key);
    if (!layout) {
      layout = this.#device.createBindGroupLayout({
        label: key,
        entries: [
          { binding: 0, visibility: STAGE_COMPUTE, buffer: { type: 'uniform' } },
          ...bindings.map(
            (access, i): GPUBindGroupLayoutEntry => ({
              binding: i + 1,
              visibility: STAGE_COMPUTE,
              ...(access === 'texture' ? { texture: {} } : { buffer: { type: access === 'read' ? 'read-only-storage' : 'storage' } }),
            }),
          ),
        ],
      });
      this.#layouts.set(key, layout);
    }
    return layout;
  }

  /** Layout of group 1: the overflow word. Only f16 shaders have it. */
  get overflowLayout(): GPUBindGroupLayout {
    this.#overflowLayout ??= this.#device.createBindGroupLayout({
      label: 'overflow',
      entries: [{ binding: 0, visibility: STAGE_COMPUTE, buffer: { type: 'storage' } }],
    });
    return this.#overflowLayout;
  }

  /** Makes new layouts after a failure, which a layout may have caused. Bind groups fit any layout with equal entries. */
  forgetLayouts(): void {
    this.#layouts.clear();
    this.#overflowLayout = undefined;
  }

  get(wanted: Dispatch): Promise<GPUComputePipeline> {
    const dispatch = this.avoided?.sameGrid(wanted) ?? wanted;
    const text = shaderText(dispatch);
    const key = `${dispatch.bindings.join()}\n${text}`;
    let pipeline = this.#pipelines.get(key);
    if (!pipeline) {
      pipeline = this.#compile(dispatch, text);
      // A failed compilation is reported to its callers. The next caller tries again.
      pipeline.catch(() => this.#pipelines.delete(key));
      this.#pipelines.set(key, pipeline);
    }
    return pipeline;
  }

  async #compile(dispatch: Dispatch, code: string): Promise<GPUComputePipeline> {
    const label = dispatch.label ?? `${dispatch.kernel}/${dispatch.variant}/${dispatch.precision}`;
    const bindGroupLayouts = [this.layout(dispatch.bindings)];
    if (dispatch.precision === 'f16') bindGroupLayouts.push(this.overflowLayout);
    let module: GPUShaderModule | undefined;
    const compile = async () => {
      this.compiling.add(dispatch);
      module = this.#device.createShaderModule({ label, code });
      const pipeline = await this.#device.createComputePipelineAsync({
        label,
        layout: this.#device.createPipelineLayout({ label, bindGroupLayouts }),
        compute: { module, entryPoint: 'main' },
      });
      this.compiling.delete(dispatch);
      return pipeline;
    };
    try {
      return await (this.gate?.(compile) ?? compile());
    } catch (cause) {
      this.forgetLayouts();
      // The reason of a failure and its alternatives are rarely needed.
      return (await lazy.refusedKernels()).refused(this, this.#device, { dispatch, label, module, code, cause });
    }
  }
}
