import { beforeEach, describe, expect, it } from 'vitest';
import { bytesWritten, CallMeter, countCalls, difference, textureBytes } from './calls.ts';
import { SpanTimer, spanOf } from './gpu-span.ts';

/** A WebGPU that does nothing, with a clock that ticks once for each call. */
function fakeGpu() {
  let clock = 0;
  const tick = () => ++clock;
  class GPUBuffer {
    readonly size: number;
    constructor(size: number) {
      this.size = size;
    }
    unmap() {
      tick();
    }
    destroy() {}
    async mapAsync() {
      clock += 100;
    }
    getMappedRange() {
      return BigUint64Array.of(1_000_000n, 3_000_000n, 4_000_000n, 9_000_000n).buffer;
    }
  }
  class GPUQueue {
    readonly written: unknown[] = [];
    submit(_: unknown[]) {
      tick();
    }
    writeBuffer(...args: unknown[]) {
      tick();
      this.written.push(args);
    }
  }
  class GPUComputePassEncoder {
    readonly descriptor: GPUComputePassDescriptor | undefined;
    constructor(descriptor: GPUComputePassDescriptor | undefined) {
      this.descriptor = descriptor;
    }
    dispatchWorkgroups() {}
  }
  class GPUCommandEncoder {
    beginComputePass(descriptor?: GPUComputePassDescriptor) {
      return new GPUComputePassEncoder(descriptor);
    }
    copyBufferToBuffer() {}
    resolveQuerySet() {}
    finish() {}
  }
  class GPUDevice {
    readonly queue = new GPUQueue();
    readonly features = new Set(['timestamp-query']);
    createBuffer({ size }: GPUBufferDescriptor) {
      return new GPUBuffer(size);
    }
    createBindGroup() {}
    createShaderModule(_: { code: string }) {
      tick();
    }
    createComputePipeline() {
      tick();
    }
    async createComputePipelineAsync() {
      tick();
    }
    createCommandEncoder() {
      return new GPUCommandEncoder();
    }
    createQuerySet() {
      return {};
    }
  }
  const classes = { GPUDevice, GPUQueue, GPUCommandEncoder, GPUComputePassEncoder, GPUBuffer };
  return { classes, device: new GPUDevice(), now: () => clock };
}

describe('the meter', () => {
  let gpu = fakeGpu();
  let meter = new CallMeter();

  beforeEach(() => {
    gpu = fakeGpu();
    meter = new CallMeter();
    countCalls(gpu.classes, meter, gpu.now);
  });

  it('counts one inference, and passes every call on', () => {
    const { device } = gpu;
    const before = meter.calls;
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.dispatchWorkgroups();
    pass.dispatchWorkgroups();
    encoder.copyBufferToBuffer();
    device.createBindGroup();
    device.queue.writeBuffer('buffer', 0, new Float32Array(8));
    device.queue.submit([]);
    const { dispatches, passes, submits, bindGroups, buffers, copies, writes, writeBytes } = difference(meter.calls, before);
    expect({ dispatches, passes, submits, bindGroups, buffers, copies, writes, writeBytes }).toEqual({
      dispatches: 2,
      passes: 1,
      submits: 1,
      bindGroups: 1,
      buffers: 0,
      copies: 1,
      writes: 1,
      writeBytes: 32,
    });
    expect(device.queue.written).toEqual([['buffer', 0, new Float32Array(8)]]);
  });

  it('knows which buffers are alive, and how many bytes were so at most', () => {
    const [a, b] = [gpu.device.createBuffer({ size: 100, usage: 0 }), gpu.device.createBuffer({ size: 50, usage: 0 })];
    a.destroy();
    a.destroy();
    gpu.device.createBuffer({ size: 20, usage: 0 });
    expect(meter.alive).toEqual({ buffers: 2, bytes: 70, peakBytes: 150 });
    expect(b.size).toBe(50);
    expect(meter.calls).toMatchObject({ buffers: 3, bufferBytes: 170 });
  });

  it('times compiling and uploading', async () => {
    gpu.device.createShaderModule({ code: 'fn' });
    gpu.device.createComputePipeline();
    await gpu.device.createComputePipelineAsync();
    gpu.device.queue.writeBuffer('buffer', 0, new Uint8Array(4));
    gpu.device.createBuffer({ size: 4, usage: 0, mappedAtCreation: true }).unmap();
    gpu.device.createBuffer({ size: 4, usage: 0 }).unmap();
    await Promise.resolve();
    expect(meter.spent).toEqual({ compile: 3, upload: 2 });
    expect(meter.calls).toMatchObject({ pipelines: 2, shaderModules: 1, shaderBytes: 2, writes: 1, writeBytes: 8 });
  });

  it('tells what an inference costs the processor until its last submit', async () => {
    const { device, now } = gpu;
    const buffer = device.createBuffer({ size: 4, usage: 0 });
    const start = now();
    device.queue.writeBuffer('buffer', 0, new Uint8Array(4));
    device.queue.submit(['commands']);
    await buffer.mapAsync();
    device.queue.writeBuffer('buffer', 0, new Uint8Array(4));
    device.queue.submit(['commands']);
    await buffer.mapAsync();
    device.queue.submit([]);
    // Four calls, without the wait between them and without what follows.
    expect(meter.untilSubmitted(start)).toBe(4);
    expect(meter.untilSubmitted(start)).toBeUndefined();
    expect(meter.calls.submits).toBe(3);
  });

  it('sees nothing while it is paused', () => {
    meter.paused = true;
    gpu.device.createBuffer({ size: 4, usage: 0 });
    gpu.device.createCommandEncoder().beginComputePass();
    expect(meter.alive.buffers + meter.calls.buffers + meter.calls.passes).toBe(0);
  });

  it('is content with a browser that lacks a class', () => {
    expect(() => countCalls({}, new CallMeter())).not.toThrow();
  });
});

describe('the span timer', () => {
  it('asks each pass for timestamps while it is on, and leaves alone what has its own', async () => {
    const { classes, device } = fakeGpu();
    Object.assign(globalThis, { GPUBufferUsage: {}, GPUMapMode: {} });
    const meter = new CallMeter();
    const timer = new SpanTimer(classes, meter);
    const encode = (descriptor?: GPUComputePassDescriptor) => device.createCommandEncoder().beginComputePass(descriptor).descriptor;
    expect(encode()).toBeUndefined();
    const own = { timestampWrites: { querySet: {} as GPUQuerySet } };
    const seen: unknown[] = [];
    const span = await timer.time(async () => seen.push(encode({ label: 'a' }), encode(), encode(own)));
    expect(seen).toEqual([
      { label: 'a', timestampWrites: { querySet: {}, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 } },
      { timestampWrites: { querySet: {}, beginningOfPassWriteIndex: 2, endOfPassWriteIndex: 3 } },
      own,
    ]);
    expect(span).toEqual({ span: 8, busy: 7, passes: 2 });
    expect(meter.paused).toBe(false);
    expect(encode()).toBeUndefined();
  });

  it('says nothing where there are no timestamps', async () => {
    const { classes, device } = fakeGpu();
    device.features.clear();
    const timer = new SpanTimer(classes, new CallMeter());
    expect(await timer.time(async () => device.createCommandEncoder().beginComputePass())).toBeUndefined();
  });

  it('does not believe a clock that runs backwards or stands still', () => {
    expect(spanOf([5n, 4n])).toBeUndefined();
    expect(spanOf([5n, 5n])).toBeUndefined();
    expect(spanOf([])).toBeUndefined();
    expect(spanOf([4_000_000n, 6_000_000n, 1_000_000n, 2_000_000n])).toEqual({ span: 5, busy: 3, passes: 2 });
  });
});

describe('textureBytes', () => {
  it('multiplies size, channels and bits', () => {
    expect(textureBytes({ size: [8, 4], format: 'rgba32float', usage: 0 })).toBe(512);
    expect(textureBytes({ size: { width: 8, height: 4, depthOrArrayLayers: 2 }, format: 'rgba16float', usage: 0 })).toBe(512);
    expect(textureBytes({ size: [3], format: 'r8unorm', usage: 0 })).toBe(3);
  });
});

describe('bytesWritten', () => {
  it('counts elements of typed arrays and bytes of buffers', () => {
    expect(bytesWritten(new Float32Array(10))).toBe(40);
    expect(bytesWritten(new Float32Array(10), 2)).toBe(32);
    expect(bytesWritten(new Float32Array(10), 2, 3)).toBe(12);
    expect(bytesWritten(new ArrayBuffer(10), 2)).toBe(8);
    expect(bytesWritten(new DataView(new ArrayBuffer(10)), 0, 4)).toBe(4);
  });
});
