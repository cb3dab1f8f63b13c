/** A device whose driver refuses pipelines by their label, or computes them wrongly. */

export interface Refusing {
  /** Labels of the pipelines that were requested and made. */
  readonly made: Set<string>;
  /** Labels of the refused ones, once for each request. */
  readonly refused: string[];
}

/** @param isRefused by the pipeline's label and the text of its shader */
export function refusing(device: GPUDevice, isRefused: (label: string, code: string) => boolean): Refusing {
  const state: Refusing = { made: new Set(), refused: [] };
  const codes = new WeakMap<GPUShaderModule, string>();
  const { createShaderModule, createComputePipeline, createComputePipelineAsync } = device;
  device.createShaderModule = (descriptor) => {
    const shader = createShaderModule.call(device, descriptor);
    codes.set(shader, descriptor.code);
    return shader;
  };
  device.createComputePipelineAsync = async (descriptor) => {
    const { label = '', compute } = descriptor;
    if (isRefused(label, codes.get(compute.module) ?? '')) {
      state.refused.push(label);
      throw new Error('driver says no');
    }
    const pipeline = await createComputePipelineAsync.call(device, descriptor);
    state.made.add(label);
    return pipeline;
  };
  device.createComputePipeline = (descriptor) => {
    const { label = '', compute } = descriptor;
    const isNone = isRefused(label, codes.get(compute.module) ?? '');
    if (isNone) state.refused.push(label);
    else state.made.add(label);
    // An error scope reports it, and the object is unusable.
    const module = isNone ? createShaderModule.call(device, { code: 'none' }) : compute.module;
    return createComputePipeline.call(device, { ...descriptor, compute: { ...compute, module } });
  };
  return state;
}

export interface Corrupting {
  /** How often pipelines of this kind were dispatched. */
  count: number;
}

/**
 * From its n-th dispatch on, a kind of pipeline does nothing. The output keeps its contents.
 * @param from counted from 1
 * @param every 2 means every second time
 */
export function corrupting(
  device: GPUDevice,
  isMeant: (label: string) => boolean,
  from: number,
  to = Number.POSITIVE_INFINITY,
  every = 1,
): Corrupting {
  const state: Corrupting = { count: 0 };
  const { createCommandEncoder } = device;
  device.createCommandEncoder = (descriptor) => {
    const encoder = createCommandEncoder.call(device, descriptor);
    const { beginComputePass } = encoder;
    encoder.beginComputePass = (options) => {
      const pass = beginComputePass.call(encoder, options);
      const { setPipeline, dispatchWorkgroups } = pass;
      let isNext = false;
      pass.setPipeline = (pipeline) => {
        isNext = isMeant(pipeline.label);
        setPipeline.call(pass, pipeline);
      };
      pass.dispatchWorkgroups = (x, y, z) => {
        if (isNext && ++state.count >= from && state.count <= to && (state.count - from) % every === 0) return;
        dispatchWorkgroups.call(pass, x, y, z);
      };
      return pass;
    };
    return encoder;
  };
  return state;
}
