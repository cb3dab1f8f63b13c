/**
 * Counts a program's WebGPU calls, by wrapping the methods of its prototypes before the program is imported. Every runtime has the same
 * wrapper, including this library, so its cost (well below a microsecond for each call) is the same for all.
 */
import { unionLength } from './statistics.ts';

/** Calls since the wrapper was installed. */
export interface Calls {
  dispatches: number;
  passes: number;
  submits: number;
  bindGroups: number;
  buffers: number;
  bufferBytes: number;
  textures: number;
  writes: number;
  writeBytes: number;
  /** Copies between buffers. */
  copies: number;
  maps: number;
  pipelines: number;
  shaderModules: number;
  shaderBytes: number;
}

/** Bytes that exist at this moment. */
export interface Alive {
  /** Including textures, in which LiteRT.js keeps weights and maps on some adapters. */
  buffers: number;
  bytes: number;
  peakBytes: number;
}

/** Milliseconds so far that the program spent on its thread, or waiting for pipelines. */
export interface Spent {
  /** In calls that compile, and in waiting for pipelines that are compiled asynchronously. */
  compile: number;
  /** In writeBuffer, and in unmapping buffers that were mapped at creation. */
  upload: number;
}

const NO_CALLS: Calls = {
  dispatches: 0,
  passes: 0,
  submits: 0,
  bindGroups: 0,
  buffers: 0,
  bufferBytes: 0,
  textures: 0,
  writes: 0,
  writeBytes: 0,
  copies: 0,
  maps: 0,
  pipelines: 0,
  shaderModules: 0,
  shaderBytes: 0,
};

export function difference(after: Calls, before: Calls): Calls {
  const result = { ...after };
  for (const key of Object.keys(result) as (keyof Calls)[]) result[key] = after[key] - before[key];
  return result;
}

export class CallMeter {
  readonly #calls: Calls = { ...NO_CALLS };
  readonly #alive = new Map<object, number>();
  #bytes = 0;
  #peakBytes = 0;
  readonly #compiling: [from: number, to: number][] = [];
  #uploadMs = 0;
  #lastSubmit: number | undefined;
  #waits: [from: number, to: number][] = [];
  /** Set while the benchmark itself uses the device. */
  paused = false;

  get calls(): Calls {
    return { ...this.#calls };
  }

  get alive(): Alive {
    return { buffers: this.#alive.size, bytes: this.#bytes, peakBytes: this.#peakBytes };
  }

  get spent(): Spent {
    return { compile: unionLength(this.#compiling), upload: this.#uploadMs };
  }

  add(what: keyof Calls, amount = 1): void {
    if (!this.paused) this.#calls[what] += amount;
  }

  born(buffer: object, bytes: number): void {
    this.holds(buffer, bytes);
    this.add('buffers');
    this.add('bufferBytes', bytes);
  }

  /** A buffer or a texture. */
  holds(memory: object, bytes: number): void {
    if (this.paused) return;
    this.#alive.set(memory, bytes);
    this.#bytes += bytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#bytes);
  }

  died(buffer: object): void {
    this.#bytes -= this.#alive.get(buffer) ?? 0;
    this.#alive.delete(buffer);
  }

  compiled(from: number, to: number): void {
    if (!this.paused) this.#compiling.push([from, to]);
  }

  uploaded(ms: number): void {
    if (!this.paused) this.#uploadMs += ms;
  }

  submitted(at: number): void {
    if (!this.paused) this.#lastSubmit = at;
  }

  waited(from: number, to: number): void {
    if (!this.paused) this.#waits.push([from, to]);
  }

  /**
   * Milliseconds from `start` to the latest submit, without those in which the program waited for the GPU: the CPU time of an inference,
   * however long the GPU takes. Undefined if nothing was submitted. Starts again.
   */
  untilSubmitted(start: number): number | undefined {
    const [end, waits] = [this.#lastSubmit, this.#waits];
    this.#lastSubmit = undefined;
    this.#waits = [];
    if (end === undefined || end < start) return undefined;
    const within = waits.map(([from, to]) => [Math.max(from, start), Math.min(to, end)] as const).filter(([from, to]) => from < to);
    return end - start - unionLength(within);
  }
}

/** The classes of WebGPU, as `globalThis` has them. */
export interface GpuClasses {
  GPUDevice?: { prototype: object };
  GPUQueue?: { prototype: object };
  GPUCommandEncoder?: { prototype: object };
  GPUComputePassEncoder?: { prototype: object };
  GPUBuffer?: { prototype: object };
  GPUTexture?: { prototype: object };
}

type Method = (this: object, ...args: never[]) => unknown;

/** Wraps a method with `wrap`, if the class has it. */
export function around(type: { prototype: object } | undefined, name: string, wrap: (original: Method) => Method): void {
  const prototype = type?.prototype as Record<string, unknown> | undefined;
  const original = prototype?.[name];
  if (prototype && typeof original === 'function') prototype[name] = wrap(original as Method);
}

/** From now on, counts in `meter` all calls to objects of these classes. */
export function countCalls(classes: GpuClasses, meter: CallMeter, now: () => number = () => performance.now()): void {
  const { GPUDevice, GPUQueue, GPUCommandEncoder, GPUComputePassEncoder, GPUBuffer, GPUTexture } = classes;
  const count = (type: { prototype: object } | undefined, name: string, what: keyof Calls) =>
    around(
      type,
      name,
      (original) =>
        function (...args) {
          meter.add(what);
          return original.apply(this, args);
        },
    );
  const timed = (type: { prototype: object } | undefined, name: string, note: (from: number, to: number, args: unknown[]) => void) =>
    around(
      type,
      name,
      (original) =>
        function (...args) {
          const from = now();
          const result = original.apply(this, args);
          if (result instanceof Promise) {
            const end = () => note(from, now(), args);
            result.then(end, end);
          } else note(from, now(), args);
          return result;
        },
    );

  count(GPUComputePassEncoder, 'dispatchWorkgroups', 'dispatches');
  count(GPUComputePassEncoder, 'dispatchWorkgroupsIndirect', 'dispatches');
  count(GPUCommandEncoder, 'beginComputePass', 'passes');
  count(GPUCommandEncoder, 'beginRenderPass', 'passes');
  count(GPUCommandEncoder, 'copyBufferToBuffer', 'copies');
  timed(GPUQueue, 'submit', (_, to, [commands]) => {
    meter.add('submits');
    // Firefox checks its queue more often when something is submitted, even if it is empty. That does not count as work.
    if ([...(commands as Iterable<unknown>)].length > 0) meter.submitted(to);
  });
  count(GPUDevice, 'createBindGroup', 'bindGroups');
  around(
    GPUDevice,
    'createTexture',
    (original) =>
      function (...args) {
        const texture = original.apply(this, args) as object;
        meter.add('textures');
        meter.holds(texture, textureBytes(args[0] as unknown as GPUTextureDescriptor));
        return texture;
      },
  );
  count(GPUBuffer, 'mapAsync', 'maps');
  timed(GPUBuffer, 'mapAsync', (from, to) => meter.waited(from, to));
  timed(GPUQueue, 'onSubmittedWorkDone', (from, to) => meter.waited(from, to));
  for (const name of ['createComputePipeline', 'createComputePipelineAsync', 'createRenderPipeline', 'createRenderPipelineAsync']) {
    count(GPUDevice, name, 'pipelines');
    timed(GPUDevice, name, (from, to) => meter.compiled(from, to));
  }
  timed(GPUDevice, 'createShaderModule', (from, to, [descriptor]) => {
    meter.add('shaderModules');
    meter.add('shaderBytes', (descriptor as GPUShaderModuleDescriptor).code.length);
    meter.compiled(from, to);
  });
  timed(GPUQueue, 'writeBuffer', (from, to, [, , data, dataOffset, size]) => {
    meter.add('writes');
    meter.add(
      'writeBytes',
      bytesWritten(data as ArrayBuffer | ArrayBufferView, dataOffset as number | undefined, size as number | undefined),
    );
    meter.uploaded(to - from);
  });
  const mappedAtCreation = new WeakSet<object>();
  around(
    GPUDevice,
    'createBuffer',
    (original) =>
      function (...args) {
        const buffer = original.apply(this, args) as object;
        const [{ size, mappedAtCreation: mapped }] = args as unknown as [GPUBufferDescriptor];
        meter.born(buffer, size);
        if (mapped) {
          mappedAtCreation.add(buffer);
          meter.add('writeBytes', size);
        }
        return buffer;
      },
  );
  around(
    GPUBuffer,
    'unmap',
    (original) =>
      function (...args) {
        const from = now();
        const result = original.apply(this, args);
        if (mappedAtCreation.delete(this)) meter.uploaded(now() - from);
        return result;
      },
  );
  for (const type of [GPUBuffer, GPUTexture]) {
    around(
      type,
      'destroy',
      (original) =>
        function (...args) {
          meter.died(this);
          return original.apply(this, args);
        },
    );
  }
}

/** Only the first mip level, one sample: runtimes use no others. */
export function textureBytes({ size, format }: GPUTextureDescriptor): number {
  const sizes = Symbol.iterator in size ? [...size] : [size.width, size.height ?? 1, size.depthOrArrayLayers ?? 1];
  const [, channels = 'rgba', bits = '8'] = /^(r|rg|rgba|bgra)(\d+)/.exec(format) ?? [];
  return sizes.reduce((a, b) => a * b, 1) * channels.length * (Number(bits) / 8);
}

/** For typed arrays, offset and size of writeBuffer count elements, for everything else bytes. */
export function bytesWritten(data: ArrayBuffer | ArrayBufferView, offset = 0, size?: number): number {
  const unit = 'BYTES_PER_ELEMENT' in data ? Number(data.BYTES_PER_ELEMENT) : 1;
  return size === undefined ? data.byteLength - offset * unit : size * unit;
}
