/** Measures the GPU time of commands, by the GPU's timestamps, or by the wall clock if the device has none. */
import { USAGE } from './constants.ts';
import type { Engine } from './device.ts';
import { mapForReading, workDone } from './readback.ts';

export interface Timer {
  /** Whether the wall clock is used. It also counts the way to the GPU and back. */
  estimated: boolean;
  /** Microseconds of one pass. Timestamps exist at pass boundaries only and are coarse: browsers round them to 65.5 or 100 µs. */
  of(encode: (pass: GPUComputePassEncoder) => void): Promise<number>;
  dispose(): void;
}

export async function openTimer(engine: Engine): Promise<Timer> {
  return engine.device.features.has('timestamp-query') ? gpuTimer(engine) : wallTimer(engine);
}

async function gpuTimer({ device, memory }: Engine): Promise<Timer> {
  const querySet = device.createQuerySet({ type: 'timestamp', count: 2 });
  const making = memory.guard(() => ({
    resolved: memory.create('staging', 'timestamps', 16, USAGE.QUERY_RESOLVE | USAGE.COPY_SRC),
    staging: memory.create('staging', 'timestamps readback', 16, USAGE.MAP_READ | USAGE.COPY_DST),
  }));
  // If there is no query set, the commands that use it are refused.
  const { resolved, staging } = await making.catch((error) => {
    querySet.destroy();
    throw error;
  });
  return {
    estimated: false,
    of: async (encode) => {
      await memory.guard(() => {
        const encoder = device.createCommandEncoder();
        const pass = encoder.beginComputePass({
          label: 'timed',
          timestampWrites: { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
        });
        encode(pass);
        pass.end();
        encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
        encoder.copyBufferToBuffer(resolved, 0, staging, 0, 16);
        device.queue.submit([encoder.finish()]);
      });
      await mapForReading(device, staging);
      const [begin = 0n, end = 0n] = new BigUint64Array(staging.getMappedRange());
      staging.unmap();
      return Number(end - begin) / 1000;
    },
    dispose: () => {
      querySet.destroy();
      memory.destroy(resolved);
      memory.destroy(staging);
    },
  };
}

function wallTimer({ device, memory }: Engine): Timer {
  return {
    estimated: true,
    of: async (encode) => {
      let start = 0;
      const accepted = memory.guard(() => {
        const encoder = device.createCommandEncoder();
        const pass = encoder.beginComputePass({ label: 'timed' });
        encode(pass);
        pass.end();
        start = performance.now();
        device.queue.submit([encoder.finish()]);
      });
      accepted.catch(() => undefined);
      await workDone(device);
      const us = (performance.now() - start) * 1000;
      await accepted;
      return us;
    },
    dispose: () => undefined,
  };
}
