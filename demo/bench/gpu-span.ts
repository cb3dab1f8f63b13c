/**
 * GPU time of a piece of work, from timestamps at the start and end of its passes, whoever encodes them. It excludes reading back and the
 * way from and to the page.
 */
import { around, type CallMeter, type GpuClasses } from './calls.ts';

/** A query set has at most 4096. */
const MAX_PASSES = 2048;

export interface GpuSpan {
  /** From the start of the first pass to the end of the last, ms. */
  span: number;
  /** Total inside passes, ms. */
  busy: number;
  passes: number;
}

/** From pairs of timestamps in nanoseconds, start and end of each pass. Undefined if a clock ran backwards or stood still. */
export function spanOf(stamps: readonly bigint[]): GpuSpan | undefined {
  let [first, last] = [stamps[0] ?? 0n, stamps[1] ?? 0n];
  let busy = 0n;
  for (let i = 0; i + 1 < stamps.length; i += 2) {
    const [begin = 0n, end = 0n] = [stamps[i], stamps[i + 1]];
    if (end < begin) return undefined;
    if (begin < first) first = begin;
    if (end > last) last = end;
    busy += end - begin;
  }
  if (last <= first) return undefined;
  return { span: Number(last - first) / 1e6, busy: Number(busy) / 1e6, passes: stamps.length / 2 };
}

export class SpanTimer {
  readonly #meter: CallMeter;
  readonly #devices = new WeakMap<object, GPUDevice>();
  readonly #querySets = new WeakMap<GPUDevice, GPUQuerySet>();
  #armed = false;
  #device: GPUDevice | undefined;
  #passes = 0;

  constructor(classes: GpuClasses, meter: CallMeter) {
    this.#meter = meter;
    const encoderMade = (encoder: object, device: object) => this.#devices.set(encoder, device as GPUDevice);
    const writesFor = (encoder: object) => this.#timestampWrites(encoder);
    around(
      classes.GPUDevice,
      'createCommandEncoder',
      (original) =>
        function (...args) {
          const encoder = original.apply(this, args) as object;
          encoderMade(encoder, this);
          return encoder;
        },
    );
    around(
      classes.GPUCommandEncoder,
      'beginComputePass',
      (original) =>
        function (...args) {
          const [descriptor] = args as unknown as [GPUComputePassDescriptor | undefined];
          const timestampWrites = descriptor?.timestampWrites ?? writesFor(this);
          return original.apply(this, (timestampWrites ? [{ ...descriptor, timestampWrites }] : args) as never[]);
        },
    );
  }

  /** Times the passes that `work` encodes. Undefined if the device has no timestamps. */
  async time(work: () => Promise<unknown>): Promise<GpuSpan | undefined> {
    this.#armed = true;
    this.#device = undefined;
    this.#passes = 0;
    try {
      await work();
    } finally {
      this.#armed = false;
    }
    return this.#device && this.#passes > 0 ? this.#read(this.#device, this.#passes) : undefined;
  }

  #timestampWrites(encoder: object): GPUComputePassTimestampWrites | undefined {
    const device = this.#devices.get(encoder);
    if (!this.#armed || this.#meter.paused || !device?.features.has('timestamp-query') || this.#passes >= MAX_PASSES) return undefined;
    this.#device = device;
    const querySet = this.#querySets.get(device) ?? device.createQuerySet({ type: 'timestamp', count: 2 * MAX_PASSES });
    this.#querySets.set(device, querySet);
    const index = 2 * this.#passes++;
    return { querySet, beginningOfPassWriteIndex: index, endOfPassWriteIndex: index + 1 };
  }

  async #read(device: GPUDevice, passes: number): Promise<GpuSpan | undefined> {
    const querySet = this.#querySets.get(device);
    if (!querySet) return undefined;
    this.#meter.paused = true;
    const size = passes * 16;
    const resolved = device.createBuffer({ size, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
    const staging = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    try {
      const encoder = device.createCommandEncoder();
      encoder.resolveQuerySet(querySet, 0, 2 * passes, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, staging, 0, size);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(GPUMapMode.READ);
      return spanOf([...new BigUint64Array(staging.getMappedRange())]);
    } finally {
      resolved.destroy();
      staging.destroy();
      this.#meter.paused = false;
    }
  }
}
