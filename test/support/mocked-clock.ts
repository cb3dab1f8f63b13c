/** A clock that reports for every dispatch the time that a test chooses, so that the test decides which kernel wins. */

export interface MockedClock {
  /** Passes of a timer (src/gpu/timer.ts). */
  readonly timed: number;
  /** Text of every shader that was made. */
  readonly shaders: string[];
  restore(): void;
}

/** @param costOf microseconds of a dispatch, by its pipeline's label (kernel/variant/precision) */
export function mockClock(device: GPUDevice, costOf: (label: string) => number): MockedClock {
  let now = 1000;
  let timed = 0;
  const own = Object.getOwnPropertyDescriptor(performance, 'now');
  Object.defineProperty(performance, 'now', { value: () => now, configurable: true });
  const shaders: string[] = [];
  const { createShaderModule, createCommandEncoder } = device;
  device.createShaderModule = (descriptor) => {
    shaders.push(descriptor.code);
    return createShaderModule.call(device, descriptor);
  };
  const costs = new WeakMap<GPUCommandBuffer, number>();
  device.createCommandEncoder = (descriptor) => {
    const encoder = createCommandEncoder.call(device, descriptor);
    const { beginComputePass, finish } = encoder;
    let us = 0;
    encoder.beginComputePass = (of) => {
      if (of?.label === 'timed') timed++;
      const pass = beginComputePass.call(encoder, of);
      const { setPipeline, dispatchWorkgroups } = pass;
      let label = '';
      pass.setPipeline = (pipeline) => {
        label = pipeline.label;
        setPipeline.call(pass, pipeline);
      };
      pass.dispatchWorkgroups = (...size) => {
        us += costOf(label);
        dispatchWorkgroups.apply(pass, size);
      };
      return pass;
    };
    encoder.finish = (of) => {
      const commands = finish.call(encoder, of);
      costs.set(commands, us);
      return commands;
    };
    return encoder;
  };
  const { submit } = device.queue;
  device.queue.submit = (commands) => {
    const list = [...commands];
    for (const one of list) now += (costs.get(one) ?? 0) / 1000;
    return submit.call(device.queue, list);
  };
  return {
    get timed() {
      return timed;
    },
    shaders,
    restore: () => {
      if (own) Object.defineProperty(performance, 'now', own);
      else Reflect.deleteProperty(performance, 'now');
    },
  };
}
