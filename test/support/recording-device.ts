/** A GPUDevice that computes nothing, and records in order what it is asked for. */
export interface RecordingDevice {
  device: GPUDevice;
  /** What was encoded, written and submitted, in words. */
  log: string[];
  /** Labels of pipelines, as they were compiled. */
  compiled: string[];
  /** Buffers that are not destroyed. */
  alive: Set<GPUBuffer>;
  /** Pipelines whose labels match do not compile. */
  refuse: RegExp | undefined;
  lose(): void;
  /** Whether it was destroyed. */
  destroyed: boolean;
}

/** The limits that every device has, as far as they are looked at. */
const LIMITS = {
  maxBufferSize: 2 ** 28,
  maxStorageBufferBindingSize: 2 ** 27,
  maxTextureDimension2D: 8192,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeWorkgroupsPerDimension: 65535,
};

export function recordingDevice(): RecordingDevice {
  const { promise: lost, resolve } = withResolvers<GPUDeviceLostInfo>();
  const recorded: Omit<RecordingDevice, 'device'> = {
    log: [],
    compiled: [],
    alive: new Set(),
    refuse: undefined,
    destroyed: false,
    lose: () => resolve({ reason: 'unknown', message: 'gone' } as GPUDeviceLostInfo),
  };
  const { log, compiled, alive } = recorded;
  const createBuffer = ({ label = '', size }: GPUBufferDescriptor) => {
    const buffer = {
      label,
      size,
      destroy: () => void alive.delete(buffer),
      mapAsync: async () => undefined,
      getMappedRange: (offset = 0, length = size - offset) => new ArrayBuffer(length),
      unmap: () => undefined,
    } as unknown as GPUBuffer;
    alive.add(buffer);
    return buffer;
  };
  const pass = {
    setPipeline: () => undefined,
    setBindGroup: () => undefined,
    dispatchWorkgroups: () => log.push('dispatch'),
    end: () => log.push('end'),
  };
  const createCommandEncoder = () => ({
    beginComputePass: () => {
      log.push('pass');
      return pass;
    },
    copyBufferToBuffer: (from: GPUBuffer, _: number, to: GPUBuffer) => log.push(`copy ${from.label} to ${to.label}`),
    clearBuffer: () => undefined,
    finish: () => ({}),
  });
  const device = {
    limits: LIMITS,
    features: new Set(),
    adapterInfo: { vendor: 'nvidia' },
    lost,
    queue: {
      writeBuffer: ({ label }: GPUBuffer) => log.push(`write ${label}`),
      copyExternalImageToTexture: () => undefined,
      writeTexture: () => undefined,
      submit: () => log.push('submit'),
      onSubmittedWorkDone: async () => undefined,
    },
    createBuffer,
    createTexture: () => ({ createView: () => ({}), destroy: () => undefined }),
    createBindGroup: () => ({}),
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createShaderModule: () => ({ getCompilationInfo: async () => ({ messages: [] }) }),
    createComputePipelineAsync: async ({ label = '' }: GPUComputePipelineDescriptor) => {
      if (recorded.refuse?.test(label)) throw new Error('the driver says no');
      compiled.push(label);
      return {};
    },
    createCommandEncoder,
    pushErrorScope: () => undefined,
    popErrorScope: async () => null,
    destroy: () => {
      recorded.destroyed = true;
    },
  } as unknown as GPUDevice;
  return Object.assign(recorded, { device });
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}
