/** An executable for selfTest, profile and tune. */
import type { Engine } from '../gpu/device.ts';
import { Executable } from '../gpu/executable.ts';
import type { Session } from '../model/session.ts';
import type { MakePlanOptions } from '../plan/plan.ts';

/** Runs `use` on an executable that keeps every step's output, anew where the device is lost. */
export function inspectRun<T>(
  session: Session,
  shape: readonly number[],
  outputs: readonly string[],
  use: (executable: Executable, engine: Engine) => Promise<T>,
  more?: Partial<MakePlanOptions>,
): Promise<T> {
  return session.attempt(async ({ engine, weights }) => {
    const plan = () => session.plan(session.graph(shape), outputs, { keepAll: true, ...more });
    // Who tries a kernel wants to hear that it was refused.
    const executable = await Executable.create(engine, more?.tuned ? plan() : plan, weights);
    try {
      return await use(executable, engine);
    } finally {
      executable.dispose();
    }
  });
}
