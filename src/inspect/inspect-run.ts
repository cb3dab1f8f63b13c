/** An executable for selfTest, profile and tune. */
import type { Engine } from '../gpu/device.ts';
import { Executable } from '../gpu/executable.ts';
import type { Session } from '../model/session.ts';
import type { MakePlanOptions } from '../plan/plan.ts';

/** Runs `use` on an executable that keeps every step's output. Starts again if the device is lost. */
export function inspectRun<T>(
  session: Session,
  shape: readonly number[],
  outputs: readonly string[],
  use: (executable: Executable, engine: Engine) => Promise<T>,
  more?: Partial<MakePlanOptions>,
): Promise<T> {
  return session.attempt(async (resources) => {
    const { engine, weights } = resources;
    const graph = session.graph(shape);
    const options = { keepAll: true, ...more };
    // Callers that try a kernel want to know that it was refused.
    const executable = more?.tuned
      ? await Executable.create(engine, session.plan(graph, outputs, options), weights)
      : await session.executable(resources, graph, outputs, options);
    try {
      return await use(executable, engine);
    } finally {
      executable.dispose();
    }
  });
}
