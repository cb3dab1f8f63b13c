/** How long each layer takes. Timestamps exist at pass boundaries only and are coarse, so each layer is repeated. */

import type { Profile, Tensor } from '../api/types.ts';
import { USAGE } from '../gpu/constants.ts';
import type { Engine } from '../gpu/device.ts';
import type { Executable } from '../gpu/executable.ts';
import { mapForReading, workDone } from '../gpu/readback.ts';
import type { TunedVariant } from '../kernels/lib/context.ts';
import type { DeviceProfile } from '../kernels/lib/kernel.ts';
import type { Session } from '../model/session.ts';
import { seededInput } from './seeded.ts';

/** A layer runs until it has lasted this long: Chrome rounds timestamps to 65.5 µs by default. */
const TARGET_US = 3000;
const MAX_REPEATS = 200;

export function profile(session: Session, outputs: readonly string[], input?: Tensor): Promise<Profile> {
  return withTimer(session, { outputs, input }, async ({ plan }, time, estimated) => {
    const layers: Profile['layers'] = [];
    for (const [i, { layer, dispatch, macs }] of plan.steps.entries()) {
      const us = await time(i);
      layers.push({
        name: layer,
        kernel: dispatch.kernel,
        variant: dispatch.variant,
        macs,
        us,
        gflops: us > 0 ? (2 * macs) / us / 1000 : 0,
      });
    }
    return { layers, totalUs: layers.reduce((sum, { us }) => sum + us, 0), estimated };
  });
}

/** Microseconds of one step, from as many repetitions as the clock needs. */
export type TimeStep = (step: number) => Promise<number>;

interface Timed {
  outputs: readonly string[];
  input?: Tensor;
  /** A trial of other kernels. */
  tuned?: TunedVariant;
  /** Of the trial, where the device's own does not do. */
  profile?: DeviceProfile;
}

/** Calls `use` with an executable that has run once, and what times its steps. */
export async function withTimer<T>(
  session: Session,
  { outputs, input, tuned, profile }: Timed,
  use: (executable: Executable, time: TimeStep, estimated: boolean) => Promise<T>,
): Promise<T> {
  const shape = input?.shape ?? session.shape;
  const data = input?.data ?? seededInput(shape);
  const measure = async (executable: Executable, engine: Engine) => {
    // Layers are timed on what a real run left in memory: values such as denormals change the speed of processors.
    await executable.run(({ buffer, byteOffset }) =>
      engine.device.queue.writeBuffer(buffer, byteOffset, data as Float32Array<ArrayBuffer>),
    );
    const estimated = !engine.device.features.has('timestamp-query');
    const timer = estimated ? wallTime(engine, executable) : await gpuTime(engine, executable);
    try {
      return await use(executable, (step) => repeated(timer.of, step), estimated);
    } finally {
      timer.dispose();
    }
  };
  // Timing needs no values but those that happen to be there, so that trials take no more memory than runs do.
  return session.inspect(shape, outputs, measure, tuned && { tuned, keepAll: false, ...(profile && { profile }) });
}

interface Timer {
  /** Microseconds of `repeats` runs of one step. */
  of: (step: number, repeats: number) => Promise<number>;
  dispose(): void;
}

async function repeated(time: Timer['of'], step: number): Promise<number> {
  const once = await time(step, 1);
  const repeats = Math.min(MAX_REPEATS, Math.max(1, Math.ceil(TARGET_US / Math.max(1, once))));
  return repeats === 1 ? once : (await time(step, repeats)) / repeats;
}

function encode(executable: Executable, pass: GPUComputePassEncoder, step: number, repeats: number): void {
  for (let i = 0; i < repeats; i++) executable.encodeSteps(pass, step, step + 1);
  pass.end();
}

async function gpuTime({ device, memory }: Engine, executable: Executable): Promise<Timer> {
  const querySet = device.createQuerySet({ type: 'timestamp', count: 2 });
  const making = memory.guard(() => ({
    resolved: memory.create('staging', 'timestamps', 16, USAGE.QUERY_RESOLVE | USAGE.COPY_SRC),
    staging: memory.create('staging', 'timestamps readback', 16, USAGE.MAP_READ | USAGE.COPY_DST),
  }));
  // Where there is no query set, the commands that use it are refused.
  const { resolved, staging } = await making.catch((error) => {
    querySet.destroy();
    throw error;
  });
  return {
    of: async (step, repeats) => {
      await memory.guard(() => {
        const encoder = device.createCommandEncoder();
        const timestampWrites = { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 };
        encode(executable, encoder.beginComputePass({ timestampWrites }), step, repeats);
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

function wallTime({ device, memory }: Engine, executable: Executable): Timer {
  return {
    of: async (step, repeats) => {
      let start = 0;
      const accepted = memory.guard(() => {
        const encoder = device.createCommandEncoder();
        encode(executable, encoder.beginComputePass(), step, repeats);
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
