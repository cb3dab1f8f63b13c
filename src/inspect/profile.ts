/** How long each layer takes. Timestamps exist at pass boundaries only and are coarse, so each layer is repeated. */

import type { Profile, Tensor } from '../api/types.ts';
import type { Engine } from '../gpu/device.ts';
import type { Executable } from '../gpu/executable.ts';
import { arrayInput } from '../gpu/input-writer.ts';
import { openTimer, type Timer } from '../gpu/timer.ts';
import type { TunedVariant } from '../kernels/lib/context.ts';
import type { DeviceProfile } from '../kernels/lib/kernel.ts';
import type { Session } from '../model/session.ts';
import { inspectRun } from './inspect-run.ts';
import { seededInput } from './seeded.ts';

/** A layer is repeated until it has taken this long. Chrome rounds timestamps to 65.5 µs by default. */
const TARGET_US = 3000;
const MAX_REPEATS = 200;

export function profile(session: Session, outputs: readonly string[], input?: Tensor): Promise<Profile> {
  return withTimer(session, { outputs, input }, async ({ plan }, time, estimated) => {
    const layers: Profile['layers'] = [];
    for (const [i, { layer, dispatch, macs, nodes }] of plan.steps.entries()) {
      const us = await time(i);
      layers.push({
        name: layer,
        kernel: dispatch.kernel,
        variant: dispatch.variant,
        macs,
        us,
        gflops: us > 0 ? (2 * macs) / us / 1000 : 0,
        nodes: [...nodes],
      });
    }
    return { layers, totalUs: layers.reduce((sum, { us }) => sum + us, 0), estimated };
  });
}

/** Microseconds for the steps `from` .. `to` - 1, by default for one step. Repeats them as often as the clock requires. */
export type TimeSteps = (from: number, to?: number) => Promise<number>;

interface Timed {
  outputs: readonly string[];
  input?: Tensor;
  /** Other kernels to try. */
  tuned?: TunedVariant;
  /** Profile for the trial, if it is not the device's own. */
  profile?: DeviceProfile;
  /** How long steps are run, with repetitions, for one measurement. */
  targetUs?: number;
}

/** Calls `use` with an executable that has run once, and a function that times its steps. */
export async function withTimer<T>(
  session: Session,
  { outputs, input, tuned, profile, targetUs = TARGET_US }: Timed,
  use: (executable: Executable, time: TimeSteps, estimated: boolean) => Promise<T>,
): Promise<T> {
  const shape = input?.shape ?? session.shape;
  const data = input?.data ?? seededInput(shape);
  const measure = async (executable: Executable, engine: Engine) => {
    // Layers are timed on data from a real run, because values such as denormals change the speed of CPUs.
    await executable.run(arrayInput(data), executable.allOutputs);
    const timer = await openTimer(engine);
    try {
      return await use(executable, (from, to = from + 1) => repeated(timer, executable, [from, to], targetUs), timer.estimated);
    } finally {
      timer.dispose();
    }
  };
  // Timing does not need particular values. So trials take no more memory than runs do.
  return inspectRun(session, shape, outputs, measure, tuned && { tuned, keepAll: false, ...(profile && { profile }) });
}

async function repeated({ of }: Timer, executable: Executable, steps: [from: number, to: number], targetUs: number): Promise<number> {
  const time = (repeats: number) =>
    of((pass) => {
      for (let i = 0; i < repeats; i++) executable.encodeSteps(pass, ...steps);
    });
  const once = await time(1);
  const repeats = Math.min(MAX_REPEATS, Math.max(1, Math.ceil(targetUs / Math.max(1, once))));
  return repeats === 1 ? once : (await time(repeats)) / repeats;
}
