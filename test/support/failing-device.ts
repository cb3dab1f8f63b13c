/** A device on which the n-th allocation fails as WebGPU does without memory: with an error instead of the object. */

export interface Failing {
  /** Counts allocations, from 1. */
  count: number;
  /** Number of the allocation that fails next. */
  failAt: number;
  /** What has failed, as `kind label`. */
  failed: string | undefined;
  /** Existing textures and query sets. test/support/device-counts.ts counts buffers. */
  readonly live: Set<object>;
  /** Errors reported outside of any error scope. */
  readonly uncaptured: string[];
}

type Make = 'createBuffer' | 'createTexture' | 'createQuerySet' | 'createBindGroup' | 'createBindGroupLayout' | 'createPipelineLayout';

/** Descriptors that no device accepts. */
const BROKEN: Record<Make, (descriptor: object) => object> = {
  createBuffer: (descriptor) => ({ ...descriptor, usage: 1 | 2 | 128 }),
  createTexture: (descriptor) => ({ ...descriptor, size: [1 << 20, 1] }),
  createQuerySet: (descriptor) => ({ ...descriptor, count: 1 << 20 }),
  createBindGroup: (descriptor) => ({ ...descriptor, entries: [] }),
  createBindGroupLayout: (descriptor) => ({
    ...descriptor,
    entries: Array.from({ length: 40 }, (_, binding) => ({ binding, visibility: 4, buffer: { type: 'storage' } })),
  }),
  createPipelineLayout: (descriptor) => ({ ...descriptor, bindGroupLayouts: new Array(9).fill(undefined) }),
};

export function failing(device: GPUDevice): Failing {
  const state: Failing = { count: 0, failAt: 0, failed: undefined, live: new Set(), uncaptured: [] };
  device.addEventListener('uncapturederror', (event) => {
    state.uncaptured.push((event as GPUUncapturedErrorEvent).error.message);
  });
  const scopes: { filter: GPUErrorFilter; error?: GPUError }[] = [];
  const { pushErrorScope, popErrorScope } = device;
  device.pushErrorScope = (filter) => {
    scopes.push({ filter });
    return pushErrorScope.call(device, filter);
  };
  device.popErrorScope = async () => {
    const scope = scopes.pop();
    const error = await popErrorScope.call(device);
    return scope?.error ?? error;
  };
  const isNext = (what: string): boolean => {
    if (++state.count !== state.failAt) return false;
    state.failed = what;
    const scope = scopes.findLast(({ filter }) => filter === 'out-of-memory');
    if (scope) scope.error ??= { message: 'no memory left, as the test wants it' } as GPUError;
    return true;
  };
  for (const [name, broken] of Object.entries(BROKEN) as [Make, (typeof BROKEN)[Make]][]) {
    const make = (device[name] as (descriptor: object) => object).bind(device);
    const wrapped = (descriptor: { label?: string }) => {
      const what = `${name} ${descriptor.label ?? ''}`;
      if (!isNext(what)) return watch(make(descriptor));
      pushErrorScope.call(device, 'validation');
      const result = make(broken(descriptor));
      void popErrorScope.call(device);
      return result;
    };
    Object.defineProperty(device, name, { value: wrapped, configurable: true, writable: true });
    const watch = (made: object): object => {
      if (!/Texture|QuerySet/.test(name)) return made;
      state.live.add(made);
      const { destroy } = made as GPUTexture;
      Object.assign(made, {
        destroy: () => {
          state.live.delete(made);
          return destroy.call(made as GPUTexture);
        },
      });
      return made;
    };
  }
  const compile = device.createComputePipelineAsync.bind(device);
  device.createComputePipelineAsync = async (descriptor) => {
    if (isNext(`createComputePipelineAsync ${descriptor.label}`)) throw new Error('no memory left, as the test wants it');
    return compile(descriptor);
  };
  return state;
}
